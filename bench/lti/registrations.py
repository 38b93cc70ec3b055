"""Many more systems beside those that are measured: copies of their rows with ids of their own."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from hub.ids import new_id
from hub.lti import tables as lti
from hub.lti.tool import tables as tool
from hub.network import tables as network
from hub.runtime import Hub

BATCH = 1000
COPIED = (
    network.connection,
    lti.lti_tool,
    lti.lti_deployment,
    tool.lti_platform,
    tool.lti_platform_deployment,
)
UNIQUE = ("client_id", "slug")


def add_registrations(hub: Hub, connection_id: str, count: int) -> None:
    """Add ``count`` systems like that of a connection, each a tool and a platform if that one is."""
    with hub.reading() as uow:
        rows = [
            (table, dict(row)) for table in COPIED for row in _rows_of(uow.connection, table, connection_id)
        ]
    for start in range(0, count, BATCH):
        ids = [new_id() for _ in range(min(BATCH, count - start))]
        with hub.unit_of_work() as uow:
            for table, row in rows:
                uow.connection.execute(sa.insert(table), [_copy(table, row, id) for id in ids])
    with hub.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _rows_of(connection: sa.Connection, table: sa.Table, connection_id: str) -> Iterator[Any]:
    key = table.c.id if table is network.connection else table.c.connection_id
    yield from connection.execute(sa.select(table).where(key == connection_id)).mappings()


def _copy(table: sa.Table, row: dict[str, Any], id: str) -> dict[str, Any]:
    key = "id" if table is network.connection else "connection_id"
    return row | {key: id} | {name: id for name in UNIQUE if name in row}
