"""The three logs a reader can follow, and how far it is safe to read each.

Rows commit out of order on PostgreSQL: a transaction may take position 7, another take 8 and commit first. A reader
that has seen 8 and asks for "greater than 8" would never see 7. So an appender takes a shared advisory lock that names
the last position given out before its own, *before* it takes a position; whoever reads first notes the last position
given out, then looks at the locks that are held. Nothing above the lowest lock is safe, everything below is committed
or rolled back. Only appenders hold such locks, so other open transactions delay nobody; a killed appender's lock goes
with its session. On SQLite writers take turns, and every visible position is safe.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from hub.journal import tables
from hub.store import UnitOfWork
from hub.store.driver import run_directly

# Locks of the units that append to the log of a number.
_APPENDERS = (
    "l.locktype = 'advisory' AND l.objsubid = 1 AND (l.classid::bigint >> 16) = %s"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass(frozen=True)
class Log:
    """A table that only grows, in order of ``position``. ``number`` tells its advisory locks from the others'."""

    name: str
    number: int
    table: sa.Table

    @property
    def _last_given_out(self) -> str:
        return f"(SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {self.name}_position_seq)"  # noqa: S608

    def announce_append(self, uow: UnitOfWork, *, alone: bool | None = None) -> None:
        """Hold back readers from what this unit is about to append. Call before positions are taken.

        With ``alone`` given, units that append alone and the others wait for each other until they end; the others do
        not wait among themselves. So who is alone sees all that was appended, and all who come later see what it did.
        Without ``alone`` nobody waits: a unit that has yet to wait for something else announces so first, and again
        when it appends. A unit that took part must not be alone later: two of them would wait for each other.
        """
        announced: dict[bool | None, str] = {
            None: self.name,
            False: f"{self.name} beside",
            True: f"{self.name} alone",
        }
        if announced[alone] in uow.followed or (not alone and announced[True] in uow.followed):
            return
        if not uow.connection.in_nested_transaction():  # a savepoint that is rolled back gives its locks up
            uow.followed |= {announced[None], announced[alone]}
        if not uow.is_sqlite:
            mode = "" if alone else "_shared"
            turn = f"pg_advisory_xact_lock{mode}({self.number}::bigint << 32), " if alone is not None else ""
            run_directly(
                uow.connection,
                f"SELECT {turn}pg_advisory_xact_lock_shared(({self.number}::bigint << 48) | {self._last_given_out})",
            )

    def take_positions(self, uow: UnitOfWork, count: int) -> Sequence[int]:
        """Positions for rows whose position must be known before they are written (statements)."""
        self.announce_append(uow)
        if uow.is_sqlite:
            # Not the highest that is there: the newest rows may have been deleted, and no position comes twice.
            given_out = "SELECT seq FROM sqlite_sequence WHERE name = ?"
            last = uow.connection.exec_driver_sql(given_out, (self.name,)).scalar() or 0
            return range(last + 1, last + 1 + count)
        taken = uow.connection.exec_driver_sql(
            "SELECT nextval(%s::regclass) FROM generate_series(1, %s)", (f"{self.name}_position_seq", count)
        )
        return [int(row[0]) for row in taken]

    def safe_position(self, uow: UnitOfWork) -> int:
        """The highest position that can be read without ever missing a lower one.

        The unit must read what each query sees (READ COMMITTED): rows are read after this was asked.
        """
        if uow.is_sqlite:
            return uow.connection.scalar(sa.select(sa.func.max(self.table.c.position))) or 0
        last = uow.connection.exec_driver_sql(f"SELECT {self._last_given_out}").scalar_one()
        held = uow.connection.exec_driver_sql(
            f"SELECT min((classid::bigint & 65535) << 32 | objid::bigint) FROM pg_locks l WHERE {_APPENDERS}",  # noqa: S608
            (self.number,),
        ).scalar_one()
        return int(last) if held is None else min(int(last), int(held))

    def oldest_appender_age(self, uow: UnitOfWork) -> timedelta:
        """For how long the oldest unit that has announced an append, and not ended, has been open; zero if none is.

        Only durations of the database's clock are used, so clocks of several machines may differ. On SQLite a unit
        that is still open cannot be seen; it is alone, and short.
        """
        if uow.is_sqlite:
            return timedelta(0)
        seconds = uow.connection.exec_driver_sql(
            "SELECT max(extract(epoch FROM clock_timestamp() - a.xact_start)) FROM pg_locks l"  # noqa: S608
            f" JOIN pg_stat_activity a USING (pid) WHERE {_APPENDERS}",
            (self.number,),
        ).scalar_one()
        return timedelta(seconds=float(seconds or 0))


STATEMENTS = Log("statement", 71, tables.statement)
CHANGES = Log("change", 72, tables.change)
EVENTS = Log("event", 73, tables.event)
LOGS = (STATEMENTS, CHANGES, EVENTS)
