"""What a change of rules does, from bitmaps as far as they say it, and by the query about whoever is left.

For whoever is not left every appointment is either surely in a part for all its time, or surely not in it. Two parts with the same times
of their own then hold at the same times on the same appointment, and nothing has to be compared but bitmaps.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from heapq import merge
from itertools import islice
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap

from hub.audiences.counting.count_people import LEFT
from hub.audiences.counting.maps import Maps, open_maps
from hub.audiences.plans.diff import Effects
from hub.audiences.plans.parts import AFTER, BEFORE, Counted, Part
from hub.audiences.rules.matches import SAMPLES
from hub.network.tables import appointment
from hub.store import UnitOfWork

GAINED, LOST, CHANGED = 1, 2, 3
_ALL = (1 << 64) - 1
Sides = dict[int, BitMap]
"""Appointments before and after."""


def count_in_bitmaps(
    uow: UnitOfWork,
    places: int,
    parts: Sequence[Part],
    aside: sa.Select[tuple[str]],
    ask: Callable[[sa.ColumnElement[bool]], Counted],
) -> Counted | None:
    """What the parts do to everybody but those ``aside``; ``places`` is how many changes there are. None where bitmaps cannot tell.

    ``ask`` counts by a query, for some appointments alone.
    """
    maps = open_maps(uow) if parts else None
    if maps is None:
        return None
    others: set[str] = set(uow.connection.scalars(aside.limit(LEFT + 1)))
    if len(others) > LEFT:
        return None
    settled = _Settled(maps, places, parts)
    left = settled.left | BitMap(maps.numbers(maps.stale).values())
    without = BitMap(maps.numbers(others).values())
    if len(left - without) > LEFT:
        return None
    ids = {*maps.ids(left - without), *maps.stale} - others
    if len(ids) > LEFT:
        return None
    counted = settled.counted(left | without)
    if ids:
        counted = _both(counted, ask(uow.among(appointment.c.person_id, sorted(ids))))
    return counted if maps.are_still_there() else None


class _Settled:
    """Numbers of people for whom something changes, by place and by goal, and of those for whom bitmaps cannot tell (``left``)."""

    def __init__(self, maps: Maps, places: int, parts: Sequence[Part]) -> None:
        self._maps, self.left = maps, BitMap()
        self._touched = [BitMap() for _ in range(places)]
        self._goals: dict[int, dict[int, BitMap]] = {}
        self._outside = BitMap()
        said: dict[Part, BitMap] = {}
        for part in parts:
            _, perhaps, whole = maps.reached(part.conditions, part.during)
            self.left |= maps.people(perhaps - whole)
            said[part] = whole
        for place in range(places):
            self._compare_labels(place, [(p, s) for p, s in said.items() if p.place == place])
        for goal in sorted({part.goal for part in parts} - {-1}):
            self._compare_goal(goal, [(p, s) for p, s in said.items() if p.goal == goal])

    def counted(self, without: BitMap) -> Counted:
        """What becomes of everybody but some."""
        touched = [people - without for people in self._touched]
        goals = {goal: {what: p - without for what, p in by.items()} for goal, by in self._goals.items()}
        by_what = {what: [by[what] for by in goals.values()] for what in (GAINED, LOST, CHANGED)}
        digest = 0
        for goal, by in goals.items():
            for what, people in by.items():
                digest ^= turned(self._maps.digest(people), goal, what)
        numbers = {what: sum(map(len, each)) for what, each in by_what.items()}
        whoever = BitMap.union(BitMap(), *(people for each in by_what.values() for people in each))
        effects = Effects(
            numbers[GAINED],
            numbers[LOST],
            numbers[CHANGED],
            0,
            len(BitMap.union(BitMap(), *by_what[GAINED])),
            len(BitMap.union(BitMap(), *by_what[LOST])),
            len(self._outside - without),
            tuple(self._maps.ids(islice(whoever, SAMPLES))),
            str(digest) if goals else "",
        )
        return Counted([len(each) for each in touched], len(BitMap.union(BitMap(), *touched)), effects)

    def _compare_labels(self, place: int, said: Sequence[tuple[Part, BitMap]]) -> None:
        """Of each appointment the times before and after, as far as they are said in the same words."""
        by_label: dict[int, dict[Any, Sides]] = defaultdict(dict)
        for part, appointments in said:
            _add(by_label[part.label], part, appointments)
        for by_times in by_label.values():
            for sides in by_times.values():
                self._touched[place] |= self._maps.people(sides[BEFORE] ^ sides[AFTER])
            self.left |= self._maps.people(_shared(by_times.values()))

    def _compare_goal(self, goal: int, said: Sequence[tuple[Part, BitMap]]) -> None:
        """Whether somebody is asked for it before and after; in other terms, or on appointments that may have other times."""
        by_terms: dict[int, dict[Any, Sides]] = defaultdict(dict)
        for part, appointments in said:
            _add(by_terms[part.terms], part, appointments)
        people, external = self._maps.people, self._maps.of_class("external")
        every = [sides for by_times in by_terms.values() for sides in by_times.values()]
        was = people(BitMap.union(BitMap(), *(sides[BEFORE] for sides in every)))
        becomes = people(BitMap.union(BitMap(), *(sides[AFTER] for sides in every)))
        differing = BitMap()
        for terms, by_times in by_terms.items():
            differs = BitMap.union(BitMap(), *(sides[BEFORE] ^ sides[AFTER] for sides in by_times.values()))
            differing |= differs
            if _sides_of(part for part, _ in said if part.terms == terms) == BEFORE | AFTER:
                self.left |= people(differs) & was & becomes  # another appointment may have the same times
        changed = people(differing) & was & becomes
        self._goals[goal] = {GAINED: becomes - was, LOST: was - becomes, CHANGED: changed}
        self._outside |= people(differing & external)


def _add(by_times: dict[Any, Sides], part: Part, appointments: BitMap) -> None:
    c = part.conditions
    times = (part.during, c.tenure_at_least or 0, c.tenure_at_most)
    sides = by_times.setdefault(times, {BEFORE: BitMap(), AFTER: BitMap()})
    for side in (BEFORE, AFTER):
        if part.sides & side:
            sides[side] = sides[side] | appointments


def _shared(by_times: Iterable[Sides]) -> BitMap:
    """Appointments at several times: one of them may be as long as another."""
    shared, seen = BitMap(), BitMap()
    for sides in by_times:
        here = sides[BEFORE] | sides[AFTER]
        shared |= seen & here
        seen |= here
    return shared


def _sides_of(parts: Iterable[Part]) -> int:
    sides = 0
    for part in parts:
        sides |= part.sides
    return sides


def turned(digest: int, goal: int, what: int) -> int:
    """A digest of people that also stands for what becomes of which goal: its 64 bits turned to the left."""
    by, bits = (goal * 4 + what) % 63, digest & _ALL
    bits = ((bits << by) | (bits >> (64 - by) if by else 0)) & _ALL
    return bits - (1 << 64) if bits >> 63 else bits


def _both(one: Counted, other: Counted) -> Counted:
    """Of people that are in one of them alone."""
    a, b = one.effects, other.effects
    numbers = ("gained", "lost", "changed", "waived", "gaining", "losing", "external")
    digest = str(int(a.digest or 0) ^ int(b.digest or 0)) if a.digest or b.digest else ""
    effects = replace(
        a,
        **{name: getattr(a, name) + getattr(b, name) for name in numbers},
        samples=tuple(islice(merge(a.samples, b.samples), SAMPLES)),
        digest=digest,
    )
    affected = [mine + theirs for mine, theirs in zip(one.affected, other.affected, strict=True)]
    return Counted(affected, one.people + other.people, effects)
