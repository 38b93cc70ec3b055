"""What waivers leave of a person's sources, and what they take away: a pure rule over intervals (I8, I13).

While a manager's waiver holds, nothing asks for its goal. A plugin's is about one appointment: it takes away what rules and
plugins ask through that one, not what people decided. None ever holds on a goal of kind compliance, nor on what is asked through
internal or external appointments while a binding source of the goal through such ones is valid: whoever decides is told so, and
where such a source comes later, the waiver yields to it. What binds the one class leaves the other as it is (I12).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.ids import derived_id
from hub.network.validity.intervals import Interval, Intervals, intersect, is_empty, subtract, union
from hub.training.goals.decisions import Decision
from hub.training.goals.goal import GoalKey, Source, join

NEVER_WAIVED = "compliance"
"""The kind of goals that nobody waives."""


@dataclass(frozen=True)
class Waiver:
    """Who waives a goal, and when: ``kind`` is decision or plugin, ``key`` the decision's id or the plugin's name.

    A plugin's is about one appointment and gives its ``reason``.
    """

    goal: GoalKey
    kind: str
    key: str
    during: Interval
    appointment_id: str | None = None
    reason: str = ""

    def is_about(self, source: Source) -> bool:
        """Whether it would take this source of its goal away."""
        if self.appointment_id is None:
            return True
        return source.appointment_id == self.appointment_id and source.kind in ("rule", "plugin")


@dataclass(frozen=True)
class WaivedSource:
    """A source for a time in which a waiver keeps it from asking."""

    source: Source
    waiver: Waiver

    @property
    def id(self) -> str:
        """The same whenever it is worked out again."""
        return derived_id("waived", self.source.id, self.waiver.kind, self.waiver.key)

    def row(self) -> dict[str, Any]:
        """The row of ``waived_source``."""
        waiver = {"waiver_kind": self.waiver.kind, "waiver_key": self.waiver.key}
        return {**self.source.row(), "id": self.id, **waiver, "waiver_reason": self.waiver.reason}


def waivers_of(decisions: Iterable[Decision]) -> Iterator[Waiver]:
    """The waivers among decisions."""
    for decision in decisions:
        if decision.verdict == "waive" and not is_empty(decision.during):
            yield Waiver(decision.goal, "decision", decision.id, decision.during)


def waive(
    sources: Iterable[Source], waivers: Iterable[Waiver], classes: Mapping[str, str] = {}
) -> tuple[list[Source], list[WaivedSource]]:
    """The sources that are left of one person's, and those that are waived, each for its time.

    ``classes`` are those of the person's appointments (ids); what rests on none of them is of both.
    """
    about: dict[GoalKey, list[Waiver]] = {}
    for waiver in waivers:
        about.setdefault(waiver.goal, []).append(waiver)
    if not about:
        return list(sources), []
    left: list[Source] = []
    waived: list[WaivedSource] = []
    by_goal: dict[GoalKey, list[Source]] = {}
    for source in sources:
        by_goal.setdefault(source.goal, []).append(source)
    for goal, mine in by_goal.items():
        binding = [(each, classes.get(each.appointment_id or "", "")) for each in mine if each.binding]
        for source in mine:
            mine_is = classes.get(source.appointment_id or "", "")
            bound = [each for each, of_class in binding if is_one_class(of_class, mine_is)]
            here = [
                (waiver, intervals)
                for waiver in about.get(goal, ())
                if waiver.is_about(source) and (intervals := in_force(waiver, bound))
            ]
            if not here:
                left.append(source)
                continue
            every = tuple(interval for _, intervals in here for interval in intervals)
            left += _pieces(source, subtract(_during(source), every))
            waived += [
                WaivedSource(piece, waiver)
                for waiver, intervals in here
                for piece in _pieces(source, intersect(_during(source), intervals))
            ]
    return left, waived


def joined_waived(waived: Iterable[WaivedSource]) -> list[WaivedSource]:
    """As ``goals.joined``."""
    found: dict[str, WaivedSource] = {}
    for each in waived:
        known = found.get(each.id)
        found[each.id] = each if known is None else replace(each, source=join(known.source, each.source))
    return list(found.values())


def in_force(waiver: Waiver, binding: Iterable[Source]) -> Intervals:
    """When a waiver holds, given the binding sources that it yields to."""
    if waiver.goal.kind == NEVER_WAIVED:
        return ()
    return subtract((waiver.during,), union((s.valid_from, s.valid_to) for s in binding))


def is_one_class(one: str, other: str) -> bool:
    """Whether what is asked through appointments of two classes binds each other; an empty one is of both."""
    return one == other or not one or not other


def _during(source: Source) -> Intervals:
    return ((source.valid_from, source.valid_to),)


def _pieces(source: Source, during: Intervals) -> list[Source]:
    return [replace(source, valid_from=start, valid_to=end) for start, end in during]
