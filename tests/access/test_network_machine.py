"""Random histories of everything services do to a network: what always holds, at every instant (I2, I11, I19-I23, I33)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub.access.managers import managers_of
from hub.access.visibility import appointments_looked_after
from hub.app import open_worker
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Rule, set_rule
from hub.errors import HubError
from hub.ids import new_id
from hub.network import tables
from hub.network.people.appointments import add_appointment, end_appointment, leave, transfer
from hub.network.people.merge import merge_people, undo_merge
from hub.network.people.person import read_appointments
from hub.network.people.person_snapshots import read_snapshot, write_people
from hub.network.people.places import Place
from hub.network.structure.apply_nodes import read_branches
from hub.network.structure.field import add_node, end_node, move_node
from hub.network.structure.locations import (
    carry_brand,
    close_location,
    end_brand,
    move_location,
    read_location,
)
from hub.network.structure.open_location import open_location, reopen_location
from hub.network.structure.partners import create_partner, link_partners, unlink_partners
from hub.network.structure.representatives import look_after, stop_looking_after
from hub.network.structure.superiors import end_manager, end_superior, name_manager, set_superior
from hub.network.structure.trees import read_interval
from hub.network.structure.words import add_brand, add_dimension, add_position
from hub.network.systems.connections import create_connection
from hub.network.validity.intervals import holds
from hub.rebuild.verify import verify
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import find_target, set_offerings
from tests.databases import Kind
from tests.network.field_histories import closure_at, stored_closure

START = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = [START + timedelta(days=n) for n in range(3)]
NOON = timedelta(hours=12)
day = st.sampled_from(DAYS)
until = st.none() | st.integers(1, 3).map(lambda days: timedelta(days=days))
which = st.integers(0, 99)
EXAMPLES: dict[Kind, int] = {"sqlite": 3, "postgres": 1}
SIDES = ("west-east", "up-down")


class Network(RuleBasedStateMachine):
    """Three partners with a location each, two dimensions with three nodes each, two positions, two brands, five people."""

    hub: Hub

    def __init__(self) -> None:
        super().__init__()
        mark = new_id()
        with self.hub.unit_of_work() as uow:
            self.dimensions = [add_dimension(uow, f"{side}-{mark}"[:40], side) for side in SIDES]
            self.brands = [add_brand(uow, f"{name} {mark}") for name in "AB"]
            self.positions = [add_position(uow, f"{name} {mark}", "work") for name in ("Chief", "Hand")]
            self.partners = [create_partner(uow, f"Partner {n} {mark}") for n in range(3)]
            self.places = [
                open_location(uow, partner, "Shop", "Rome", "IT", "Europe/Rome", DAYS[0])
                for partner in self.partners
            ]
            self.nodes = {key: [add_node(uow, key, "Area") for _ in range(3)] for key in self.dimensions}
            self.people = [new_id() for _ in range(5)]
            write_people(uow, [_person(id, self.partners[0]) for id in self.people])
            uow.execute_many(
                sa.insert(tables.person_detail),
                [{"person_id": id, "given_name": "A", "family_name": "B", "email": ""} for id in self.people],
            )
            for brand in self.brands:
                carry_brand(uow, self.places[0], brand, "sell", DAYS[0])
            self.add_rules(uow, mark)
        self.merges: list[str] = []

    def add_rules(self, uow: UnitOfWork, mark: str) -> None:
        """Goals by field, by brand and by tenure, so that a rebuild has something to compare (I2)."""
        lms, name, side = create_connection(uow, f"lms-{mark}", "lms", "LMS"), f"c-{mark}", self.dimensions[0]
        set_offerings(uow, lms, [CatalogueRow(name, name, "Course", f"https://lms.example/{mark}")])
        target = find_target(uow, "offering", name)
        for key, asked in (
            ("field", Conditions(nodes=(self.nodes[side][1],))),
            ("brand", Conditions(brands=(self.brands[0],), activity="sell")),
            ("tenure", Conditions(positions=(self.positions[0],), tenure_at_least=1)),
        ):
            set_rule(uow, Rule(f"{key}-{mark}", key, side, key, "offering", target, asked, START))

    def do(self, change: Callable[[UnitOfWork], object]) -> Any:
        """Try something; what is refused changes nothing."""
        try:
            with self.hub.unit_of_work() as uow:
                return change(uow)
        except HubError:
            return None

    def ids(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[str]:
        with self.hub.reading() as uow:
            return list(uow.connection.scalars(sa.select(table.c.id).where(*where).order_by(table.c.id)))

    @rule(who=which, place=which, job=which, brands=which, at=day, last=until)
    def appoint(
        self, who: int, place: int, job: int, brands: int, at: datetime, last: timedelta | None
    ) -> None:
        there = tuple(brand for n, brand in enumerate(self.brands) if brands >> n & 1)
        kind = ("internal", "external")[brands % 2]
        wanted = Place(
            _of(self.places, place), _of(self.positions, job), kind, there, at, at + last if last else None
        )
        self.do(lambda uow: add_appointment(uow, _of(self.people, who), wanted))

    @rule(one=which, place=which, at=day, how=st.integers(0, 2))
    def go(self, one: int, place: int, at: datetime, how: int) -> None:
        a = tables.appointment
        if held := self.ids(a, a.c.person_id.in_(self.people)):
            id = _of(held, one)
            if how == 0:
                self.do(lambda uow: end_appointment(uow, id, at))
            elif how == 1:
                self.do(lambda uow: transfer(uow, id, _of(self.places, place), at))
            else:
                self.do(lambda uow: leave(uow, _of(self.people, one), at))

    @rule(place=which, brand=which, at=day, last=until, how=st.integers(0, 3))
    def change_place(self, place: int, brand: int, at: datetime, last: timedelta | None, how: int) -> None:
        here, what = _of(self.places, place), _of(self.brands, brand)
        end = at + last if last else None
        changes: list[Callable[[UnitOfWork], object]] = [
            lambda uow: carry_brand(uow, here, what, "sell", at, end),
            lambda uow: end_brand(uow, here, what, at),
            lambda uow: close_location(uow, here, at),
            lambda uow: reopen_location(uow, here),
        ]
        self.do(changes[how])

    @rule(side=st.integers(0, 1), one=which, other=which, at=day, last=until, how=st.integers(0, 3))
    def change_field(
        self, side: int, one: int, other: int, at: datetime, last: timedelta | None, how: int
    ) -> None:
        nodes, end = self.nodes[self.dimensions[side]], at + last if last else None
        node, parent = _of(nodes, one), None if other % 7 == 0 else _of(nodes, other)
        changes: list[Callable[[UnitOfWork], object]] = [
            lambda uow: move_node(uow, node, parent, at, end),
            lambda uow: move_location(uow, _of(self.places, other), node, at, end),
            lambda uow: end_node(uow, node, at),
            lambda uow: nodes.append(add_node(uow, self.dimensions[side], "New", node, at, end)),
        ]
        self.do(changes[how])

    @rule(who=which, scope=which, side=st.integers(0, 1), at=day, last=until, how=st.integers(0, 5))
    def be_manager(
        self, who: int, scope: int, side: int, at: datetime, last: timedelta | None, how: int
    ) -> None:
        me, key, end = _of(self.people, who), self.dimensions[side], at + last if last else None
        upper, lower = _of(self.partners, who), _of(self.partners, scope)
        changes: list[Callable[[UnitOfWork], object]] = [
            lambda uow: look_after(uow, me, key, node_id=_of(self.nodes[key], scope), at=at, until=end),
            lambda uow: look_after(uow, me, key, location_id=_of(self.places, scope), at=at, until=end),
            lambda uow: look_after(uow, me, key, upstream_id=lower, link="supplier", at=at, until=end),
            lambda uow: link_partners(uow, upper, lower, "supplier", at, end),
            lambda uow: name_manager(uow, me, key, person_id=_of(self.people, scope), at=at, until=end),
            lambda uow: set_superior(uow, self.positions[1], self.positions[0], key, at, end),
        ]
        self.do(changes[how])

    @rule(one=which, other=which, at=day, how=st.integers(0, 3))
    def be_manager_no_more(self, one: int, other: int, at: datetime, how: int) -> None:
        """I23: whoever loses a relation sees nothing that was not seen before, and neither does anybody else."""
        rep, relation = tables.rep_assignment, tables.manager_relation
        reps = self.ids(rep, rep.c.person_id.in_(self.people))
        relations = self.ids(relation, relation.c.manager_id.in_(self.people))
        before = self.seen()
        if how == 0 and reps:
            self.do(lambda uow: stop_looking_after(uow, _of(reps, one), at))
        elif how == 1 and relations:
            self.do(lambda uow: end_manager(uow, _of(relations, one), at))
        elif how == 2:
            self.do(
                lambda uow: end_superior(
                    uow, self.positions[1], self.positions[0], _of(self.dimensions, one), at
                )
            )
        else:
            self.do(
                lambda uow: unlink_partners(
                    uow, _of(self.partners, one), _of(self.partners, other), "supplier", at
                )
            )
        assert self.seen() <= before

    @rule(one=which, other=which)
    def merge(self, one: int, other: int) -> None:
        pair = _of(self.people, one), _of(self.people, other)
        made = self.do(lambda uow: merge_people(uow, *pair, actor_id=None, extra={}, left_files=True))
        self.merges += [made] if made else []

    @precondition(lambda self: self.merges)
    @rule()
    def take_back(self) -> None:
        last = self.merges.pop()
        self.do(lambda uow: undo_merge(uow, last, actor_id=None))

    @rule()
    def assign(self) -> None:
        """Goals are worked out in between, from what is known so far."""
        open_worker(self.hub).drain()

    def seen(self) -> set[tuple[str, str, str, datetime]]:
        """Manager, dimension, appointment and day: found from the manager."""
        with self.hub.reading() as uow:
            return {
                (manager, key, str(row.id), at)
                for manager in self.people
                for key in self.dimensions
                for at in DAYS
                for row in uow.connection.execute(appointments_looked_after(uow, manager, key, at + NOON))
            }

    @invariant()
    def both_sides_agree(self) -> None:
        """I22."""
        forward = self.seen()
        a = tables.appointment
        with self.hub.reading() as uow:
            backward = {
                (manager.person_id, manager.dimension, appointment, at)
                for person_id in self.people
                for at in DAYS
                for appointment in [each.id for each in read_appointments(uow, person_id, at + NOON)]
                for manager in managers_of(uow, person_id, at + NOON, a.c.id == appointment)
            }
        assert forward == backward

    @invariant()
    def the_field_is_a_forest(self) -> None:
        """I19, I20, I21."""
        mine = {node for nodes in self.nodes.values() for node in nodes}
        with self.hub.reading() as uow:
            branches = read_branches(uow, mine)
            places = [read_location(uow, id) for id in self.places]
            for at in DAYS:
                stored = {row for row in stored_closure(uow, at) if row[1] in mine}
                assert stored == closure_at(branches, at)
                for place in places:
                    sides = [n["dimension"] for n in place["nodes"] if holds(read_interval(_plain(n)), at)]
                    assert len(sides) == len(set(sides))

    @invariant()
    def brands_and_appointments_are_as_of_each_day(self) -> None:
        """I11, I33: asked of the snapshots by hand."""
        with self.hub.reading() as uow:
            facts = read_facts(uow, self.people)
            bodies = {id: read_location(uow, id) for id in self.places}
            for person_id in self.people:
                held = read_snapshot(uow, person_id)["appointments"]
                for at in (each + NOON for each in DAYS):
                    wanted = {
                        each["id"]
                        for each in held
                        if holds(read_interval(_plain(each)), at)
                        and holds(read_interval(_plain(bodies[each["location_id"]])), at)
                    }
                    assert {line.id for line in read_appointments(uow, person_id, at)} == wanted
                    assert {f.id for f in facts.get(person_id, ()) if holds(f.during, at)} == wanted
                    for fact in facts.get(person_id, ()):
                        mine = {brand.brand_id for brand in fact.brands if holds(brand.during, at)}
                        there = bodies[fact.location_id]["brands"]
                        assert mine <= {b["brand_id"] for b in there if holds(read_interval(_plain(b)), at)}


def _of(things: list[str], number: int) -> str:
    return things[number % len(things)]


def _plain(body: Any) -> dict[str, Any]:
    return dict(body)


def _person(id: str, partner_id: str) -> Any:
    return {"id": id, "partner_id": partner_id, "locale": "en", "disabled": False, "appointments": []}


@pytest.mark.requirement("B20", "B22", "B60")
def test_random_histories_of_services(hub: Hub, database_kind: Kind) -> None:
    class OfThisHub(Network):
        pass

    OfThisHub.hub = hub
    few = settings(
        max_examples=EXAMPLES[database_kind], stateful_step_count=10, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(OfThisHub, settings=few)
    open_worker(hub).drain()
    assert not verify(hub).differences
