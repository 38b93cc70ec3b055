"""Reports of audiences: one metric, two layouts, sent when a period is over; for those who may see each of the people (B84)."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.access.api_tokens import AUDIENCES, make_api_token
from hub.access.reach import OPERATOR, Reach
from hub.access.roles import grant_partner_admin
from hub.app import create_app, open_worker
from hub.audiences.profiles.periods import last_period
from hub.audiences.profiles.plan_profiles import from_file, make_profiles
from hub.audiences.profiles.reports import read_last_report, run_report
from hub.audiences.profiles.tallies import count_in_sets, count_one_by_one
from hub.audiences.rules.rule import read_audience
from hub.clock import SettableClock
from hub.errors import Missing
from hub.ids import new_id
from hub.network import tables as network
from hub.network.people.person import grant_role
from hub.notify.tables import mail
from hub.runtime import Hub
from tests.apps import app_of
from tests.world import World, days

PROFILES = """
[[profile]]
key = "workshop"
title = "Workshops"
audiences = ["technicians"]
[[profile.report]]
key = "reached"
title = "Training reached"
metric = "completed"
by = "location"
period = "week"
recipients = ["operators", "partner_admins"]

[[profile]]
key = "shop"
title = "Shops"
audiences = ["sellers"]
[[profile.report]]
key = "reached"
title = "How far we are"
metric = "completed"
layout = "sentence"
"""


@pytest.fixture
def world(hub: Hub, tmp_path: Path) -> World:
    """Two technicians at Riverside, two at Lakeside and one at Hill; a salesperson. Olga is an operator."""
    made = World(hub).begin()
    made.add(positions=["technician", "salesperson"])
    made.add_courses("south", "brakes")
    for place, people in (("Riverside", "ab"), ("Lakeside", "cd"), ("Hill", "e")):
        made.add_location(place)
        for name in people:
            made.add_person(name)
            made.appoint(name, "technician", place)
            made.link(name)
    made.add_person("sam")
    made.appoint("sam", "salesperson", "Hill")
    made.link("sam")
    made.add_person("olga")
    made.add_rule("brake-safety", "brakes", "service")
    made.add_audience("technicians", positions=("technician",))
    made.add_audience("sellers", positions=("salesperson",))
    with hub.unit_of_work() as uow:
        grant_role(uow, made.ids["olga"], "operator")
        grant_partner_admin(uow, made.ids["a"], made.ids["partner"])
    (tmp_path / "profiles.toml").write_text(PROFILES)
    make_profiles(hub, from_file(tmp_path / "profiles.toml"))
    for name in ("a", "b", "c", "sam"):
        made.send(name, "brakes")
    made.drain()
    return made


def letters(world: World) -> list[tuple[str, str]]:
    """Whom mails went to, and what they say."""
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(mail).where(mail.c.template == "report")).all()
    opened = [json.loads(world.hub.sealer.open(row.sealed_letter)) for row in rows]
    return sorted((one["to"], one["text"]) for one in opened)


def test_whoever_is_switched_off_gets_no_report(world: World, clock: SettableClock) -> None:
    with world.hub.unit_of_work() as uow:
        person = network.person
        uow.connection.execute(sa.update(person).where(person.c.id == world.ids["a"]).values(disabled=True))
    clock.advance(days=7)
    open_worker(world.hub).drain()
    assert [to for to, _ in letters(world)] == ["olga@riverside.example"]


@pytest.mark.requirement("B84")
def test_the_same_metric_of_two_audiences_in_two_layouts_once_for_each_period(
    world: World, clock: SettableClock
) -> None:
    open_worker(world.hub).drain()
    assert letters(world) == []
    clock.advance(days=7)  # the week is over, the month is not
    for _ in range(2):
        open_worker(world.hub).drain()
    found = letters(world)
    assert [to for to, _ in found] == ["a@riverside.example", "olga@riverside.example"]
    text = found[0][1]
    assert "All together: 3 goals reached." in text
    assert "Hill: 0\nLakeside: 1\nRiverside: 2" in text
    clock.advance(days=30)
    open_worker(world.hub).drain()
    [sentence] = {text for _, text in letters(world) if "How far we are" in text}
    assert "All together: 1 goals reached." in sentence
    with world.hub.unit_of_work() as uow:
        report = run_report(uow, "technicians", "reached", clock.now())
        assert (report.total.value, [row.value for row in report.rows]) == (3, [0, 1, 2])
        assert run_report(uow, "technicians", "reached", clock.now() - days(60)).total.value == 0
        token = make_api_token(uow, OPERATOR, {AUDIENCES}).token
        with pytest.raises(Missing):
            run_report(uow, "technicians", "nothing")
    client = app_of(world.hub, create_app).test_client()
    told = {
        audience: client.get(
            f"/api/v1/audiences/{audience}/reports/reached", headers={"Authorization": f"Bearer {token}"}
        ).json
        for audience in ("technicians", "sellers", "nobody")
    }
    figures = {
        name: (body["total"]["value"], [row["value"] for row in body["rows"]])
        for name, body in told.items()
        if body and "total" in body
    }
    assert figures == {"technicians": (3, [0, 1, 2]), "sellers": (1, [])}


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_people_counted_in_sets_are_those_counted_one_by_one(world: World, clock: SettableClock) -> None:
    made = world
    made.add(brands=["A"])
    made.add_location("Port", brands={"A": ["service"]})
    made.add_person("f")
    for place, brands in (("Port", ["A"]), ("Hill", [])):
        made.appoint("f", "technician", place, brands=brands)
    made.link("f")
    made.add_rule("due", "brakes", "general", positions=("technician",), due_days=3)
    made.add_rule("hidden", "brakes", "sales", positions=("technician",), kind="review")
    made.add_audience("carriers", positions=("technician",), brands=("A",), activity="service")
    made.add_audience("everybody")
    made.drain()
    clock.advance(days=1)
    made.send("f", "brakes", at=clock.now())
    made.drain()
    instants = [clock.now() + days(count) for count in (-40, -2, 0, 5)]
    with made.hub.reading() as uow:
        for key in ("technicians", "carriers", "everybody"):
            audience = read_audience(uow, key)
            for by in ("audience", "partner", "location", "position"):
                for at in instants:
                    for partner_id in (None, made.ids["partner"], made.ids["a"]):
                        asked = (uow, audience, by, at, partner_id)
                        assert count_in_sets(*asked) == count_one_by_one(*asked), (key, by, at)
        groups, whole = count_in_sets(uow, read_audience(uow, "everybody"), "location", clock.now(), None)
        assert (whole.people, len(groups)) == (7, 4)
        assert whole.overdue > 0


@pytest.mark.requirement("D12")
def test_a_partner_gets_figures_of_its_own_people_alone(world: World, clock: SettableClock) -> None:
    """What is told of others who work at its locations could be worked out from two figures."""
    with world.hub.unit_of_work() as uow:
        partner, person = network.partner, network.person
        world.ids["agency"] = new_id()
        uow.connection.execute(sa.insert(partner).values(id=world.ids["agency"], name="Agency"))
        theirs = sa.update(person).where(person.c.id == world.ids["b"])
        uow.connection.execute(theirs.values(partner_id=world.ids["agency"]))
        own = run_report(uow, "technicians", "reached", clock.now(), world.ids["partner"])
        assert (own.total.value, [row.value for row in own.rows]) == (2, [0, 1, 1])
        everybody = run_report(uow, "technicians", "reached", clock.now())
        assert (everybody.total.value, [row.value for row in everybody.rows]) == (3, [0, 1, 2])
        with pytest.raises(Missing):
            read_last_report(uow, Reach("person", world.ids["a"]), "technicians", "reached")
    clock.advance(days=7)
    open_worker(world.hub).drain()
    told = dict(letters(world))
    assert "All together: 2 goals reached." in told["a@riverside.example"]
    assert "Counted are the people whom your company employs" in told["a@riverside.example"]
    assert "All together: 3 goals reached." in told["olga@riverside.example"]
    assert "your company" not in told["olga@riverside.example"]


@pytest.mark.requirement("D12", "B04")
def test_a_partner_without_people_in_an_audience_hears_nothing_of_it(
    world: World, clock: SettableClock, tmp_path: Path
) -> None:
    """A rate of nothing is not a figure; a rate of 0 is one."""
    world.ids["agency"] = new_id()
    with world.hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(network.partner).values(id=world.ids["agency"], name="Agency"))
        theirs = sa.update(network.person).where(network.person.c.id == world.ids["olga"])
        uow.connection.execute(theirs.values(partner_id=world.ids["agency"]))
        grant_partner_admin(uow, world.ids["olga"], world.ids["agency"])
    rate = PROFILES.replace('"completed"\nby = "location"', '"completion_rate"\nby = "audience"')
    (tmp_path / "rate.toml").write_text(rate.replace('["operators", "partner_admins"]', '["partner_admins"]'))
    make_profiles(world.hub, from_file(tmp_path / "rate.toml"))
    clock.advance(days=14)
    open_worker(world.hub).drain()
    assert [to for to, text in letters(world) if "Training reached" in text] == ["a@riverside.example"]


@pytest.mark.parametrize(
    ("name", "first", "end"),
    [
        ("week", "2026-04-27", "2026-05-04"),
        ("month", "2026-04-01", "2026-05-01"),
        ("quarter", "2026-01-01", "2026-04-01"),
    ],
)
def test_periods_that_are_over(clock: SettableClock, name: str, first: str, end: str) -> None:
    began, ended = last_period(name, clock.now())  # type: ignore[arg-type]
    assert (began.isoformat(), ended.date().isoformat()) == (first, end)
