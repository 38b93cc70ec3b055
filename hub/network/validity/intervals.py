"""Sets of half-open time intervals ``[start, end)``; an end of None is open. Pure."""

from collections.abc import Iterable
from datetime import datetime

Interval = tuple[datetime, datetime | None]
Intervals = tuple[Interval, ...]


def union(intervals: Iterable[Interval]) -> Intervals:
    """The same instants as the fewest intervals, in order; what touches is joined."""
    joined: list[Interval] = []
    for start, end in sorted(intervals, key=lambda i: i[0]):
        if end is not None and end <= start:
            continue
        if joined and (joined[-1][1] is None or start <= joined[-1][1]):
            previous_start, previous_end = joined[-1]
            joined[-1] = (
                previous_start,
                None if previous_end is None or end is None else max(previous_end, end),
            )
        else:
            joined.append((start, end))
    return tuple(joined)


def intersect(left: Intervals, right: Intervals) -> Intervals:
    """The instants that are in both."""
    if len(left) == len(right) == 1:  # by far the most
        shared = overlap(left[0], right[0])
        return (shared,) if shared else ()
    both: list[Interval] = []
    for a_start, a_end in left:
        for b_start, b_end in right:
            start = max(a_start, b_start)
            end = b_end if a_end is None else a_end if b_end is None else min(a_end, b_end)
            if end is None or start < end:
                both.append((start, end))
    return union(both) if len(both) > 1 else tuple(both)


def subtract(left: Intervals, right: Intervals) -> Intervals:
    """The instants of ``left`` that are not in ``right``."""
    rest: list[Interval] = list(left)
    for cut_start, cut_end in union(right):
        pieces: list[Interval] = []
        for start, end in rest:
            before = cut_start if end is None else min(end, cut_start)
            pieces.append((start, before))
            if cut_end is not None:
                pieces.append((max(start, cut_end), end))
        rest = [piece for piece in pieces if not is_empty(piece)]
    return union(rest)


def overlap(left: Interval, right: Interval) -> Interval | None:
    """The instants that are in both of two intervals; None if there are none."""
    (start, end), (other_start, other_end) = left, right
    if other_start > start:
        start = other_start
    if end is None or (other_end is not None and other_end < end):
        end = other_end
    return (start, end) if end is None or start < end else None


def is_empty(interval: Interval) -> bool:
    """Whether no instant is in it."""
    return interval[1] is not None and interval[1] <= interval[0]


def holds(interval: Interval, at: datetime) -> bool:
    """Whether an instant is in it."""
    return interval[0] <= at and (interval[1] is None or at < interval[1])
