"""What a rule or an audience asks of an appointment. Every condition must hold on the SAME appointment. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.audiences.intervals import Interval, Intervals, intersect, union


@dataclass(frozen=True)
class Conditions:
    """Ids of the network; an empty field asks nothing. ``brands`` asks for one of them, in force on the appointment.

    ``activity`` narrows brands to locations that carry them for sell, service, parts, make or use. ``nodes`` names field nodes,
    each with all below it; ``partners`` the location's partner.
    """

    positions: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    activity: str | None = None
    audience_class: str | None = None
    nodes: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As stored: only what asks something."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in vars(self).items() if v}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Conditions":
        """From ``to_json``."""
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()}
        return cls(**values)


@dataclass(frozen=True)
class CarriedBrand:
    """A brand of the appointment that its location carries for one activity, for a time."""

    brand_id: str
    activity: str
    during: Interval


@dataclass(frozen=True)
class Placed:
    """The location under a field node or one of the nodes above it, for a time."""

    node_ids: frozenset[str]
    during: Interval


@dataclass(frozen=True)
class AppointmentFacts:
    """All that conditions can ask about one appointment."""

    id: str
    person_id: str
    position_id: str
    location_id: str
    partner_id: str
    audience_class: str
    during: Interval
    brands: Sequence[CarriedBrand] = field(default_factory=tuple)
    places: Sequence[Placed] = field(default_factory=tuple)


@dataclass(frozen=True)
class Match:
    """When the conditions hold on an appointment, and through which of its brands."""

    during: Intervals
    brand_ids: tuple[str, ...]


def match(conditions: Conditions, facts: AppointmentFacts) -> Match | None:
    """When and why the conditions hold on this appointment; None when they never do."""
    if conditions.positions and facts.position_id not in conditions.positions:
        return None
    if conditions.partners and facts.partner_id not in conditions.partners:
        return None
    if conditions.audience_class and facts.audience_class != conditions.audience_class:
        return None
    during: Intervals = (facts.during,)
    brand_ids: tuple[str, ...] = ()
    if conditions.brands or conditions.activity:
        carried = [b for b in facts.brands if _brand_fits(conditions, b)]
        during = intersect(during, union(b.during for b in carried))
        brand_ids = tuple(sorted({b.brand_id for b in carried if intersect((facts.during,), (b.during,))}))
    if conditions.nodes:
        wanted = set(conditions.nodes)
        during = intersect(during, union(p.during for p in facts.places if wanted & p.node_ids))
    return Match(during, brand_ids) if during else None


def is_valid(interval: Interval, at: datetime) -> bool:
    """Whether an instant lies in an interval."""
    start, end = interval
    return start <= at and (end is None or at < end)


def _brand_fits(conditions: Conditions, brand: CarriedBrand) -> bool:
    return (not conditions.brands or brand.brand_id in conditions.brands) and (
        conditions.activity is None or brand.activity == conditions.activity
    )
