"""Coming in costs the same among few connections and people as among many: rows and buffers, counted by PostgreSQL."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from hub.access.roles import grant_partner_admin
from hub.config import Settings
from hub.ids import new_id
from hub.network import tables as network
from hub.network.people.identities import find_person
from hub.network.systems.connections import Connection, read_connection
from hub.runtime import Hub
from hub.sso.home_realm import find_ways, ways_of_door
from hub.sso.newcomers import find_record
from hub.sso.partner_people import list_colleagues
from hub.sso.policy import SignInPolicy
from hub.store import UnitOfWork

POLICY = SignInPolicy({"match": "employee"})
NEWCOMER = 5
"""In each partner somebody in the files who has not signed in yet."""


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url, secret_key="only-for-tests-0123456789abcdefghij")


def grow(uow: UnitOfWork, begin: int, end: int) -> None:
    """Partners with a connection and a domain each, and twenty people, whom it and the files know."""
    partners = {n: new_id() for n in range(begin, end)}
    connections = {n: new_id() for n in partners}
    people = {(n, m): new_id() for n in partners for m in range(20)}

    def insert(table: sa.Table, rows: list[dict[str, object]]) -> None:
        uow.execute_many(sa.insert(table), rows)

    insert(network.partner, [{"id": id, "name": f"Partner {n}"} for n, id in partners.items()])
    common: dict[str, object] = {"kind": "oidc", "disabled": False}
    insert(
        network.connection,
        [
            {"id": id, "slug": f"idp-{n}", "partner_id": partners[n], "name": f"IdP {n}", **common}
            for n, id in connections.items()
        ],
    )
    insert(
        network.email_domain,
        [{"domain": f"p{n}.example", "connection_id": id} for n, id in connections.items()],
    )
    insert(
        network.person,
        [
            {"id": id, "partner_id": partners[n], "locale": "en", "disabled": False}
            for (n, _), id in people.items()
        ],
    )
    insert(
        network.person_detail,
        [
            {"person_id": id, "given_name": f"Ann {m}", "family_name": "Ng", "email": f"a{m}@p{n}.example"}
            for (n, m), id in people.items()
        ],
    )
    insert(
        network.roster_key,
        [
            {"kind": "person", "external_id": f"U{n}-{m}", "id": id, "content_hash": ""}
            for (n, m), id in people.items()
        ],
    )
    insert(
        network.identity_link,
        [
            {
                "connection_id": connections[n],
                "form": "sub",
                "subject": f"s{m}",
                "person_id": id,
                "made_by": "roster",
            }
            for (n, m), id in people.items()
            if m != NEWCOMER
        ],
    )
    tables = "person, person_detail, connection, email_domain, identity_link, roster_key, partner"
    uow.connection.exec_driver_sql(f"ANALYZE {tables}")


def cost(uow: UnitOfWork, ask: Callable[[], object]) -> tuple[object, int]:
    """What was answered, and how many buffers all its statements touched."""
    told: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *rest: object) -> None:
        told.append((statement, parameters))

    ask()  # whatever is prepared once
    sa.event.listen(uow.connection.engine, "before_cursor_execute", note)
    try:
        answer = ask()
    finally:
        sa.event.remove(uow.connection.engine, "before_cursor_execute", note)
    total = 0
    for statement, parameters in told:
        plan: Any = uow.connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters
        ).scalar_one()
        top = plan[0]["Plan"]
        total += top["Shared Hit Blocks"] + top["Shared Read Blocks"]
    assert told
    return answer, total


def questions(uow: UnitOfWork, connection: Connection, admin: str) -> dict[str, Callable[[], object]]:
    """What is asked on the way in, and on the page of a partner admin."""
    partner_id = connection.partner_id or ""
    return {
        "e-mail": lambda: find_ways(uow, "a1@p7.example").connections[0].slug,
        "unknown e-mail": lambda: find_ways(uow, "a1@nowhere.example"),
        "address": lambda: ways_of_door(uow, "idp-7")[1][0].slug,
        "subject": lambda: find_person(uow, connection.id, "sub", "s3"),
        "record": lambda: find_record(uow, connection, POLICY, {"employee": [f"U7-{NEWCOMER}"]}),
        "colleagues": lambda: len(list_colleagues(uow, admin, partner_id)[0]),
        "a colleague": lambda: len(list_colleagues(uow, admin, partner_id, "ann 13")[0]),
        "no colleague": lambda: list_colleagues(uow, admin, partner_id, "ann nonsense"),
    }


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_among_many_a_way_in_is_found_as_cheaply_as_among_few(hub: Hub) -> None:
    costs: dict[str, list[int]] = {}
    with hub.unit_of_work() as uow:
        for begin, end in ((0, 300), (300, 2_000)):
            grow(uow, begin, end)
            run = uow.connection.scalar
            connection_id = run(sa.select(network.connection.c.id).filter_by(slug="idp-7")) or ""
            connection = read_connection(uow, connection_id)
            admin = find_person(uow, connection_id, "sub", "s1") or ""
            grant_partner_admin(uow, admin, connection.partner_id or "")
            asked = questions(uow, connection, admin)
            for name, ask in asked.items():
                answer, buffers = cost(uow, ask)
                assert answer
                costs.setdefault(name, []).append(buffers)
    for name, (few, many) in costs.items():
        # An index of more rows may have a level more, which is a buffer for each time it is looked into.
        assert many <= 1.2 * few + 20, (name, costs)
