"""Who looks after whom is found from the manager: it costs the same in a network many times as large (I34)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from hub.access.visibility import locations_looked_after, people_looked_after
from hub.ids import new_id
from hub.network import tables as network
from hub.network.bulk import Row, insert_rows
from hub.runtime import Hub
from hub.store import UnitOfWork

ALWAYS: Row = {"valid_from": datetime(2020, 1, 1, tzinfo=UTC), "valid_to": None}
LOCATIONS, PEOPLE, SMALL, GROWN = 5, 4, 60, 600
LEVELS = 40
"""Of small tables PostgreSQL reads the one page there is; of larger ones a page for each level of an index."""
SCOPES = ("node_id", "location_id", "upstream_id", "superior")


def grow(uow: UnitOfWork, partners: int) -> dict[str, str]:
    """So many more partners, each with a field node, locations and people; four managers of the first, one for each scope."""
    ids = [new_id() for _ in range(partners)]
    nodes = [new_id() for _ in ids]
    places = [(new_id(), place // LOCATIONS) for place in range(partners * LOCATIONS)]
    people = [(new_id(), place, partner) for place, partner in places for _ in range(PEOPLE)]
    managers = {scope: people[LOCATIONS * PEOPLE + n][0] for n, scope in enumerate(SCOPES)}
    technician, chief = new_id(), new_id()
    scopes = {"node_id": nodes[0], "location_id": places[0][0], "upstream_id": ids[1]}
    inserted: tuple[tuple[sa.Table, list[Row]], ...] = (
        (network.dimension, [{"key": "sales", "name": "Sales"}]),
        (network.partner, [{"id": id, "name": f"Partner {id}"} for id in ids]),
        (network.node, [{"id": id, "dimension": "sales", "name": "Area", **ALWAYS} for id in nodes]),
        (
            network.node_closure,
            [{"ancestor_id": id, "descendant_id": id, "depth": 0, **ALWAYS} for id in nodes],
        ),
        (
            network.partner_link,
            [_link(upper, lower) for lower, upper in zip(ids[::2], ids[1::2], strict=True)],
        ),
        (network.location, [_location(id, ids[partner]) for id, partner in places]),
        (
            network.location_node,
            [
                {"location_id": id, "node_id": nodes[partner], "dimension": "sales", **ALWAYS}
                for id, partner in places
            ],
        ),
        (network.position, [{"id": id, "title": "Work", "family": "w"} for id in (technician, chief)]),
        (
            network.position_superior,
            [{"position_id": technician, "superior_id": chief, "dimension": "sales", **ALWAYS}],
        ),
        (
            network.person,
            [{"id": id, "partner_id": ids[p], "locale": "en", "disabled": False} for id, _, p in people],
        ),
        (network.appointment, [_appointment(id, place, technician) for id, place, _ in people]),
        (network.appointment, [_appointment(managers["superior"], places[0][0], chief)]),
        (network.rep_assignment, [_rep(managers[scope], scope, id) for scope, id in scopes.items()]),
        (
            network.rep_assignment,
            [_rep(people[-n][0], "location_id", places[-n][0]) for n in range(1, partners)],
        ),
    )
    for table, rows in inserted:
        insert_rows(uow, table, rows, "keep")
    return managers


def _link(upper: str, lower: str) -> Row:
    return {"upstream_id": upper, "downstream_id": lower, "kind": "distributor", **ALWAYS}


def _location(id: str, partner_id: str) -> Row:
    words = {"name": "Shop", "city": "Rome", "country": "IT", "time_zone": "UTC"}
    return {"id": id, "partner_id": partner_id, **words, **ALWAYS}


def _appointment(person_id: str, place: str, position: str) -> Row:
    ids = {"id": new_id(), "person_id": person_id, "location_id": place, "position_id": position}
    return {**ids, "audience_class": "external", **ALWAYS}


def _rep(person_id: str, scope: str, id: str) -> Row:
    scopes: Row = dict.fromkeys(("node_id", "location_id", "upstream_id"))
    link = "distributor" if scope == "upstream_id" else None
    row = {"id": new_id(), "person_id": person_id, "dimension": "sales", "link": link, "service": ""}
    return {**row, **scopes, scope: id, **ALWAYS}


def asked(uow: UnitOfWork, manager: str) -> Iterator[Sequence[Any]]:
    """What is asked of one manager: people and locations."""
    yield uow.connection.execute(people_looked_after(uow, manager, "sales")).all()
    yield uow.connection.execute(locations_looked_after(uow, manager, "sales")).all()


def work(uow: UnitOfWork, manager: str) -> tuple[int, int]:
    """What it costs, in steps of SQLite's machine or in buffers of PostgreSQL, and how many people were found."""
    driver: Any = uow.connection.connection.driver_connection
    if uow.is_sqlite:
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        driver.set_progress_handler(count, 1)
        found = [len(rows) for rows in asked(uow, manager)]
        driver.set_progress_handler(None, 0)
        return steps, found[0]
    ran: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        ran.append((statement, parameters))

    sa.event.listen(uow.connection, "before_cursor_execute", note)
    found = [len(rows) for rows in asked(uow, manager)]
    sa.event.remove(uow.connection, "before_cursor_execute", note)
    plans = [
        uow.connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", parameters
        ).scalar_one()
        for sql, parameters in ran
    ]
    return sum(p[0]["Plan"]["Shared Hit Blocks"] + p[0]["Plan"]["Shared Read Blocks"] for p in plans), found[
        0
    ]


@pytest.mark.requirement("B60")
def test_a_team_costs_the_same_in_a_network_ten_times_as_large(hub: Hub) -> None:
    costs: dict[str, list[int]] = {scope: [] for scope in SCOPES}
    for more in (SMALL, GROWN):
        with hub.unit_of_work() as uow:
            managers = grow(uow, more)
        if hub.engine.dialect.name == "postgresql":
            with hub.engine.connect() as connection:
                connection.execution_options(hub_writes=None).exec_driver_sql("VACUUM ANALYZE")
        for scope, manager in managers.items():
            with hub.reading() as uow:
                cost, people = work(uow, manager)
            # The chief manages colleagues at one place; the others everybody at their scope's places.
            assert people == (PEOPLE if scope in ("superior", "location_id") else PEOPLE * LOCATIONS) + (
                scope != "superior"
            )
            costs[scope].append(cost)
    grown = {scope: pair for scope, pair in costs.items() if pair[1] > 1.2 * pair[0] + LEVELS}
    assert not grown, costs
