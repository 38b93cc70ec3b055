"""One unit of work: one transaction, one instant, everything a service needs to do its part."""

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from hub.clock import Clock
from hub.config import Settings
from hub.store.driver import insertion, row_with
from hub.store.many import among, can_be_copied, copy_rows, insert_many, insert_new, listed

if TYPE_CHECKING:
    from hub.hooks import Hooks


_here = threading.local()
"""How many units this thread is inside of."""


@dataclass
class UnitOfWork:
    """What a service gets. Services never commit; whoever opened the unit does, by leaving it without an error."""

    connection: sa.Connection
    now: datetime
    settings: Settings
    hooks: "Hooks"
    is_sqlite: bool
    followed: set[str] = field(default_factory=set)
    """Names of the logs this unit appended to."""
    recorded: Counter[str] = field(default_factory=Counter)
    """How many changes of each kind this unit has recorded."""

    def find(self, table: sa.Table, **key: Any) -> Any:
        """The row with these values in columns that together are unique, its columns by their names; None if there is none."""
        return row_with(table, tuple(key)).ask(self.connection, **key)

    def insert(self, table: sa.Table, **values: Any) -> None:
        """Insert a row. What has no value is left to the database."""
        insertion(table, tuple(values)).run(self.connection, **values)

    def execute_many(self, statement: sa.Executable, rows: list[dict[str, object]]) -> None:
        """Run a statement for many rows at once; nothing happens for none."""
        if can_be_copied(statement, rows):
            write = insert_many if self.is_sqlite else copy_rows
            write(self.connection, cast(sa.Table, cast(sa.Insert, statement).table), rows)
        elif rows:
            self.connection.execute(statement, rows)

    def insert_new(self, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        """Insert rows, all with the same columns; those that break a unique constraint are left out in silence."""
        if rows:
            insert_new(self.connection, table, rows)

    def among(self, column: sa.ColumnElement[Any], values: Collection[Any]) -> sa.ColumnElement[bool]:
        """Whether a column has one of many values, as this database is asked it quickest."""
        return among(column, values, is_sqlite=self.is_sqlite)

    def listed(
        self, columns: Mapping[str, sa.types.TypeEngine[Any]], rows: Collection[Sequence[Any]]
    ) -> sa.FromClause:
        """Rows of this process as a table to join with. On SQLite only for values that JSON has."""
        return listed(columns, rows, is_sqlite=self.is_sqlite)


@contextmanager
def unit_of_work(
    engine: sa.Engine, clock: Clock, settings: Settings, hooks: "Hooks", *, writes: bool
) -> Iterator[UnitOfWork]:
    """A transaction that commits when the block ends well and rolls back when it raises."""
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        connection = connection.execution_options(hub_writes=writes)
        with connection.begin():
            _here.units = getattr(_here, "units", 0) + 1
            try:
                yield UnitOfWork(connection, clock.now(), settings, hooks, is_sqlite)
            finally:
                _here.units -= 1


def is_inside_unit() -> bool:
    """Whether this thread is in the middle of a unit of work, where nothing may begin another."""
    return getattr(_here, "units", 0) > 0


@contextmanager
def glance(engine: sa.Engine, clock: Clock, settings: Settings, hooks: "Hooks") -> Iterator[UnitOfWork]:
    """For one query: without a transaction around it, so that it takes one round trip. It must not write."""
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        connection = connection.execution_options(hub_writes=None)
        yield UnitOfWork(connection, clock.now(), settings, hooks, is_sqlite)


@contextmanager
def at_once(engine: sa.Engine, clock: Clock, settings: Settings, hooks: "Hooks") -> Iterator[UnitOfWork]:
    """For one statement that writes: it commits by itself, in one round trip. Errors behind it take nothing back."""
    with glance(engine, clock, settings, hooks) as uow:
        if uow.is_sqlite:  # whoever had the connection before may only have been reading
            driver: Any = uow.connection.connection.driver_connection
            driver.execute("PRAGMA query_only = 0")
        yield uow


def commit_without_waiting(uow: UnitOfWork) -> None:
    """Let this unit's commit not wait for the disk; for one of many that a later unit ends, which waits for all of them.

    If PostgreSQL dies before, the last of them are as if they had never been: in their order, and each as a whole.
    """
    if not uow.is_sqlite:
        uow.connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
