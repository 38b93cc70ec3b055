"""Adding what this web process measured of plugins to what all processes know."""

from hub.journal.timings import save_timings
from hub.runtime import Hub


def save_web_timings(hub: Hub) -> None:
    """Save what was measured here since the last time; asked for before timings are shown."""
    timings = hub.hooks.drain_timings()
    if timings:
        with hub.unit_of_work() as uow:
            save_timings(uow, timings)
