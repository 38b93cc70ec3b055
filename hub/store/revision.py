"""Which schema a database has, and which one this version of the hub needs."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from hub.store.migrate import MIGRATIONS


def read_revision(connection: sa.Connection) -> str | None:
    """The number of the last migration applied to a database, such as ``0001``; None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The number of the newest migration there is."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if head is None:
        raise RuntimeError("there are no migrations")
    return head
