"""Dated parts of a snapshot: letting something hold for a time, whatever was planned before. Pure.

A part is a mapping with ``valid_from`` and ``valid_to``, as snapshots have them; the rest of it says what holds then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.network.structure.trees import read_interval
from hub.network.validity.intervals import Interval, subtract

Part = Mapping[str, Any]
VALIDITY = ("valid_from", "valid_to")


def stated(start: datetime, end: datetime | None) -> dict[str, str | None]:
    """A validity as snapshots have it."""
    return {"valid_from": start.isoformat(), "valid_to": end.isoformat() if end else None}


def without(parts: Iterable[Part], during: Interval) -> list[dict[str, Any]]:
    """The parts outside a time: what reaches into it is clipped, and what reaches over it becomes two."""
    return [
        {**part, **stated(*rest)} for part in parts for rest in subtract((read_interval(part),), (during,))
    ]


def holding(parts: Iterable[Part], what: Mapping[str, Any], during: Interval) -> list[dict[str, Any]]:
    """The parts with another in their place for a time; where the same held right before or after, it is one with that."""
    return joined([*without(parts, during), {**what, **stated(*during)}])


def joined(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """In order of time, and parts that say the same and touch as one."""
    result: list[dict[str, Any]] = []
    for part in sorted(parts, key=lambda each: read_interval(each)[0]):
        start, end = read_interval(part)
        for place, other in enumerate(result):
            since, until = read_interval(other)
            if _what(other) == _what(part) and (until is None or start <= until):
                last = None if until is None or end is None else max(until, end)
                result[place] = {**other, **stated(since, last)}
                break
        else:
            result.append(dict(part))
    return result


def split(parts: Sequence[Part], what: Mapping[str, Any]) -> tuple[list[Part], list[Part]]:
    """The parts that are about ``what``, and the others."""
    same = [part for part in parts if all(part[name] == value for name, value in what.items())]
    return same, [part for part in parts if part not in same]


def find_same(
    parts: Iterable[Part], what: Mapping[str, Any], during: Interval, *, is_now: bool = False
) -> Part | None:
    """The part that says just this of just this time; with ``is_now`` also one that has held for a while until the same end."""
    for part in split(list(parts), what)[0]:
        start, end = read_interval(part)
        if end == during[1] and (start == during[0] or (is_now and start < during[0])):
            return part
    return None


def _what(part: Part) -> dict[str, Any]:
    """What a part says; True is not 1 here."""
    return {name: (type(value), value) for name, value in part.items() if name not in VALIDITY}
