"""Field trees over time: random histories of moves, and two moves at once (I19, I20, I21, B02, B22)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
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

from hub.app import open_worker
from hub.errors import BadInput, Conflict, Missing
from hub.ids import new_id
from hub.network import tables
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.person import read_appointments
from hub.network.record import record
from hub.network.structure.apply_nodes import read_branches
from hub.network.structure.field import add_node, end_node, locations_under, move_node, read_node, rename_node
from hub.network.structure.locations import (
    carry_brand,
    close_location,
    end_brand,
    move_location,
    place_location,
    read_location,
    rename_location,
)
from hub.network.structure.words import brand_in_title, rename_brand, rename_dimension, rename_position
from hub.network.validity.dated import stated
from hub.rebuild.state_hash import hash_state
from hub.rebuild.verify import verify
from hub.runtime import Hub
from hub.store import UnitOfWork, valid_at
from tests.network.field_histories import closure_at, instants, stored_closure
from tests.network.small_network import SmallNetwork

START = datetime(2026, 1, 1, tzinfo=UTC)
day = st.integers(0, 8).map(lambda n: START + timedelta(days=n))


def add_dimension(uow: UnitOfWork) -> str:
    key = f"d-{new_id()}"
    record(uow, "dimension_changed", {key: {"key": key, "name": key}})
    return key


class Field(RuleBasedStateMachine):
    """Nodes of two dimensions that are added, moved, ended and renamed, and a location that goes through them."""

    hub: Hub

    def __init__(self) -> None:
        super().__init__()
        with self.hub.unit_of_work() as uow:
            self.dimensions = (add_dimension(uow), add_dimension(uow))
            partner, self.location = new_id(), new_id()
            record(uow, "partner_changed", {partner: {"id": partner, "name": "Riverside", "kinds": []}})
            place: dict[str, Any] = {
                "id": self.location,
                "partner_id": partner,
                "name": "L",
                "city": "L",
                "country": "US",
            }
            place |= {"time_zone": "UTC", "brands": [], "nodes": []} | stated(START, None)
            record(uow, "location_changed", {self.location: place})
        self.nodes: dict[str, list[str]] = {dimension: [] for dimension in self.dimensions}
        self.changed = ""

    def within(self, dimension: str, change: Callable[[UnitOfWork], object]) -> None:
        """Try a change; what is refused changes nothing, and no other dimension ever hears of it."""
        other = next(d for d in self.dimensions if d != dimension)
        with self.hub.reading() as uow:
            before = hash_state(uow, other)
        try:
            with self.hub.unit_of_work() as uow:
                change(uow)
        except (BadInput, Conflict):
            pass
        with self.hub.reading() as uow:
            assert hash_state(uow, other) == before

    @rule(side=st.integers(0, 1), at=day, place=st.integers(0, 99), root=st.booleans())
    def add(self, side: int, at: datetime, place: int, root: bool) -> None:
        dimension = self.dimensions[side]
        there = self.nodes[dimension]
        parent = None if root or not there else there[place % len(there)]

        def change(uow: UnitOfWork) -> None:
            there.append(add_node(uow, dimension, "A node", parent, at))

        self.within(dimension, change)

    @precondition(lambda self: any(self.nodes.values()))
    @rule(side=st.integers(0, 1), at=day, which=st.integers(0, 99), place=st.integers(-3, 99))
    def move(self, side: int, at: datetime, which: int, place: int) -> None:
        dimension = self.dimensions[side]
        if there := self.nodes[dimension]:
            parent = None if place < 0 else there[place % len(there)]
            self.within(dimension, lambda uow: move_node(uow, there[which % len(there)], parent, at))

    @precondition(lambda self: any(self.nodes.values()))
    @rule(side=st.integers(0, 1), at=day, which=st.integers(0, 99))
    def end_or_enter(self, side: int, at: datetime, which: int) -> None:
        dimension = self.dimensions[side]
        if there := self.nodes[dimension]:
            node = there[which % len(there)]
            if which % 3:
                self.within(dimension, lambda uow: move_location(uow, self.location, node, at))
            else:
                self.within(dimension, lambda uow: end_node(uow, node, at))

    @invariant()
    def closure_is_right_at_every_instant(self) -> None:
        at_all = instants(self.hub)
        mine = {node for nodes in self.nodes.values() for node in nodes}
        with self.hub.reading() as uow:
            branches = read_branches(uow, mine)
            for at in at_all:
                here = {row for row in stored_closure(uow, at) if row[1] in mine}
                assert here == closure_at(branches, at)
                ln = tables.location_node
                query = sa.select(ln.c.dimension).where(ln.c.location_id == self.location, valid_at(ln, at))
                found = uow.connection.scalars(query).all()
                assert len(found) == len(set(found))


def test_random_histories_of_moves(hub: Hub) -> None:
    class OfThisHub(Field):
        pass

    OfThisHub.hub = hub
    few = settings(max_examples=4, stateful_step_count=10, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(OfThisHub, settings=few)
    open_worker(hub).drain()
    assert not verify(hub).differences


def test_two_moves_at_once_never_make_a_circle(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        dimension = add_dimension(uow)
        root = add_node(uow, dimension, "Root")
        one, two = (add_node(uow, dimension, name, root) for name in ("One", "Two"))
    begin = Barrier(2)

    def move(pair: tuple[str, str]) -> bool:
        begin.wait()
        try:
            with hub.unit_of_work() as uow:
                move_node(uow, *pair, START)
        except Conflict as refused:
            return refused.code != "node_circle"
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(move, [(one, two), (two, one)])) == [False, True]
    with hub.reading() as uow:
        branches = read_branches(uow, [root, one, two])
        assert stored_closure(uow, START) == closure_at(branches, START)


@pytest.mark.requirement("B21")
def test_two_places_at_once_in_one_dimension_are_refused(hub: Hub, imported: SmallNetwork) -> None:
    with hub.unit_of_work() as uow:
        place = find_id(uow, "location", "L3")
        nodes = [find_id(uow, "node", name) for name in ("sales/north", "sales/south", "service/world")]
    begin = Barrier(2)

    def put(node: str) -> bool:
        begin.wait()
        try:
            with hub.unit_of_work() as uow:
                place_location(uow, place, node, START)
        except Conflict as conflict:
            return conflict.code != "already_placed"
        return True

    with ThreadPoolExecutor(2) as pool:
        placed = list(pool.map(put, nodes[:2]))
    assert sorted(placed) == [False, True]
    refused = nodes[placed.index(False)]
    with hub.unit_of_work() as uow:
        place_location(uow, place, nodes[2], START)
        assert {each["dimension"] for each in read_location(uow, place)["nodes"]} == {"sales", "service"}
        assert move_location(uow, place, refused, START + timedelta(days=9))
        assert move_location(uow, place, None, START + timedelta(days=20), dimension="service")
        held = [(n["node_id"], n["valid_to"]) for n in read_location(uow, place)["nodes"] if n["valid_to"]]
        assert (nodes[2], (START + timedelta(days=20)).isoformat()) in held


def test_postgres_itself_refuses_what_overlaps(hub: Hub, imported: SmallNetwork) -> None:
    if hub.engine.dialect.name != "postgresql":
        return
    with hub.unit_of_work() as uow:
        values = {"location_id": find_id(uow, "location", "L1"), "dimension": "sales"}
        values["node_id"] = find_id(uow, "node", "sales/south")
    with pytest.raises(sa.exc.IntegrityError, match="ex_location_node_once"), hub.unit_of_work() as uow:
        uow.insert(tables.location_node, valid_from=START, **values)


@pytest.mark.requirement("B22")
def test_files_say_when_a_node_stood_below_which(hub: Hub, imported: SmallNetwork, folder: Path) -> None:
    imported.replace("nodes.csv", "sales,city", "sales,city,Old City,north,,2025-01-01").add(
        "nodes.csv", "sales,city,Sales City,south,2025-01-01,2027-01-01"
    )
    report = import_network(hub, imported.write(folder))
    assert {kind for kind, counts in report.counts.items() if counts.changed} == {"node"}
    assert import_network(hub, folder).changes == 0
    with hub.reading() as uow:
        city = find_id(uow, "node", "sales/city")
        node = read_node(uow, city)
        assert (node["name"], node["valid_to"]) == ("Sales City", "2027-01-01T00:00:00+00:00")
        for year, above in ((2024, "sales/north"), (2026, "sales/south"), (2028, None)):
            rows = stored_closure(uow, datetime(year, 5, 1, tzinfo=UTC))
            parents = {a for a, d, depth in rows if d == city and depth == 1}
            assert parents == ({find_id(uow, "node", above)} if above else set())


def test_a_location_closes_and_loses_brands(hub: Hub, imported: SmallNetwork) -> None:
    later = START + timedelta(days=365)
    with hub.unit_of_work() as uow:
        place, lena = find_id(uow, "location", "L1"), find_id(uow, "person", "U1")
        brand, other = find_id(uow, "brand", "A"), find_id(uow, "brand", "C")
        assert end_brand(uow, place, brand, START)
        assert not end_brand(uow, place, brand, START)
        assert carry_brand(uow, place, other, "sell", START)
        assert not carry_brand(uow, place, other, "sell", later)
        ends = {(b["brand_id"], b["activity"]): b["valid_to"] for b in read_location(uow, place)["brands"]}
        assert ends[brand, "sell"] == ends[brand, "service"] == START.isoformat()
        assert ends[other, "sell"] is None
        assert close_location(uow, place, later)
        assert not close_location(uow, place, later)
        body = read_location(uow, place)
        assert {each["valid_to"] for each in body["nodes"]} == {later.isoformat()}
        (line,) = read_appointments(uow, lena)
        assert line.valid_to == later
        with pytest.raises(Missing):
            close_location(uow, new_id())


@pytest.mark.requirement("B12")
def test_names_change_and_nothing_else(hub: Hub, imported: SmallNetwork) -> None:
    with hub.unit_of_work() as uow:
        before = {h.name: h.hash for h in hash_state(uow)}
        names = [("node", "sales/city"), ("brand", "A"), ("position", "tech"), ("location", "L1")]
        node, brand, position, place = (find_id(uow, *name) for name in names)
        assert rename_node(uow, node, "Downtown")
        assert rename_brand(uow, brand, "Avelora Motors")
        assert rename_position(uow, position, "Service  Expert")
        assert rename_location(uow, place, "Riverside West")
        assert rename_dimension(uow, "sales", "Selling")
        assert not rename_node(uow, node, "Downtown")
        after = {h.name: h.hash for h in hash_state(uow)}
        assert {name for name, of in after.items() if before[name] != of} == {
            "node",
            "brand",
            "position",
            "location",
            "dimension",
        }
        assert brand_in_title(uow, "avelora motors  Technician") == "Avelora Motors"
        assert brand_in_title(uow, "Technician") is None
        with pytest.raises(BadInput):
            rename_node(uow, node, " ")


def test_a_node_in_use_does_not_end(hub: Hub, imported: SmallNetwork) -> None:
    with hub.unit_of_work() as uow:
        city, north, world, service = (
            find_id(uow, "node", name)
            for name in ("sales/city", "sales/north", "sales/world", "service/world")
        )
        for node in (city, north):
            with pytest.raises(Conflict, match="still in"):
                end_node(uow, node, START)
        with pytest.raises(BadInput, match="another dimension"):
            move_node(uow, city, service, START)
        with pytest.raises(Conflict):
            move_node(uow, world, city, START)
        assert not move_node(uow, city, north, START)
        assert move_node(uow, city, world, START)
        assert end_node(uow, north, START + timedelta(days=1))
        with pytest.raises(BadInput, match="does not exist"):
            move_node(uow, city, north, START + timedelta(days=2))


@pytest.mark.requirement("B02", "B22")
def test_all_locations_under_a_node_as_of_a_day(hub: Hub, imported: SmallNetwork) -> None:
    with hub.unit_of_work() as uow:
        north, south, city = (find_id(uow, "node", f"sales/{name}") for name in ("north", "south", "city"))
        place, other = (find_id(uow, "location", name) for name in ("L1", "L2"))
        service = {h.name: h.hash for h in hash_state(uow, "service")}
        move_node(uow, city, south, START)

        def under(node: str, at: datetime) -> set[str]:
            return set(uow.connection.scalars(locations_under(uow, node, at=at)))

        before = START - timedelta(days=1)
        assert (under(north, before), under(south, before)) == ({place}, {other})
        assert (under(north, START), under(south, START)) == (set(), {place, other})
        assert under(south, datetime(2031, 1, 1, tzinfo=UTC)) == {place}
        assert {h.name: h.hash for h in hash_state(uow, "service")} == service
