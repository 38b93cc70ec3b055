"""What is measured of one plugin's hook, at a price that every call can pay."""

import threading
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field

BUCKET_SECONDS: tuple[float, ...] = tuple(float(f"{10 ** (n / 5):.3g}") / 1e6 for n in range(41))
"""Upper bounds of the buckets that durations are counted in, in seconds: five for each power of ten, from 1 µs to 100 s.

What took longer than the last of them is counted in one more bucket. What is stored has these bounds: do not change them.
"""
FOLD_AT = 1024
"""So many durations are kept as they are before they are added up."""


def _no_counts() -> list[int]:
    return [0] * (len(BUCKET_SECONDS) + 1)


@dataclass
class Timing:
    """How often a plugin's hook was called, how long it took (seconds) and what went wrong last.

    ``buckets`` counts calls by how long they took, as BUCKET_SECONDS bounds them. ``grown_bytes`` is by how much the process
    grew in its calls, estimated from some of them.
    """

    calls: int = 0
    errors: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    last_error: str = ""
    buckets: list[int] = field(default_factory=_no_counts)
    grown_bytes: int = 0


def quantile(buckets: list[int], share: float) -> float | None:
    """How long calls took at most that are among the quickest ``share`` (0 to 1), as their bucket bounds it; None without calls."""
    left = share * sum(buckets)
    for place, count in enumerate(buckets):
        left -= count
        if count and left <= 0:
            return BUCKET_SECONDS[min(place, len(BUCKET_SECONDS) - 1)]
    return None


class Measured:
    """Durations of the calls of one implementation. Threads add to it without waiting for each other."""

    __slots__ = ("_lock", "_timing", "durations")

    def __init__(self) -> None:
        self.durations: deque[float] = deque()  # appending to it is one step for all threads
        self._lock = threading.Lock()
        self._timing = Timing()

    def fold(self) -> None:
        """Add up the durations there are."""
        with self._lock:
            self._fold()

    def note_error(self, error: str) -> None:
        """Count an error, and keep its words."""
        with self._lock:
            self._timing.errors += 1
            self._timing.last_error = error

    def note_growth(self, grown_bytes: int, calls: int) -> None:
        """Add what the process grew by in a call that stands for so many."""
        if grown_bytes:
            with self._lock:
                self._timing.grown_bytes += grown_bytes * calls

    def drain(self) -> Timing | None:
        """What came since the last time, if anything did."""
        with self._lock:
            self._fold()
            drained, self._timing = self._timing, Timing()
        return drained if drained.calls or drained.errors or drained.grown_bytes else None

    def _fold(self) -> None:
        timing, durations = self._timing, self.durations
        for _ in range(len(durations)):
            seconds = durations.popleft()
            timing.calls += 1
            timing.seconds += seconds
            timing.slowest = max(timing.slowest, seconds)
            timing.buckets[bisect_left(BUCKET_SECONDS, seconds)] += 1
