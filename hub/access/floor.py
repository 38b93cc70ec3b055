"""Sizes of sets of people, told to whoever may not see each of these people: nobody is counted but in company. Pure (D12, I36).

What may be asked is fixed: sets that somebody set up, at fixed instants, and the same numbers for everybody. People stand in *cohorts*:
those of one cohort were counted in the same sets whenever numbers were told. A cohort is divided only where both parts have as many
people as the floor says; until then whoever would go alone is counted where he was. So each number that was ever told is a sum
of whole cohorts as they are now, and whatever is worked out of any of them, by differences, complements or sums, of one day or of
years, is about whole cohorts: about at least ``floor`` people, or nobody.
"""

from collections.abc import Iterator, Mapping, Sequence
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
class Part:
    """What becomes of a cohort, or of a part of it: of the people who really are in one of ``truths``, sets as bits."""

    cohort: Cohort
    sets: int
    floor: int
    truths: Mapping[int, int]

    @property
    def people(self) -> int:
        """How many they are."""
        return sum(self.truths.values())


def divide(cohort: Cohort, truths: Mapping[int, int], floors: Sequence[int]) -> list[Part]:
    """The parts of a cohort that may be told apart, by how many of its people really are in which sets.

    ``floors`` are those of the sets, by bit; what two sets are at odds about, the one with the lower bit decides. The first part
    is what is left of the cohort itself; it may be nobody.
    """
    parts = [Part(cohort, cohort.sets, cohort.floor, truths)]
    for number, floor in enumerate(floors):
        parts = [new for part in parts for new in _cut(part, 1 << number, floor)]
    return parts


def _cut(part: Part, bit: int, floor: int) -> Iterator[Part]:
    """By one set: whoever joins or leaves it goes, if there are enough of them and enough who stay."""
    goes = {truth: people for truth, people in part.truths.items() if (truth ^ part.sets) & bit}
    stays = {truth: people for truth, people in part.truths.items() if truth not in goes}
    floor = part.floor if part.sets & bit else max(part.floor, floor)
    left, is_uncounted = sum(stays.values()), part.cohort.id is UNCOUNTED and not part.sets
    if not goes or sum(goes.values()) < floor or (0 < left < part.floor and not is_uncounted):
        yield part
        return
    if left or is_uncounted:
        yield Part(part.cohort, part.sets, part.floor, stays)
    yield Part(part.cohort, part.sets ^ bit, floor, goes)
