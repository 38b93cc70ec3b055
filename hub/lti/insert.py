"""Inserting a row that may already be there, decided by the database and not by looking first."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import UnitOfWork


def insert_for(uow: UnitOfWork, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, for the unit's database."""
    return sqlite.insert(table) if uow.is_sqlite else postgresql.insert(table)


def insert_once(uow: UnitOfWork, table: sa.Table, **values: object) -> bool:
    """Insert the row unless one with its key is there, also when several processes try; whether it was inserted."""
    # RETURNING and not rowcount, which SQLAlchemy does not keep for inserts on PostgreSQL.
    insert = insert_for(uow, table).values(**values).on_conflict_do_nothing()
    return uow.connection.execute(insert.returning(*table.primary_key)).first() is not None
