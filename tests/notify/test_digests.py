"""Digests: one a day, quiet at night, never the same twice, and nothing about what was done meanwhile."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.app import create_app, open_worker
from hub.clock import SettableClock
from hub.errors import BadInput, Missing
from hub.ids import new_id
from hub.journal.tables import reader
from hub.network import tables as network
from hub.network.people.preferences import Preferences
from hub.network.people.provision import change_details
from hub.notify.digests import Digests, write_digests
from hub.notify.preferences import choose_language, choose_messages, unsubscribe
from hub.notify.tables import mail, notice, notice_look, notice_news
from hub.notify.unsubscribe import person_of, unsubscribe_address
from hub.runtime import Hub
from hub.testing.smtp import Mailbox
from hub.training.goals.due import zone_of_person
from hub.training.goals.open_goals import zones_of_people
from hub.training.tables import goal_source
from tests.apps import app_of
from tests.world import World


@pytest.fixture
def world(hub: Hub) -> World:
    """It is two in the morning where Ann works."""
    world = World(hub).begin()
    world.add(brands=["A"], positions=["technician"])
    world.add_location("Riverside", brands={"A": ["service"]})
    world.add_courses("south", "brakes", "batteries", "belts")
    world.add_person("ann")
    world.link("ann")
    return world


def ask(world: World, clock: SettableClock, *courses: str, due_days: int = 10) -> None:
    world.appoint("ann", "technician", "Riverside", since=clock.now())
    for course in courses:
        world.add_rule(course, course, "service", positions=("technician",), due_days=due_days)
    world.drain()


def texts(mailbox: Mailbox) -> list[str]:
    """The plain texts of what arrived, and forget it."""
    bodies = [each.get_body(("plain",)) for each in mailbox.mails]
    mailbox.mails.clear()
    return [body.get_content() for body in bodies if body is not None]


@pytest.mark.requirement("S2.04")
def test_a_digest_a_day_says_each_thing_once(world: World, clock: SettableClock, mailbox: Mailbox) -> None:
    ask(world, clock, "brakes", "batteries")
    assert texts(mailbox) == []  # it is night
    clock.advance(hours=6)
    world.drain()
    (text,) = texts(mailbox)
    assert "New for you:" in text
    assert "brakes" in text.lower()
    assert "batteries" in text.lower()
    world.add_rule("belts", "belts", "service", positions=("technician",), due_days=10)
    world.drain()
    assert texts(mailbox) == []  # tomorrow
    clock.advance(days=1)
    world.drain()
    (text,) = texts(mailbox)
    assert "belts" in text.lower()
    assert "brakes" not in text.lower()
    clock.advance(days=1)
    world.drain()
    assert texts(mailbox) == []


def test_an_address_no_mail_server_takes_ends_nobody_elses_digest(
    world: World, clock: SettableClock, mailbox: Mailbox
) -> None:
    world.add_person("bob")
    world.link("bob")
    world.appoint("bob", "technician", "Riverside", since=clock.now())
    with world.hub.unit_of_work() as uow:
        detail = network.person_detail
        of_bob = sa.update(detail).where(detail.c.person_id == world.ids["bob"])
        uow.connection.execute(of_bob.values(email="=?x@example.com"))
    ask(world, clock, "brakes")
    clock.advance(hours=6)
    world.drain()
    assert len(texts(mailbox)) == 1


def test_what_happened_long_before_is_no_news(world: World, clock: SettableClock, mailbox: Mailbox) -> None:
    ask(world, clock, "brakes")
    world.send("ann", "brakes")
    world.drain()
    with world.hub.unit_of_work() as uow:  # as on the day on which a hub begins to write digests
        uow.connection.execute(sa.delete(notice_news))
        uow.connection.execute(sa.update(reader).where(reader.c.name == "notice").values(position=0))
    clock.advance(days=100, hours=6)
    world.drain()
    assert texts(mailbox) == []


@pytest.mark.requirement("S2.04")
def test_what_is_due_is_said_once_and_what_is_done_not_at_all(
    world: World, clock: SettableClock, mailbox: Mailbox
) -> None:
    ask(world, clock, "brakes", "batteries")
    clock.advance(hours=6)
    world.drain()
    texts(mailbox)
    world.send("ann", "batteries")
    world.drain()
    clock.advance(days=4)
    world.drain()
    (text,) = texts(mailbox)
    assert "Due within a week:" in text
    assert "Done and credited:" in text
    assert text.lower().count("brakes") == text.lower().count("batteries") == 1
    clock.advance(days=7)
    world.drain()
    (text,) = texts(mailbox)
    assert "Overdue:" in text
    clock.advance(days=30)
    world.drain()
    assert texts(mailbox) == []


def told(world: World, clock: SettableClock, mailbox: Mailbox, course: str = "brakes") -> list[str]:
    """What the course is told under in the weeks that follow."""
    for _ in range(7):
        clock.advance(days=6)
        world.drain()
    found = []
    for text in texts(mailbox):
        for heading in ("New for you:", "Due within a week:", "Overdue:"):
            part = text.partition(heading)[2].partition("\n\n")[0]
            found += [heading] if course in part.lower() else []
    return found


REMINDERS = ["Due within a week:", "Overdue:"]


def test_whoever_loses_a_credit_is_reminded_again(
    world: World, clock: SettableClock, mailbox: Mailbox
) -> None:
    ask(world, clock, "brakes", due_days=30)
    clock.advance(hours=6)
    completed = world.send("ann", "brakes")
    world.drain()
    clock.advance(days=2)
    world.drain()
    texts(mailbox)
    world.send("ann", completed, verb="voided")
    world.drain()
    assert told(world, clock, mailbox) == REMINDERS


def test_whoever_can_be_written_to_again_is_reminded(
    hub: Hub, world: World, clock: SettableClock, mailbox: Mailbox
) -> None:
    ask(world, clock, "brakes", due_days=30)
    clock.advance(hours=6)
    world.drain()
    ann = world.ids["ann"]
    with hub.unit_of_work() as uow:
        unsubscribe(uow, ann)
        change_details(uow, ann, email="")
    clock.advance(days=20)
    world.drain()
    texts(mailbox)
    with hub.unit_of_work() as uow:
        choose_messages(uow, ann, Preferences())
    world.drain()
    with hub.unit_of_work() as uow:
        assert uow.find(notice_look, person_id=ann).look_at == clock.now() + timedelta(days=1)
        change_details(uow, ann, email="ann@riverside.example")
    assert told(world, clock, mailbox) == REMINDERS
    with hub.reading() as uow:
        assert uow.find(notice_look, person_id=ann) is None


def test_the_date_of_a_source_that_begins_later_is_told(
    world: World, clock: SettableClock, mailbox: Mailbox
) -> None:
    world.appoint("ann", "technician", "Riverside", since=clock.now())
    world.add_rule("open", "brakes", "service", positions=("technician",))
    later = clock.now() + timedelta(days=5)
    world.add_rule("dated", "brakes", "service", positions=("technician",), due_days=20, valid_from=later)
    clock.advance(hours=6)
    world.drain()
    assert told(world, clock, mailbox) == ["New for you:", *REMINDERS]


def test_days_are_those_of_a_location_that_is_still_open(
    hub: Hub, world: World, clock: SettableClock
) -> None:
    location, ann = network.location, world.ids["ann"]
    world.add_location("Seaside")
    for name, since in (("Riverside", 90), ("Seaside", 9)):
        world.appoint("ann", "technician", name, since=clock.now() - timedelta(days=since))
    with hub.unit_of_work() as uow:
        for name, values in (
            ("Riverside", {"valid_to": clock.now() - timedelta(days=1)}),
            ("Seaside", {"time_zone": "Asia/Tokyo"}),
        ):
            uow.connection.execute(
                sa.update(location).where(location.c.id == world.ids[name]).values(**values)
            )
    with hub.reading() as uow:
        assert zones_of_people(uow, [ann])[ann] == zone_of_person(uow, ann) == "Asia/Tokyo"


@pytest.mark.requirement("S2.04")
def test_a_completion_before_sending_takes_the_reminder_back(
    hub: Hub, world: World, clock: SettableClock, mailbox: Mailbox
) -> None:
    ask(world, clock, "brakes", "batteries", due_days=20)
    clock.advance(hours=6)
    world.drain()
    clock.advance(days=14)
    with hub.unit_of_work() as uow:
        assert write_digests(uow) == 1  # and the mail server is away
    texts(mailbox)
    world.send("ann", "batteries")
    worker = open_worker(hub)
    while worker.follow():
        pass
    world.drain()
    (text,) = texts(mailbox)
    assert "batteries" not in text.lower()
    assert "brakes" in text.lower()


def test_a_reminder_of_nothing_else_is_let_be(
    hub: Hub, world: World, clock: SettableClock, mailbox: Mailbox
) -> None:
    ask(world, clock, "brakes")
    clock.advance(hours=6)
    with hub.unit_of_work() as uow:
        assert write_digests(uow) == 1
        uow.connection.execute(sa.delete(goal_source))  # nobody asks for it any more
    worker = open_worker(hub)
    while worker.send():
        pass
    assert texts(mailbox) == []
    with hub.reading() as uow:
        assert uow.connection.scalar(sa.select(mail.c.dropped_at)) == clock.now()


@pytest.mark.requirement("S2.04")
def test_many_new_goals_of_one_rule_are_one_digest_each(
    hub: Hub, world: World, clock: SettableClock, mailbox: Mailbox
) -> None:
    for number in range(30):
        world.add_person(f"p{number}")
        world.appoint(f"p{number}", "technician", "Riverside", since=clock.now())
    ask(world, clock, "brakes")
    clock.advance(hours=6)
    world.drain()
    assert len(mailbox.mails) == len({each["To"] for each in mailbox.mails}) == 31
    with hub.reading() as uow:
        for table in (notice_look, notice_news):
            left = uow.connection.scalar(sa.select(sa.func.count()).select_from(table))
            assert left == (31 if table is notice_look else 0)
        keys = list(uow.connection.scalars(sa.select(notice.c.kind).distinct()))
    assert keys == ["new"]


def test_people_choose_what_they_are_told_when_and_how(
    hub: Hub, world: World, clock: SettableClock, mailbox: Mailbox
) -> None:
    ann = world.ids["ann"]
    with hub.unit_of_work() as uow:
        choose_messages(uow, ann, Preferences(unwanted=frozenset({"credited"}), quiet_from=0, quiet_to=0))
        choose_language(uow, ann, "de")
    ask(world, clock, "brakes")
    (text,) = texts(mailbox)
    assert "Neu für dich:" in text or "Neu für Sie:" in text
    assert "Mai 2026" in text
    world.send("ann", "brakes")
    clock.advance(days=1)
    world.drain()
    assert texts(mailbox) == []
    with hub.unit_of_work() as uow, pytest.raises(BadInput):
        choose_messages(uow, ann, Preferences(quiet_from=24))


def test_one_click_ends_them_without_a_sign_in(
    hub: Hub, world: World, clock: SettableClock, mailbox: Mailbox
) -> None:
    ask(world, clock, "brakes")
    clock.advance(hours=6)
    world.drain()
    (arrived,) = mailbox.mails
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.sub(r"[<>\s]", "", arrived["List-Unsubscribe"])
    base = hub.settings.public_url
    path = address.removeprefix(base)
    browser = app_of(hub, create_app).test_client()
    assert "No more mails about your training?" in browser.get(path, base_url=base).text
    assert browser.post(path, base_url=base, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert browser.post(path[:-3] + "abc", base_url=base).status_code == 404
    mailbox.mails.clear()
    clock.advance(days=5)
    world.drain()
    assert mailbox.mails == []
    with hub.reading() as uow:
        assert (
            person_of(uow, unsubscribe_address(uow, world.ids["ann"]).rpartition("/")[2]) == world.ids["ann"]
        )
        with pytest.raises(Missing):
            person_of(uow, new_id())


def test_the_link_of_an_old_mail_keeps_nothing_of_whoever_was_erased(hub: Hub, world: World) -> None:
    ann = world.ids["ann"]
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.delete(network.person_detail))
        assert not unsubscribe(uow, ann)
        assert uow.find(network.message_preference, person_id=ann) is None


def test_nobody_is_told_where_the_hub_is_told_not_to(hub: Hub, world: World, clock: SettableClock) -> None:
    clock.advance(hours=6)
    world.appoint("ann", "technician", "Riverside", since=clock.now())
    world.add_rule("brakes", "brakes", "service", positions=("technician",), due_days=10)
    worker = open_worker(hub)
    worker.register()
    while worker.follow():
        pass
    silent = replace(hub, settings=hub.settings.model_copy(update={"digests": False}))
    assert not Digests(silent).turn()
    assert Digests(hub).turn()
