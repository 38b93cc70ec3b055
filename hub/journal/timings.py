"""What every process measured of the plugins' hooks, added up for the admin pages."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.hooks import Timing
from hub.journal.tables import plugin_timing
from hub.store import UnitOfWork


def save_timings(uow: UnitOfWork, timings: Mapping[tuple[str, str], Timing]) -> None:
    """Add the timings a process has drained from its hooks. Several processes may do so at once."""
    dialect = sqlite if uow.is_sqlite else postgresql
    insert = dialect.insert(plugin_timing)
    known, new = plugin_timing.c, insert.excluded
    failed = new.errors > 0
    add = insert.on_conflict_do_update(
        index_elements=["plugin", "hook"],
        set_={
            "calls": known.calls + new.calls,
            "errors": known.errors + new.errors,
            "seconds": known.seconds + new.seconds,
            "slowest": sa.case((new.slowest > known.slowest, new.slowest), else_=known.slowest),
            "last_error": sa.case((failed, new.last_error), else_=known.last_error),
            "last_error_at": sa.case((failed, new.last_error_at), else_=known.last_error_at),
            "last_at": new.last_at,
        },
    )
    uow.execute_many(
        add,
        [
            {
                "plugin": plugin,
                "hook": hook,
                "calls": timing.calls,
                "errors": timing.errors,
                "seconds": timing.seconds,
                "slowest": timing.slowest,
                "last_error": timing.last_error,
                "last_error_at": uow.now if timing.errors else None,
                "last_at": uow.now,
            }
            for (plugin, hook), timing in sorted(
                timings.items()
            )  # in one order, so that nobody waits in a circle
        ],
    )
