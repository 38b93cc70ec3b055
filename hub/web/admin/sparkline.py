"""A small picture of arrivals, drawn here, so that it needs no script and stands beside the same numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.journal.arrivals import Arrivals, busiest

WIDTH, HEIGHT, GAP = 480, 48, 1


@dataclass(frozen=True)
class Bar:
    """One bar, in units of the picture."""

    x: float
    y: float
    width: float
    height: float
    arrivals: Arrivals


@dataclass(frozen=True)
class Sparkline:
    """Bars from left to right, the oldest first. ``total`` is of all, ``top`` of the highest."""

    bars: tuple[Bar, ...]
    total: int
    top: int
    per_day: bool


def draw(arrivals: Sequence[Arrivals], *, per_day: bool) -> Sparkline:
    """The bars of these counts. A bar is never so low that something looks like nothing."""
    top = busiest(arrivals)
    step = WIDTH / max(1, len(arrivals))
    bars = []
    for place, each in enumerate(arrivals):
        height = max(2.0, HEIGHT * each.count / top) if each.count else 0.0
        bars.append(
            Bar(
                round(place * step, 2),
                round(HEIGHT - height, 2),
                round(step - GAP, 2),
                round(height, 2),
                each,
            )
        )
    return Sparkline(tuple(bars), sum(each.count for each in arrivals), top, per_day)
