"""Questions about rules as far as bitmaps answer them, and the people about whom they have to be asked one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from pyroaring import BitMap

from hub.audiences.counting.maps import Maps
from hub.audiences.rules.conditions import Conditions
from hub.network.validity.intervals import Interval
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Narrowed:
    """``sure``: for how many people the answer is yes; ``left``: ids of those for whom it may be."""

    sure: int
    left: Sequence[str]


class Narrow:
    """What the bitmaps of one unit of work answer, from now on."""

    def __init__(self, uow: UnitOfWork, maps: Maps) -> None:
        self._now, self._maps = uow.now, maps
        self._changed = BitMap(maps.numbers(maps.stale).values())

    def reached(self, conditions: Conditions, during: Interval) -> Narrowed:
        """Whom conditions reach within these times."""
        sure, perhaps, _ = self._maps.reached(conditions, during)
        people = self._maps.people(sure) - self._changed
        return self._narrowed(people, self._maps.people(perhaps) - people)

    def met(self, one: Conditions, other: Conditions) -> Narrowed:
        """For whom both hold on the same appointment, as long as there is time."""
        whole = self._whole(one) & self._whole(other) & self._maps.steady(self._now)
        sure = self._maps.people(whole) - self._changed
        return self._narrowed(sure, self._maps.people(self._perhaps(one) & self._perhaps(other)) - sure)

    def apart(self, parts: Sequence[Conditions]) -> Narrowed:
        """For whom all these hold on some appointments of theirs at a time when they do not on any single one.

        Not for whom all hold for good on one, and not for whom one of them never holds without all the others.
        """
        people, steady = self._maps.people, self._maps.steady(self._now)
        whole = [self._whole(part) for part in parts]
        perhaps = [self._perhaps(part) for part in parts]
        several = self._maps.with_several() - people(reduce(and_, whole) & steady)
        for place, each in enumerate(perhaps):
            others = reduce(and_, (w for at, w in enumerate(whole) if at != place))
            several &= people(each - others)
        sure = reduce(and_, (people(each & steady) for each in whole), several)
        sure = sure - people(reduce(and_, perhaps)) - self._changed
        return self._narrowed(sure, several - sure)

    def _narrowed(self, sure: BitMap, left: BitMap) -> Narrowed:
        ids = {*self._maps.ids(left - self._changed), *self._maps.stale}
        return Narrowed(len(sure), sorted(ids))

    def _perhaps(self, conditions: Conditions) -> BitMap:
        return self._maps.reached(conditions, None)[1]

    def _whole(self, conditions: Conditions) -> BitMap:
        """Appointments on which they hold from now on for as long as these are in force."""
        return self._maps.held(conditions, self._now).always & self._maps.grown(conditions, self._now)
