"""What is left to do after an erasure: databases leave deleted bytes in their files until they need the room."""

import sqlite3
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.lifecycle.delete_files import delete_files
from hub.lifecycle.tables import erasure
from hub.logging import get_logger

if TYPE_CHECKING:
    from hub.runtime import Hub
    from hub.store import UnitOfWork

logger = get_logger(__name__)
TABLES = (
    "statement",
    "change",
    "waiting_statement",
    "xapi_document",
    "identity_link",
    "identity_proof",
    "person_detail",
    "attribute",
    "decision_words",
    "roster_key",
    "lti_result",
    "lti_member",
    "forward_parked",
    "outbox",
)
"""Those whose rows held something personal."""
_WAITING = sa.and_(erasure.c.finished_at.is_not(None), erasure.c.traces_removed_at.is_(None))


def has_traces(uow: "UnitOfWork") -> bool:
    """Whether a finished erasure waits for ``finish_erasures``."""
    return uow.connection.scalar(sa.select(erasure.c.id).where(_WAITING).limit(1)) is not None


def finish_erasures(hub: "Hub") -> bool:
    """Remove the traces of every finished erasure, and files that it could not delete; whether all is done.

    Of a large SQLite database this takes minutes, in which nothing else is written. OutsideFailed when the blob store fails.
    """
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(erasure.c.id, erasure.c.files).where(_WAITING)).all()
    if not rows:
        return True
    for row in rows:
        delete_files(hub, row.files)
    if not remove_traces(hub):
        return False
    with hub.unit_of_work() as uow:
        mine = uow.among(erasure.c.id, [row.id for row in rows])
        uow.connection.execute(sa.update(erasure).where(mine).values(traces_removed_at=uow.now, files=[]))
    return True


def remove_traces(hub: "Hub") -> bool:
    """Write the SQLite file anew without what was deleted, or let PostgreSQL clear the tables concerned; whether it could.

    SQLite needs the file alone for it, and waits for others a while. When that fails nothing is lost: the rows are gone, and
    the next attempt removes their traces.
    """
    try:
        with hub.engine.connect() as connection:
            driver = connection.connection.driver_connection
            if hub.engine.dialect.name == "sqlite":
                assert driver is not None  # noqa: S101  (an open connection has one)
                for command in ("PRAGMA query_only = 0", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    driver.execute(command).fetchall()
                return True
            free = connection.execution_options(hub_writes=None)
            for table in TABLES:
                free.exec_driver_sql(f"VACUUM (ANALYZE) {table}")
            return True
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        logger.warning("traces_left", error=type(error).__name__)
        return False
