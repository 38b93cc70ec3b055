"""Inserting a row that may already be there, decided by the database and not by looking first."""

from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.store.driver import Command
from hub.store.unit_of_work import UnitOfWork


def insert_for(table: sa.Table, *, is_sqlite: bool) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, for one of the two databases."""
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)


def insert_once(uow: UnitOfWork, table: sa.Table, **values: object) -> bool:
    """Insert the row unless one with its key is there, also when several processes try; whether it was inserted."""
    return _once(table, tuple(values), uow.is_sqlite).run(uow.connection, **values) == 1


@cache
def _once(table: sa.Table, names: tuple[str, ...], is_sqlite: bool) -> Command:
    insert = insert_for(table, is_sqlite=is_sqlite).values({name: sa.bindparam(name) for name in names})
    return Command(insert.on_conflict_do_nothing().inline())
