"""What conditions ask of an appointment and what is so there, one leaf for each: the same verdict as ``conditions.match``. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime

from hub.audiences.rules.conditions import AppointmentFacts, AttributeTest, Conditions, tenure, times_of
from hub.audiences.why.tree import Leaf, leaf
from hub.network.validity.intervals import Intervals, intersect, union


@dataclass(frozen=True)
class Names:
    """Names of positions, brands, nodes, partners and locations by id, and titles of attributes by key.

    ``everything`` says whether regions and partners may be told to which the appointment does not belong.
    """

    by_id: Mapping[str, str]
    attributes: Mapping[str, str]
    everything: bool = False

    def of(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Names in order; what has none is left out."""
        return tuple(sorted({self.by_id[id] for id in ids if id in self.by_id}))


def explain(conditions: Conditions, facts: AppointmentFacts, names: Names, at: datetime) -> Iterator[Leaf]:
    """One leaf for each thing that is asked; all of them hold where the conditions do."""
    whole: Intervals = (facts.during,)

    def if_in(wanted: Collection[str], id: str) -> Intervals:
        return whole if id in wanted else ()

    def place(what: str, wanted: Collection[str], mine: Set[str], times: Intervals) -> Leaf:
        told = wanted if names.everything else mine & set(wanted)
        return leaf(what, times, at, found=names.of(mine), wanted=names.of(told))  # type: ignore[arg-type]

    if c := conditions.positions:
        times = if_in(c, facts.position_id)
        yield leaf("position", times, at, found=names.of([facts.position_id]), wanted=names.of(c))
    if conditions.brands or conditions.activity:
        yield from _brand(conditions, facts, names, at)
    if conditions.audience_class:
        times = if_in((conditions.audience_class,), facts.audience_class)
        yield leaf("class", times, at, found=[facts.audience_class], wanted=[conditions.audience_class])
    if c := conditions.partners:
        yield place("partner", c, {facts.partner_id}, if_in(c, facts.partner_id))
    if c := conditions.nodes:
        wanted = set(c)
        mine = set().union(*(p.node_ids for p in facts.places)) & wanted if facts.places else set()
        times = intersect(whole, union(p.during for p in facts.places if wanted & p.node_ids))
        yield place("node", c, mine, times)
    for test in conditions.attributes:
        yield _attribute(test, facts, names, at)
    if conditions.tenure_at_least is not None or conditions.tenure_at_most is not None:
        bounds = (("≥", conditions.tenure_at_least), ("≤", conditions.tenure_at_most))
        asked = [f"{sign} {days}" for sign, days in bounds if days is not None]
        days_here = str(max((at - facts.during[0]).days, 0))
        yield leaf("tenure", tenure(conditions, facts), at, found=[days_here], wanted=asked)


def _brand(conditions: Conditions, facts: AppointmentFacts, names: Names, at: datetime) -> Iterator[Leaf]:
    """The brand, and whether the location carries it for what is asked, on one and the same row."""
    fitting: Callable[[str, str], bool] = lambda brand_id, activity: (  # noqa: E731
        (not conditions.brands or brand_id in conditions.brands)
        and (conditions.activity is None or activity == conditions.activity)
    )
    times = union(b.during for b in facts.brands if fitting(b.brand_id, b.activity))
    yield leaf(
        "brand",
        intersect((facts.during,), times),
        at,
        found={
            f"{name} ({b.activity})" if conditions.activity else name
            for b in facts.brands
            for name in names.of([b.brand_id])
        },
        wanted=[
            f"{name} ({conditions.activity})" if conditions.activity else name
            for name in names.of(conditions.brands) or ("*",)
        ],
    )


def _attribute(test: AttributeTest, facts: AppointmentFacts, names: Names, at: datetime) -> Leaf:
    values = facts.attributes.get(test.key, ())
    now = [_text(v) for v, (start, end) in values if start <= at and (end is None or at < end)]
    sign = {"at_least": "≥ ", "at_most": "≤ ", "exists": "?"}.get(test.op, "")
    return leaf(
        "attribute",
        intersect((facts.during,), times_of(test, facts)),
        at,
        found=now,
        wanted=[sign + _text(v) for v in test.values] or [sign],
        title=names.attributes.get(test.key, test.key),
    )


def _text(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
