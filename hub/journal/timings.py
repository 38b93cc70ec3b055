"""What every process measured of the plugins' hooks, added up for the admin pages."""

from collections.abc import Mapping

import sqlalchemy as sa

from hub.hooks import Timing
from hub.journal.tables import plugin_timing
from hub.store import UnitOfWork


def save_timings(uow: UnitOfWork, timings: Mapping[tuple[str, str], Timing]) -> None:
    """Add the timings a process has drained from its hooks."""
    for (plugin, hook), timing in sorted(timings.items()):
        mine = sa.and_(plugin_timing.c.plugin == plugin, plugin_timing.c.hook == hook)
        known = uow.connection.execute(sa.select(plugin_timing).where(mine).with_for_update()).one_or_none()
        values = {
            "calls": timing.calls + (known.calls if known else 0),
            "errors": timing.errors + (known.errors if known else 0),
            "seconds": timing.seconds + (known.seconds if known else 0.0),
            "slowest": max(timing.slowest, known.slowest if known else 0.0),
            "last_error": timing.last_error or (known.last_error if known else ""),
            "last_error_at": uow.now if timing.errors else known.last_error_at if known else None,
            "last_at": uow.now,
        }
        if known:
            uow.connection.execute(sa.update(plugin_timing).where(mine).values(**values))
        else:
            uow.connection.execute(sa.insert(plugin_timing).values(plugin=plugin, hook=hook, **values))
