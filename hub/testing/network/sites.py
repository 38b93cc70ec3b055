"""A location as its staff sees it: which positions there are to fill and which brands one can be appointed for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import NamedTuple

from hub.testing.network.geography import COUNTRY, City, Country
from hub.testing.network.locations import ACTIVITIES, BrandSpan, Location
from hub.testing.network.positions import (
    ANY,
    OFFICE_POSITIONS,
    PARTNER_POSITIONS,
    Position,
    common_positions,
    leading_positions,
)

# One leading position for each so many people.
_PEOPLE_PER_LEAD = 5
_TAKES_A_TEMPORARY_BRAND = 0.3


class Choice(NamedTuple):
    """What an appointment's brands can be in one activity.

    ``always``: lists of brands, joined by semicolons, that were there for all the location's life. ``at_times``:
    brands that were there for a part of it.
    """

    always: Sequence[str]
    at_times: Sequence[BrandSpan]


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A location to staff; ``internal`` where the manufacturer itself works."""

    location_id: str
    city: City
    country: Country
    opened: int
    closed: int | None
    internal: bool
    leads: Sequence[Position]
    commons: Sequence[Position]
    choices: dict[str, Choice]

    @classmethod
    def of(cls, location: Location) -> "Site":
        """The site of a location."""
        internal = location.partner.is_manufacturer
        choices = _choices(location)
        leads, commons = _positions(internal, frozenset(choices))
        return cls(
            location_id=location.location_id,
            city=location.city,
            country=COUNTRY[location.city.country],
            opened=location.opened,
            closed=location.closed,
            internal=internal,
            leads=leads,
            commons=commons,
            choices=choices,
        )

    def positions(self, random: Random, people: int) -> Iterator[Position]:
        """A position for each of so many people, the leading ones first."""
        leads = self.leads[: min(people, max(1, people // _PEOPLE_PER_LEAD))]
        yield from leads
        for _ in range(people - len(leads)):
            yield self.commons[int(random.random() * len(self.commons))]

    def brands(self, random: Random, position: Position, start: int, end: int | None) -> str:
        """Brands to be appointed for: every one of them is there, in the position's activity, from start to end.

        Who leads does so for all of them.
        """
        always, at_times = self.choices[position.activity]
        if position.leads:
            return always[0]
        if at_times and random.random() < _TAKES_A_TEMPORARY_BRAND:
            for span in at_times:
                if span.start <= start and (span.end is None or (end is not None and end <= span.end)):
                    return span.brand_id
        return always[int(random.random() * len(always))]


@cache
def _positions(internal: bool, activities: frozenset[str]) -> tuple[Sequence[Position], Sequence[Position]]:
    positions = OFFICE_POSITIONS if internal else PARTNER_POSITIONS
    return leading_positions(positions, activities), common_positions(positions, activities)


def _choices(location: Location) -> dict[str, Choice]:
    choices = {}
    for activity in ACTIVITIES:
        spans = [span for span in location.brands if span.activity == activity]
        if spans:
            always = [span.brand_id for span in spans if _lifelong(span, location)]
            choices[activity] = Choice(
                _selections(always), [span for span in spans if not _lifelong(span, location)]
            )
    lifelong = {span.brand_id: None for span in location.brands if _lifelong(span, location)}
    choices[ANY] = Choice(_selections(list(lifelong)), ())
    return choices


def _lifelong(span: BrandSpan, location: Location) -> bool:
    return span.start == location.opened and span.end == location.closed


def _selections(brands: Sequence[str]) -> list[str]:
    """All brands together, and each alone."""
    return [";".join(brands), *brands] if len(brands) > 1 else list(brands)
