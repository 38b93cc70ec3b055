"""Sizes of sets of people, told to whoever may not see each of these people: nobody is counted but in company. Pure (D12, I36).

What may be asked is fixed: sets that somebody set up, at fixed instants, and the same numbers for everybody. People stand in *cohorts*:
those of one cohort were counted in the same sets whenever numbers were told. A cohort is divided only where both parts have as many
people as the floor says; until then whoever would go alone is counted where he was. So each number that was ever told is a sum
of whole cohorts as they are now, and whatever is worked out of any of them, by differences, complements or sums, of one day or of
years, is about whole cohorts: about at least ``floor`` people, or nobody. So it is for a partner, too, who takes off people it sees when cohorts are divided:
those of a cohort whom it does not see then are as many, or none.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

FLOOR, LEAST = 10, 5
"""The smallest group that is told where nobody says otherwise, and the smallest that somebody may say."""
UNCOUNTED = None
"""Instead of an id: everybody who was never counted in a set. Of them no number was told."""


@dataclass(frozen=True)
class Cohort:
    """People who are counted alike. ``sets`` has a bit for each set in which they are, ``floor`` is the largest of all these ever had."""

    id: str | None
    sets: int
    floor: int


@dataclass(frozen=True)
class Group:
    """So many people, and how many of them somebody sees, by who and in which way. Who sees all but ``floor`` or more may be left out."""

    people: int
    seen: Mapping[str, int]


@dataclass(frozen=True)
class Part:
    """What becomes of a cohort, or of a part of it: of the people who really are in one of ``truths``, sets as bits."""

    cohort: Cohort
    sets: int
    floor: int
    truths: Mapping[int, Group]

    @property
    def people(self) -> int:
        """How many they are."""
        return sum(group.people for group in self.truths.values())


def is_company(groups: Collection[Group], floor: int) -> bool:
    """Whether these together are enough, and to each who sees some of them the others are enough, or nobody."""
    people = sum(group.people for group in groups)
    seen: Counter[str] = Counter()
    for group in groups:
        seen.update(group.seen)
    return people >= floor and not any(0 < people - some < floor for some in seen.values())


def divide(cohort: Cohort, truths: Mapping[int, Group], floors: Sequence[int]) -> list[Part]:
    """The parts of a cohort that may be told apart, by how many of its people really are in which sets.

    ``floors`` are those of the sets, by bit; what two sets are at odds about, the one with the lower bit decides. The first part
    is what is left of the cohort itself; it may be nobody.
    """
    told = [floor for number, floor in enumerate(floors) if cohort.sets >> number & 1]
    parts = [Part(cohort, cohort.sets, max(cohort.floor, *told, LEAST), truths)]
    for number, floor in enumerate(floors):
        parts = [new for part in parts for new in _cut(part, 1 << number, floor)]
    return parts


def _cut(part: Part, bit: int, floor: int) -> Iterator[Part]:
    """By one set: whoever joins or leaves it goes, if there are enough of them and enough who stay."""
    goes = {truth: group for truth, group in part.truths.items() if (truth ^ part.sets) & bit}
    stays = {truth: group for truth, group in part.truths.items() if truth not in goes}
    floor = max(part.floor, floor)
    is_uncounted = part.cohort.id is UNCOUNTED and not part.sets
    may_stay = not stays or is_uncounted or is_company(stays.values(), part.floor)
    if not goes or not may_stay or not is_company(goes.values(), floor):
        yield part
        return
    if stays or is_uncounted:
        yield Part(part.cohort, part.sets, part.floor, stays)
    yield Part(part.cohort, part.sets ^ bit, floor, goes)
