"""What a rule or an audience asks of an appointment. Every condition must hold on the SAME appointment. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from hub.network.validity.intervals import Interval, Intervals, intersect, union

Op = Literal["equals", "one_of", "at_least", "at_most", "exists"]
Status = Literal["draft", "shadow", "live"]
"""Of a rule: a draft does nothing yet; a shadow is counted as if it were live, and gives nobody a goal; a live one gives goals."""


@dataclass(frozen=True, order=True)
class AttributeTest:
    """What is asked of one attribute. ``one_of`` has several values, ``exists`` none, the others one.

    Numbers, and dates as texts, are compared by ``at_least`` and ``at_most``.
    """

    key: str
    op: Op
    values: tuple[Any, ...] = ()

    def holds_for(self, value: Any) -> bool:
        """Whether it holds for a value."""
        if self.op == "exists":
            return True
        alike = [each for each in self.values if _is_like(value, each)]
        if self.op in ("equals", "one_of"):
            return value in alike
        return bool(alike) and (value >= alike[0] if self.op == "at_least" else value <= alike[0])


def _is_like(value: Any, other: Any) -> bool:
    """Whether two values can be compared: True is not 1 here."""
    for kind in (bool, (int, float), str):
        if isinstance(value, kind):
            return isinstance(other, kind) and isinstance(other, bool) == isinstance(value, bool)
    return False


@dataclass(frozen=True)
class Conditions:
    """Ids of the network; an empty field asks nothing. ``brands`` asks for one of them, in force on the appointment.

    ``activity`` narrows brands to locations that carry them for sell, service, parts, make or use. ``nodes`` names field nodes,
    each with all below it; ``partners`` the location's partner. ``attributes`` are those of the appointment, its person, its
    location and its partner, all at one time. Tenure counts whole days since the appointment began.
    """

    positions: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    activity: str | None = None
    audience_class: str | None = None
    nodes: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    attributes: tuple[AttributeTest, ...] = ()
    tenure_at_least: int | None = None
    tenure_at_most: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As stored: only what asks something."""
        asked = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(self).items() if v or v == 0}
        if self.attributes:
            asked["attributes"] = [{**vars(test), "values": list(test.values)} for test in self.attributes]
        return asked

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Conditions":
        """From ``to_json``."""
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()}
        if "attributes" in values:
            values["attributes"] = tuple(
                AttributeTest(test["key"], test["op"], tuple(test["values"])) for test in values["attributes"]
            )
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
    attributes: Mapping[str, Sequence[tuple[Any, Interval]]] = field(default_factory=dict)
    time_zone: str = "UTC"
    since: datetime | None = None
    """When the appointment itself began, where its location opened later: tenure counts from there."""


@dataclass(frozen=True)
class Match:
    """When the conditions hold on an appointment, and through which of its brands."""

    during: Intervals
    brand_ids: tuple[str, ...]


def match(conditions: Conditions, facts: AppointmentFacts) -> Match | None:
    """When and why the conditions hold on this appointment; None when they never do."""
    if not asks_for(conditions, facts.position_id, facts.partner_id, facts.audience_class):
        return None
    during: Intervals = (facts.during,)
    brand_ids: tuple[str, ...] = ()
    if conditions.brands or conditions.activity:
        carried = [b for b in facts.brands if _brand_fits(conditions, b)]
        if not carried:
            return None
        during = intersect(during, union(b.during for b in carried))
        brand_ids = tuple(sorted({b.brand_id for b in carried if intersect((facts.during,), (b.during,))}))
    if conditions.nodes:
        below = [p.during for p in facts.places if not p.node_ids.isdisjoint(conditions.nodes)]
        if not below:
            return None
        during = intersect(during, union(below))
    for test in conditions.attributes:
        during = intersect(during, times_of(test, facts))
    if conditions.tenure_at_least is not None or conditions.tenure_at_most is not None:
        during = intersect(during, tenure(conditions, facts))
    return Match(during, brand_ids) if during else None


def asks_for(conditions: Conditions, position_id: str, partner_id: str, audience_class: str) -> bool:
    """Whether the conditions can hold on appointments of a position, a partner and an audience class."""
    return (
        (not conditions.positions or position_id in conditions.positions)
        and (not conditions.partners or partner_id in conditions.partners)
        and (not conditions.audience_class or audience_class == conditions.audience_class)
    )


def times_of(test: AttributeTest, facts: AppointmentFacts) -> Intervals:
    """When a value of the attribute passes the test."""
    return union(time for value, time in facts.attributes.get(test.key, ()) if test.holds_for(value))


def tenure(conditions: Conditions, facts: AppointmentFacts) -> Intervals:
    """When so many whole days have passed since the beginning, and not more: known from the start, so nothing is polled."""
    during, start = facts.during, facts.since or facts.during[0]
    since = start + timedelta(days=conditions.tenure_at_least or 0)
    if conditions.tenure_at_most is None:
        return intersect((during,), ((since, None),))
    return intersect((during,), ((since, max(since, start + timedelta(days=conditions.tenure_at_most + 1))),))


def _brand_fits(conditions: Conditions, brand: CarriedBrand) -> bool:
    return (not conditions.brands or brand.brand_id in conditions.brands) and (
        conditions.activity is None or brand.activity == conditions.activity
    )
