"""Owners are told what expires 30, 14, 7 and 1 days before, each once; proofs of domains are looked up again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.network.people.person import grant_role
from hub.network.people.provision import NewPerson, create_person
from hub.network.systems.connections import set_connection_disabled
from hub.notify.tables import mail
from hub.sealing import Sealer
from hub.sso.erase_person import count_of_person, erase_person
from hub.sso.oidc.providers import add_provider, save_settings
from hub.sso.onboarding.contacts import add_contact, list_contacts
from hub.sso.onboarding.expiries import count_expiring, list_expiring, look_at, of_connection
from hub.sso.onboarding.watch import Watch, look, look_everywhere, stage, tell_due
from hub.sso.scim.tokens import connect_client, make_token, revoke_token
from tests.sso.onboarding.desk import Desk

ADDRESS = "it@harbor.example"


@pytest.fixture
def secret(desk: Desk, clock: SettableClock) -> str:
    """The connection of a client secret that ends in forty days; its contact is told."""
    id = desk.connections["harbor"]
    with desk.hub.unit_of_work() as uow:
        add_provider(uow, id, "https://idp.example", "hub", "sealed")
        save_settings(uow, id, secret_expires_at=uow.now + timedelta(days=40))
        add_contact(uow, id, ADDRESS.upper())
    return id


def letters(desk: Desk) -> list[str]:
    """All mails that were written, in order."""
    with desk.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(mail).order_by(mail.c.created_at, mail.c.id)).all()
    return [Sealer(desk.hub.settings.secret_keys).open(row.sealed_letter) for row in rows]


@pytest.mark.parametrize(
    ("left", "at"),
    [
        (timedelta(days=30, seconds=1), None),
        (timedelta(days=30), 30),
        (timedelta(days=14), 14),
        (timedelta(days=8), 14),
        (timedelta(days=7), 7),
        (timedelta(days=2), 7),
        (timedelta(hours=1), 1),
        (timedelta(0), 0),
        (timedelta(days=-5), 0),
    ],
)
def test_stages(left: timedelta, at: int | None, clock: SettableClock) -> None:
    assert stage(clock.now() + left, clock.now()) == at


def test_each_stage_is_told_once(desk: Desk, secret: str, clock: SettableClock) -> None:
    told = []
    for _ in range(42):
        for _ in range(2):
            look(desk.hub)
        told.append(len(letters(desk)))
        clock.advance(days=1)
    # after 10, 26, 33 and 39 days, and when it has expired
    assert [day for day in range(1, 42) if told[day] > told[day - 1]] == [10, 26, 33, 39, 40]
    assert told[-1] == 5
    first, last = letters(desk)[0], letters(desk)[-1]
    assert ADDRESS in first
    assert "client secret of the OpenID provider" in first
    assert "In 30 days or less" in first
    assert "has expired" in last


def test_two_workers_tell_once(desk: Desk, secret: str, clock: SettableClock) -> None:
    clock.advance(days=15)
    watches = [Watch(desk.hub), Watch(desk.hub)]
    assert [watch.turn() for watch in watches] == [True, False]
    assert len(letters(desk)) == 1
    clock.advance(days=1)
    assert [watch.turn() for watch in reversed(watches)] == [False, False]


def test_a_new_secret_begins_anew(desk: Desk, secret: str, clock: SettableClock) -> None:
    clock.advance(days=35)
    look(desk.hub)
    with desk.hub.unit_of_work() as uow:
        assert count_expiring(uow) == 1
        save_settings(uow, secret, secret_expires_at=uow.now + timedelta(days=360))
        look_at(uow, [secret])
        assert (count_expiring(uow), tell_due(uow)) == (0, (0, 0))
        assert [each.kind for each in of_connection(uow, secret)] == ["client_secret"]
        save_settings(uow, secret, secret_expires_at=None)
        look_at(uow, [secret])
        assert of_connection(uow, secret) == []


def test_a_connection_that_is_off_worries_nobody(desk: Desk, secret: str, clock: SettableClock) -> None:
    with desk.hub.unit_of_work() as uow:
        set_connection_disabled(uow, secret, disabled=True)
    clock.advance(days=39)
    look(desk.hub)
    assert letters(desk) == []
    with desk.hub.reading() as uow:
        assert list_expiring(uow) == []


def test_operators_are_told_where_nobody_else_is(desk: Desk, clock: SettableClock) -> None:
    id = desk.connections["lakeside"]
    with desk.hub.unit_of_work() as uow:
        add_provider(uow, id, "https://idp.example", "hub", "sealed")
        save_settings(uow, id, secret_expires_at=uow.now + timedelta(days=3))
        olga = create_person(
            uow, NewPerson(desk.partners["lakeside"], "Olga", "O", "olga@hub.example"), made_by="test"
        )
        grant_role(uow, olga, "operator")
    look(desk.hub)
    [letter] = letters(desk)
    assert "olga@hub.example" in letter


def test_the_token_that_lasts_longest_counts(desk: Desk, clock: SettableClock) -> None:
    with desk.hub.unit_of_work() as uow:
        id = connect_client(uow, "people", "People", desk.partners["harbor"])
        make_token(uow, id, "old", uow.now + timedelta(days=2))
        new = make_token(uow, id, "new", uow.now + timedelta(days=20))
        look_at(uow, [id])
        assert [each.subject for each in of_connection(uow, id)] == [new.id]
        forever = make_token(uow, id, "forever")
        look_at(uow, [id])
        assert of_connection(uow, id) == []
        revoke_token(uow, id, forever.id)
        look_at(uow, [id])
        assert [each.subject for each in of_connection(uow, id)] == [new.id]


def test_a_lost_proof_is_told_once(desk: Desk, clock: SettableClock) -> None:
    claim = desk.claim("harbor.example")
    desk.publish(claim)
    desk.check(claim)
    with desk.hub.unit_of_work() as uow:
        add_contact(uow, claim.connection_id, ADDRESS)
    desk.names.texts.clear()
    for _ in range(10):
        clock.advance(days=1)
        Watch(desk.hub).turn()
    [letter] = letters(desk)
    assert claim.record_value in letter
    assert desk.ways("ana@harbor.example") == ["harbor"]


def test_a_proof_is_looked_up_by_one_worker(desk: Desk, clock: SettableClock) -> None:
    claim = desk.claim("harbor.example")
    clock.advance(hours=2)
    assert [Watch(desk.hub).turn() for _ in range(2)] == [True, False]
    assert desk.names.asked == [claim.record_name]


def test_contacts_are_known_in_one_spelling(desk: Desk, secret: str) -> None:
    with desk.hub.unit_of_work() as uow:
        add_contact(uow, secret, ADDRESS)
        assert list_contacts(uow, secret) == [ADDRESS]
    assert ADDRESS not in str(desk.audited("connection_contact"))
    with desk.hub.reading() as uow:
        for table in ("audit", "change"):
            assert ADDRESS not in str(uow.connection.exec_driver_sql(f"SELECT * FROM {table}").all())


def test_erasing_a_person_forgets_their_address(desk: Desk, secret: str) -> None:
    with desk.hub.unit_of_work() as uow:
        new = NewPerson(desk.partners["harbor"], "Ina", "T", ADDRESS)
        ina, other = (create_person(uow, each, made_by="test") for each in (new, replace(new, email="")))
        add_contact(uow, secret, "team@harbor.example")
        assert count_of_person(uow, other)["contacts of connections"] == 0
        assert erase_person(uow, ina)["contacts of connections"] == 1
        assert list_contacts(uow, secret) == ["team@harbor.example"]


def test_a_connection_without_contacts_tells_those_of_the_partners_others(
    desk: Desk, secret: str, clock: SettableClock
) -> None:
    with desk.hub.unit_of_work() as uow:
        for partner in ("harbor", "lakeside"):
            id = connect_client(uow, f"{partner}-people", "People", desk.partners[partner])
            make_token(uow, id, "", uow.now + timedelta(days=3))
    look(desk.hub)
    [letter] = letters(desk)  # Lakeside has nobody, not even an operator
    assert ADDRESS in letter
    assert "token for the list of people" in letter


def test_of_eight_workers_at_once_one_tells(desk: Desk, secret: str, clock: SettableClock) -> None:
    clock.advance(days=35)
    look_everywhere(desk.hub)
    together = threading.Barrier(8)

    def tell(_: int) -> int:
        together.wait()
        with desk.hub.unit_of_work() as uow:
            return tell_due(uow)[1]

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(tell, range(8))) == 1
    assert len(letters(desk)) == 1
