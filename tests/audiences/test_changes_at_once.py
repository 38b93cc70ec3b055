"""Two who change the network at once on PostgreSQL: nobody waits in a circle, and what was planned is what is done."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.access.reach import Reach, sight_of
from hub.audiences.assigning.reassign import reassign_people
from hub.audiences.plans import plan_network
from hub.audiences.plans.change_many import Wish, plan_change_of_many
from hub.audiences.plans.plan_network import (
    NetworkPlanOutdated,
    NetworkWish,
    make_network_change,
    plan_network_change,
)
from hub.clock import SettableClock
from hub.network import tables as network
from hub.network.people.appointments import add_appointment, end_appointment
from hub.network.people.places import Place
from hub.network.record import lock_location
from hub.runtime import Hub
from tests.world import World

on_postgres = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)


@pytest.fixture
def world(hub: Hub) -> World:
    made = World(hub).begin()
    made.add(brands=["A"], positions=["technician", "seller"])
    for location in ("L1", "L2"):
        made.add_location(location, brands={"A": ["service"]})
    for n in ("p1", "p2"):
        made.add_person(n)
        made.ids[f"a-{n}"] = made.appoint(n, "technician", "L1")
    made.drain()
    return made


def at_once(*steps: Callable[[], object]) -> None:
    with ThreadPoolExecutor(len(steps)) as threads:
        for each in [threads.submit(step) for step in steps]:
            each.result(60)


@on_postgres
def test_ending_many_and_working_people_out_do_not_wait_in_a_circle(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, ids, a = world.hub, world.ids, network.appointment
    people = sorted(ids[n] for n in ("p1", "p2"))
    first, second = sorted(ids[f"a-{n}"] for n in ("p1", "p2"))
    with hub.unit_of_work() as uow:  # the first appointment is of the person who comes last
        for appointment, person in ((first, people[1]), (second, people[0])):
            uow.connection.execute(sa.update(a).where(a.c.id == appointment).values(person_id=person))
    one_ended, gone_on = threading.Event(), threading.Event()

    def slowly(uow: Any, id: str, *rest: Any, **named: Any) -> bool:
        ended = end_appointment(uow, id, *rest, **named)
        if id == first:
            one_ended.set()
            gone_on.wait(1)  # for the other to lock whom it can
        return ended

    def work_out() -> None:
        one_ended.wait(30)
        with hub.unit_of_work() as uow:
            reassign_people(uow, people)
        gone_on.set()

    monkeypatch.setattr(plan_network, "end_appointment", slowly)
    wish = NetworkWish("end_appointments", (first, second))
    at_once(lambda: make_network_change(hub, wish), work_out)


@on_postgres
def test_who_is_appointed_before_the_lock_is_in_the_plan(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, ids = world.hub, world.ids
    wish = NetworkWish("close_location", (ids["L1"],))
    with hub.reading() as uow:
        seen = plan_network_change(uow, wish)

    def late(uow: Any, *given: Any, **named: Any) -> None:
        with hub.unit_of_work() as other:  # it came a moment earlier
            add_appointment(other, ids["p2"], Place(ids["L1"], ids["seller"]))
        lock_location(uow, *given, **named)

    monkeypatch.setattr(plan_network, "lock_location", late)
    with pytest.raises(NetworkPlanOutdated) as outdated:
        make_network_change(hub, wish, seen.hash)
    assert outdated.value.plan.appointments == seen.appointments + 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_whoever_ends_there_before_the_day_is_added(world: World, clock: SettableClock) -> None:
    world.appoint("p1", "seller", "L2", until=clock.now() + timedelta(days=3))
    with world.hub.reading() as uow:
        sight = sight_of(uow, Reach("operator"))
        for day, problem in ((clock.now().date(), "does_already"), (date(2030, 6, 1), "")):
            wish = Wish("add", (world.ids["a-p1"],), day, world.ids["L2"], world.ids["seller"])
            (line,) = plan_change_of_many(uow, sight, wish).lines
            assert line.problem == problem
