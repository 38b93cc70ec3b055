"""What the database knows of how many rows there are: its plans are as good as that."""

from collections.abc import Collection

import sqlalchemy as sa

from hub.store.unit_of_work import UnitOfWork


def count_anew(uow: UnitOfWork, tables: Collection[sa.Table]) -> None:
    """Let PostgreSQL look at tables that have just grown or changed a lot, and not only when it comes round to it by itself.

    Until then it plans as if they were as small as before, and reads whole tables for a few rows. SQLite goes by indexes
    alone, and nothing is done there.
    """
    if not uow.is_sqlite:
        for table in tables:
            uow.connection.execute(sa.text(f"ANALYZE {table.name}"))
