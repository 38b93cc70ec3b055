"""Why somebody is asked for a course or a path, or why not: what asks, on what that rests, who waives it. Pure (D1, I9).

The verdict is put together from the leaves of the tree alone, so that whoever has the tree can reckon it again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hub.network.validity.intervals import Intervals, holds
from hub.training.goals.waivers import NEVER_WAIVED, is_one_class

Verdict = Literal["open", "reached", "waived", "not_asked"]
What = Literal[
    "appointment", "position", "brand", "activity", "class", "node", "partner", "attribute", "tenure",
    "rule", "opinion", "plugin", "plugin_here", "decision", "elsewhere",
]  # fmt: skip
ORDER: tuple[Verdict, ...] = ("open", "reached", "waived", "not_asked")
"""Of several goals, the first of these is what the person notices."""


@dataclass(frozen=True)
class Leaf:
    """One thing that must hold, and what is so: ``found`` and ``wanted`` are names, empty where none is to be told.

    ``since`` and ``until`` (exclusive) bound the time in which it holds; while it does not, the next such time, or else the last.
    """

    what: What
    holds: bool
    found: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    title: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Ask:
    """Something that asks for a goal if all its leaves hold: a rule or a plugin through an appointment, a manager, the person.

    ``kind`` elsewhere stands for all that asks through appointments which the viewer does not see.
    """

    kind: str
    key: str
    version: str
    title: str
    appointment_id: str | None
    role: str
    binding: bool
    leaves: tuple[Leaf, ...]
    audience_class: str = ""
    """That of the appointment; empty without one."""

    @property
    def holds(self) -> bool:
        """Whether it asks."""
        return all(leaf.holds for leaf in self.leaves)

    @property
    def failing(self) -> tuple[Leaf, ...]:
        """What keeps it from asking."""
        return tuple(leaf for leaf in self.leaves if not leaf.holds)

    @property
    def is_for_others(self) -> bool:
        """Whether it is for partners at which this appointment is not: that there is such a rule is theirs to know."""
        return any(leaf.what == "partner" and not leaf.holds for leaf in self.leaves)


@dataclass(frozen=True)
class Letting:
    """Somebody who waives a goal if all leaves hold: a manager's decision, or a plugin through one appointment."""

    kind: str
    key: str
    title: str
    appointment_id: str | None
    leaves: tuple[Leaf, ...]

    @property
    def holds(self) -> bool:
        """Whether it would waive."""
        return all(leaf.holds for leaf in self.leaves)

    def is_about(self, ask: Ask) -> bool:
        """Whether it takes this away; what is told of work elsewhere is what nobody has waived there."""
        if ask.kind == "elsewhere":
            return False
        if self.kind == "decision":
            return True
        return ask.appointment_id == self.appointment_id and ask.kind in ("rule", "plugin")


@dataclass(frozen=True)
class Credited:
    """What a goal was reached with."""

    at: datetime
    statement_id: str
    policy: str
    policy_version: str


@dataclass(frozen=True)
class WhyGoal:
    """One goal with all that could ask for it."""

    id: str
    target_kind: str
    target_id: str
    title: str
    kind: str
    dimension: str
    dimension_name: str
    asks: tuple[Ask, ...]
    waivers: tuple[Letting, ...]
    credit: Credited | None

    def is_barred(self, ask: Ask) -> bool:
        """Whether nobody can waive what this asks: the kind of goal, or something binding through the same class of appointments."""
        return self.kind == NEVER_WAIVED or any(
            each.binding and each.holds and is_one_class(each.audience_class, ask.audience_class)
            for each in self.asks
        )

    @property
    def in_force(self) -> tuple[Letting, ...]:
        """The waivers that hold."""
        return tuple(waiver for waiver in self.waivers if waiver.holds and not self._yields(waiver))

    @property
    def dropped(self) -> tuple[Letting, ...]:
        """Waivers that would hold if anybody could waive what they are about (I13)."""
        return tuple(waiver for waiver in self.waivers if waiver.holds and self._yields(waiver))

    @property
    def asking(self) -> tuple[Ask, ...]:
        """What asks, and is not waived."""
        waivers = [waiver for waiver in self.waivers if waiver.holds]
        return tuple(
            ask
            for ask in self.asks
            if ask.holds and (self.is_barred(ask) or not any(w.is_about(ask) for w in waivers))
        )

    def _yields(self, waiver: Letting) -> bool:
        about = [ask for ask in self.asks if ask.holds and waiver.is_about(ask)]
        return self.kind == NEVER_WAIVED or (bool(about) and all(map(self.is_barred, about)))

    @property
    def nearest(self) -> tuple[Ask, ...]:
        """What asks; and of each rule or plugin that does not, the appointment on which the least is missing."""
        found: dict[tuple[str, str], list[Ask]] = {}
        for ask in self.asks:
            found.setdefault((ask.kind, ask.key), []).append(ask)
        told: list[Ask] = []
        for mine in found.values():
            told += [ask for ask in mine if ask.holds] or [min(mine, key=lambda ask: len(ask.failing))]
        return tuple(sorted(told, key=lambda ask: (not ask.holds, len(ask.failing))))

    @property
    def verdict(self) -> Verdict:
        """What becomes of it."""
        if self.asking:
            return "reached" if self.credit else "open"
        return "waived" if any(ask.holds for ask in self.asks) else "not_asked"


@dataclass(frozen=True)
class WhyTree:
    """All goals of a person that are about a course or a path, or a path with that course, as of an instant."""

    person_id: str
    target_kind: str
    target_id: str
    title: str
    at: datetime
    goals: tuple[WhyGoal, ...]

    @property
    def verdict(self) -> Verdict:
        """What becomes of the first goal that matters."""
        return first_verdict(goal.verdict for goal in self.goals)


def first_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """The one of several goals that matters most."""
    return min(verdicts, key=ORDER.index, default="not_asked")


def leaf(
    what: What,
    times: Intervals,
    at: datetime,
    *,
    found: Iterable[str] = (),
    wanted: Iterable[str] = (),
    title: str = "",
) -> Leaf:
    """A leaf about something that holds at these times, as of an instant."""
    now = next((each for each in times if holds(each, at)), None)
    dated = now or next((each for each in times if each[0] > at), times[-1] if times else (None, None))
    return Leaf(what, now is not None, tuple(sorted(found)), tuple(sorted(wanted)), title, *dated)
