"""A client with many users is answered as quickly as one with few: rows and buffers, counted by the databases themselves."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from scim2_models import SearchRequest

from hub.app import open_hub
from hub.config import Settings
from hub.ids import new_id
from hub.runtime import Hub
from hub.sso.scim.names import USER
from hub.sso.scim.provider import PROVIDER, HubUser
from hub.sso.scim.rows import write
from hub.sso.scim.search import search
from hub.sso.scim.tables import scim_member, scim_resource
from hub.store import UnitOfWork
from tests.databases import Kind, create_database, drop_database
from tests.sso.scim.rig import begin_client, user

FEW, MANY = 500, 15_000
DEEPER = 24
"""An index of so many more rows has a level more, which is a buffer more for each user on a page of 20."""
TYPES = [each for each in PROVIDER.resource_types if each.name == USER]
ASKED: dict[str, Callable[[int, dict[int, str]], dict[str, Any]]] = {
    "user name": lambda n, ids: {"filter": f'userName eq "U{n}@riverside.example"', "start_index": 1},
    "external id": lambda n, ids: {"filter": f'externalId eq "E-{n}" and active eq true', "start_index": 1},
    "id": lambda n, ids: {"filter": f'id eq "{ids[n]}"', "start_index": 1},
    "group": lambda n, ids: {"filter": f'id eq "{ids[n]}" and groups.value eq "{ids[-1]}"', "start_index": 1},
    "page by cursor": lambda n, ids: {"cursor": "", "count": 20},
}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    kind: Kind = request.param
    url = create_database(kind)
    hub = open_hub(Settings(database_url=url, secret_key="only-for-tests-0123456789abcdefghij"))
    yield hub
    hub.close()
    drop_database(url)


@pytest.fixture(scope="module")
def clients(hub: Hub) -> dict[int, tuple[str, dict[int, str]]]:
    """A client with few users and one with many: connection and ids; under -1 the id of a group with all of them."""
    made = {}
    for count in (FEW, MANY):
        connection_id = begin_client(hub, f"with-{count}").caller.connection_id
        ids = {n: new_id() for n in range(count)} | {-1: new_id()}
        with hub.unit_of_work() as uow:
            rows = [_row(uow, connection_id, ids[n], n) for n in range(count)]
            uow.execute_many(sa.insert(scim_resource), rows)
            nobody: dict[str, object] = {
                "user_name": None,
                "external_id": None,
                "display_name": "All",
                "body": {},
                "found_by": {},
            }
            uow.execute_many(
                sa.insert(scim_resource), [{**rows[0], **nobody, "id": ids[-1], "kind": "Group"}]
            )
            members: list[dict[str, object]] = [
                {"group_id": ids[-1], "member_id": ids[n]} for n in range(count)
            ]
            uow.execute_many(sa.insert(scim_member), members)
        made[count] = connection_id, ids
    if hub.engine.dialect.name == "postgresql":
        with hub.engine.connect() as connection:
            connection.execution_options(hub_writes=None).exec_driver_sql("VACUUM ANALYZE")
    return made


_WRITTEN = write(HubUser.model_validate(user("u")))


def _row(uow: UnitOfWork, connection_id: str, id: str, n: int) -> dict[str, Any]:
    return {
        **vars(_WRITTEN),
        "id": id,
        "connection_id": connection_id,
        "kind": USER,
        "user_name": f"u{n}@riverside.example",
        "external_id": f"E-{n}",
        "version": 1,
        "created_at": uow.now,
        "modified_at": uow.now,
    }


@pytest.mark.parametrize("what", ASKED)
def test_many_users_cost_no_more_than_few(
    hub: Hub, clients: dict[int, tuple[str, dict[int, str]]], what: str
) -> None:
    costs = {}
    for count, (connection_id, ids) in clients.items():
        request = SearchRequest[HubUser](**ASKED[what](count // 2, ids))
        with hub.reading() as uow:
            costs[count] = _cost(uow, lambda: search(uow, connection_id, TYPES, request, None))  # noqa: B023
    assert costs[MANY] <= 1.2 * costs[FEW] + DEEPER, costs


def _cost(uow: UnitOfWork, run: Callable[[], Any]) -> int:
    """Steps of SQLite's machine in hundreds, or buffers that PostgreSQL touched."""
    if uow.is_sqlite:
        driver: Any = uow.connection.connection.driver_connection
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        driver.set_progress_handler(count, 100)
        try:
            assert run().resources
        finally:
            driver.set_progress_handler(None, 0)
        return steps
    ran: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        ran.append((statement, parameters))

    sa.event.listen(uow.connection, "before_cursor_execute", note)
    assert run().resources
    sa.event.remove(uow.connection, "before_cursor_execute", note)
    total = 0
    for statement, parameters in ran:
        explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
        plan = uow.connection.exec_driver_sql(explained, parameters).scalar_one()[0]["Plan"]
        total += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return total
