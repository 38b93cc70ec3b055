"""What a change of rules does, from bitmaps as far as they say it, and by the query about whoever is left.

Two parts that ask for the same of times, places and brands hold at the same times on an appointment, whenever that is; so do two that surely
hold on it for all its time. What is left of both sides differs. Whoever has such an appointment, and one about which bitmaps are not sure, is
left to the query, and so is whoever is asked before and after: times of one appointment may be those of another.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from itertools import islice
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap

from hub.audiences.counting.count_people import most_left
from hub.audiences.counting.maps import Maps, open_maps
from hub.audiences.plans.diff import Effects
from hub.audiences.plans.parts import AFTER, BEFORE, Counted, Part
from hub.audiences.rules.matches import SAMPLES
from hub.network.tables import appointment
from hub.store import UnitOfWork

GAINED, LOST, CHANGED = 1, 2, 3
_ALL = (1 << 64) - 1


@dataclass
class _Held:
    """Appointments on which something perhaps holds before and after; where it surely does, and for all their time."""

    before: BitMap = field(default_factory=BitMap)
    after: BitMap = field(default_factory=BitMap)
    sure: BitMap = field(default_factory=BitMap)
    whole: BitMap = field(default_factory=BitMap)


Times = tuple[Any, ...]
"""What decides when something holds on an appointment: first what is the same wherever it is."""
Said = Sequence[tuple[Part, tuple[BitMap, BitMap, BitMap]]]


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
    most = most_left(maps)
    others: set[str] = set(uow.connection.scalars(aside.limit(most + 1)))
    if len(others) > most:
        return None
    settled = _Settled(maps, places, parts)
    left = settled.left | BitMap(maps.numbers(maps.stale).values())
    without = BitMap(maps.numbers(others).values())
    if len(left - without) > most:
        return None
    ids = {*maps.ids(left - without), *maps.stale} - others
    if len(ids) > most:
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
        said = {part: maps.reached(part.conditions, part.during) for part in parts}
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

    def _compare_labels(self, place: int, said: Said) -> None:
        """Of each appointment the times before and after, as far as they are said in the same words."""
        people = self._maps.people
        for label in {part.label for part, _ in said}:
            held = _by_times((p, s) for p, s in said if p.label == label)
            before, after = _differing(held)
            sure = BitMap.union(BitMap(), *(each.sure for each in held.values()))
            self._touched[place] |= people((before ^ after) & sure)
            self.left |= people((before & after) | ((before | after) - sure))

    def _compare_goal(self, goal: int, said: Said) -> None:
        """Whether somebody is asked for it before and after; in other terms, or at other times."""
        people, every = self._maps.people, BitMap()
        was, becomes = (
            people(BitMap.union(BitMap(), *(sure for part, (sure, _, _) in said if part.sides & side)))
            for side in (BEFORE, AFTER)
        )
        for terms in {part.terms for part, _ in said}:
            ours = [(part, sets) for part, sets in said if part.terms == terms]
            differing = BitMap.union(*_differing(_by_times(ours)))
            every |= differing
            if _sides_of(part for part, _ in ours) == BEFORE | AFTER:
                self.left |= people(differing) & was & becomes
        unsure = BitMap.union(BitMap(), *(perhaps - sure for _, (sure, perhaps, _) in said))
        self.left |= people(unsure) & people(every)
        changed = people(every) & was & becomes
        self._goals[goal] = {GAINED: becomes - was, LOST: was - becomes, CHANGED: changed}
        self._outside |= people(every & self._maps.of_class("external"))


def _by_times(said: Iterable[tuple[Part, tuple[BitMap, BitMap, BitMap]]]) -> dict[Times, _Held]:
    by_times: dict[Times, _Held] = {}
    for part, (sure, perhaps, whole) in said:
        c = part.conditions
        wherever = (part.during, c.tenure_at_least or 0, c.tenure_at_most)
        held = by_times.setdefault(
            (wherever, c.brands, c.activity, c.nodes, c.partners, c.attributes), _Held()
        )
        held.sure, held.whole = held.sure | sure, held.whole | whole
        if part.sides & BEFORE:
            held.before = held.before | perhaps
        if part.sides & AFTER:
            held.after = held.after | perhaps
    return by_times


def _differing(by_times: Mapping[Times, _Held]) -> tuple[BitMap, BitMap]:
    """Appointments with times before that are not surely those after, and the other way about."""
    before, after = BitMap(), BitMap()
    whole: dict[Any, tuple[BitMap, BitMap]] = {}
    for (wherever, *_), held in by_times.items():
        gone, new = held.before - held.after, held.after - held.before
        before, after = before | (gone - held.whole), after | (new - held.whole)
        both = whole.get(wherever, (BitMap(), BitMap()))
        whole[wherever] = both[0] | (gone & held.whole), both[1] | (new & held.whole)
    for gone, new in whole.values():
        before, after = before | (gone - new), after | (new - gone)
    return before, after


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
