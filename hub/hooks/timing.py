"""What is measured of one plugin's hook, at a price that every call can pay."""

import threading
from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass, field

BUCKET_SECONDS: tuple[float, ...] = tuple(float(f"{10 ** (n / 5):.3g}") / 1e6 for n in range(41))
"""Upper bounds of the buckets that durations are counted in, in seconds: five for each power of ten, from 1 µs to 100 s.

What took longer than the last of them is counted in one more bucket. What is stored has these bounds: do not change them.
"""
FOLD_AT = 128
"""So many durations are kept as they are before they are added up; and of so many calls, one looks at how the process grew."""


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


class Measured:
    """Durations of the calls of one implementation. Threads add to it without waiting for each other."""

    __slots__ = ("_folded", "_lock", "_sampled", "_timing", "durations", "grown_ever", "samples")

    def __init__(self) -> None:
        self.durations: deque[float] = deque()  # appending to it is one step for all threads
        self.samples = True
        """Whether the next call shall look at how the process grows in it."""
        self._lock = threading.Lock()
        self._timing = Timing()
        self.grown_ever = 0
        self._folded = 0
        self._sampled = 0

    def fold(self) -> None:
        """Add up the durations there are."""
        with self._lock:
            self._fold()

    def note_error(self, error: str) -> None:
        """Count an error, and keep its words."""
        with self._lock:
            self._timing.errors += 1
            self._timing.last_error = error

    def note_growth(self, grown_bytes: int) -> None:
        """Add what the process grew by in one call, which stands for those since the last that was looked at."""
        with self._lock:
            self.samples = False
            calls = self._folded + len(self.durations)
            estimate = grown_bytes * max(1, calls - self._sampled)
            self._timing.grown_bytes += estimate
            self.grown_ever += estimate
            self._sampled = calls

    def drain(self) -> Timing | None:
        """What came since the last time, if anything did."""
        with self._lock:
            self._fold()
            drained, self._timing = self._timing, Timing()
        return drained if drained.calls or drained.errors or drained.grown_bytes else None

    def _fold(self) -> None:
        timing, next_one = self._timing, self.durations.popleft
        taken = sorted([next_one() for _ in range(len(self.durations))])
        self.samples = True
        if not taken:
            return
        timing.calls += len(taken)
        timing.seconds += sum(taken)
        timing.slowest = max(timing.slowest, taken[-1])
        self._folded += len(taken)
        place = bisect_left(BUCKET_SECONDS, taken[0])
        counted = 0
        while counted < len(taken):
            upto = bisect_right(taken, BUCKET_SECONDS[place]) if place < len(BUCKET_SECONDS) else len(taken)
            timing.buckets[place] += upto - counted
            counted, place = upto, place + 1
