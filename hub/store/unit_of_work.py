"""One unit of work: one transaction, one instant, everything a service needs to do its part."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.clock import Clock
from hub.config import Settings

if TYPE_CHECKING:
    from hub.hooks import Hooks


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

    def execute_many(self, statement: sa.Executable, rows: list[dict[str, object]]) -> None:
        """Run a statement for many rows at once; nothing happens for none."""
        if rows:
            self.connection.execute(statement, rows)


@contextmanager
def unit_of_work(
    engine: sa.Engine, clock: Clock, settings: Settings, hooks: "Hooks", *, writes: bool
) -> Iterator[UnitOfWork]:
    """A transaction that commits when the block ends well and rolls back when it raises."""
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if is_sqlite:
            connection = connection.execution_options(hub_writes=writes)
        elif not writes:
            connection = connection.execution_options(
                postgresql_readonly=True, isolation_level="REPEATABLE READ"
            )
        with connection.begin():
            yield UnitOfWork(connection, clock.now(), settings, hooks, is_sqlite)
