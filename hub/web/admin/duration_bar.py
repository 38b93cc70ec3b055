"""A small picture of how long calls of a hook took, beside the same numbers in words."""

import math
from dataclasses import dataclass

from hub.journal.timings import Lately

WIDTH, HEIGHT = 120, 12
_SHORTEST, _LONGEST = 1e-5, 10.0


@dataclass(frozen=True)
class DurationBar:
    """On a scale of powers of ten from 10 µs to 10 s: a bar from the median to the 95th percentile, and a mark at the slowest."""

    median: float
    p95: float
    slowest: float
    seconds: tuple[float, ...] = (1e-3, 1.0)
    """Where there are lines, so that bars can be compared."""

    @property
    def length(self) -> float:
        """Of the bar; at least so much that it is seen."""
        return max(3.0, round(self.p95 - self.median, 1))

    @property
    def lines(self) -> list[float]:
        """Where the lines are."""
        return [_place(seconds) for seconds in self.seconds]


def draw_durations(lately: Lately) -> DurationBar | None:
    """The picture of one hook; None when it was not called."""
    if lately.median is None or lately.p95 is None or lately.slowest is None:
        return None
    return DurationBar(_place(lately.median), _place(lately.p95), _place(lately.slowest))


def _place(seconds: float) -> float:
    within = min(max(seconds, _SHORTEST), _LONGEST)
    return round(WIDTH * math.log10(within / _SHORTEST) / math.log10(_LONGEST / _SHORTEST), 1)
