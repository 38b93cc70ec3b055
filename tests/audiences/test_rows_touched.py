"""What a change costs does not grow with the network: PostgreSQL itself counts the rows that it reads and writes."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.app import open_worker
from hub.audiences.assigning.reassign import count_queue
from hub.audiences.tables import reassign_queue
from hub.ids import new_id
from hub.network import tables as network
from hub.network.people.appointments import transfer
from hub.network.structure.field import move_node
from hub.runtime import Hub
from hub.store.statistics import count_anew
from hub.training import tables as training
from tests.databases import Kind
from tests.world import LONG_AGO, World

PEOPLE_AT_EACH, REGIONS = 5, 4
_TOUCHED = (
    "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) + n_tup_ins + n_tup_upd + n_tup_del)"
    " FROM pg_stat_user_tables"
)

_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)


@pytest.fixture
def world(hub: Hub, database_kind: Kind) -> World:
    """Tables so small are read whole, indexes or not; they are to be read as large ones are."""
    with hub.unit_of_work() as uow:
        name = uow.connection.exec_driver_sql("SELECT current_database()").scalar_one()
        for way in ("seqscan", "hashjoin", "mergejoin"):
            uow.connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET enable_{way} = off')
    hub.engine.dispose()
    world = World(hub).begin()
    world.add(brands=["A"], positions=["technician", "salesperson"])
    world.add_courses("north", "brakes", "belts", "selling")
    world.add_location("Riverside", brands={"A": ["sell"]})
    world.add_node("world", "service", locations=["Riverside"])
    for region in range(REGIONS):
        world.add_node(f"region {region}", "service", above=["world"])
    world.add_rule("brakes", "brakes", "service", positions=("technician",), brands=("A",))
    world.add_rule("belts", "belts", "service", nodes=("region 1",))
    world.add_rule("selling", "selling", "general", audience_class="external", tenure_at_most=9_999)
    return world


def grow(world: World, locations: int, region: str) -> str:
    """Add locations, two of them in a region, each with people who have two appointments, and work goals out; an appointment of somebody."""
    places = [new_id() for _ in range(locations)]
    partner_id, brand_id = world.ids["partner"], world.ids["A"]
    place = {"partner_id": partner_id, "name": "L", "city": "C", "country": "US", "time_zone": "UTC"}
    people = [new_id() for _ in range(locations * PEOPLE_AT_EACH)]
    held = [
        (new_id(), id, places[number // PEOPLE_AT_EACH], world.ids[position])
        for number, id in enumerate(people)
        for position in ("technician", "salesperson")
    ]
    with world.hub.unit_of_work() as uow:
        written: list[tuple[sa.Table, list[dict[str, Any]]]] = [
            (network.location, [{"id": id, **place, "valid_from": LONG_AGO} for id in places]),
            (
                network.location_brand,
                [
                    {"location_id": id, "brand_id": brand_id, "activity": "sell", "valid_from": LONG_AGO}
                    for id in places
                ],
            ),
            (
                network.location_node,
                [
                    {
                        "location_id": id,
                        "node_id": world.ids[region if number < 2 else "region 2"],
                        "dimension": "service",
                        "valid_from": LONG_AGO,
                    }
                    for number, id in enumerate(places)
                ],
            ),
            (
                network.person,
                [{"id": id, "partner_id": partner_id, "locale": "en", "disabled": False} for id in people],
            ),
            (
                network.appointment,
                [
                    {
                        "id": id,
                        "person_id": person_id,
                        "location_id": location_id,
                        "position_id": position_id,
                        "audience_class": "external",
                        "valid_from": LONG_AGO,
                    }
                    for id, person_id, location_id, position_id in held
                ],
            ),
            (
                network.appointment_brand,
                [{"appointment_id": id, "brand_id": brand_id} for id, *_ in held],
            ),
            (reassign_queue, [{"person_id": id, "since": uow.now} for id in people]),
        ]
        for table, rows in written:
            uow.execute_many(sa.insert(table), rows)
    open_worker(world.hub).drain()
    with world.hub.unit_of_work() as uow:
        assert count_queue(uow) == 0
        count_anew(uow, network.person.metadata.sorted_tables)
    return held[-1][0]


def touched(hub: Hub) -> int:
    hub.engine.dispose()  # a connection adds what it counted at its end, and else when it finds time
    with hub.reading() as uow:
        for _ in range(1000):
            if not uow.connection.exec_driver_sql(_OTHERS).scalar_one():
                break
            uow.connection.exec_driver_sql("SELECT pg_sleep(0.01), pg_stat_clear_snapshot()")
    with hub.unit_of_work() as uow:
        for function in ("pg_stat_force_next_flush", "pg_stat_clear_snapshot"):
            uow.connection.exec_driver_sql(f"SELECT {function}()")
    with hub.reading() as uow:
        return int(uow.connection.exec_driver_sql(_TOUCHED).scalar_one())


def follow(world: World) -> None:
    worker = open_worker(world.hub)
    while worker.follow():
        pass


def transfer_somebody(world: World, appointment_id: str) -> int:
    """Rows touched until a transferred person's goals are right."""
    before = touched(world.hub)
    with world.hub.unit_of_work() as uow:
        transfer(uow, appointment_id, world.ids["Riverside"])
    follow(world)
    return touched(world.hub) - before


def move_region(world: World, region: str) -> int:
    """Rows touched until everybody's goals are right below a region of two locations that moved."""
    before = touched(world.hub)
    with world.hub.unit_of_work() as uow:
        move_node(uow, world.ids[region], world.ids["region 1"])
    follow(world)
    return touched(world.hub) - before


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_a_change_touches_as_many_rows_in_a_network_ten_times_as_large(world: World) -> None:
    small = transfer_somebody(world, grow(world, 12, "region 0")), move_region(world, "region 0")
    large = transfer_somebody(world, grow(world, 108, "region 3")), move_region(world, "region 3")
    with world.hub.reading() as uow:
        count = sa.select(sa.func.count()).select_from(training.goal)
        assert (uow.connection.scalar(count) or 0) > 120 * PEOPLE_AT_EACH * 2
    for before, after in zip(small, large, strict=True):
        assert after <= 1.2 * before, (small, large)
