"""What a change of rules, audiences, switches and paths consists of, and what it does. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from hub.audiences.files.shapes import PathTable
from hub.audiences.rules.rule import Audience, Rule
from hub.errors import Conflict
from hub.ids import content_hash
from hub.journal.plain import canonical_json


@dataclass(frozen=True)
class PathChange:
    """A path that is new or becomes another; ``path_id`` None while there is none."""

    after: PathTable
    path_id: str | None

    @property
    def key(self) -> str:
        """The path's key."""
        return self.after.key

    @property
    def what(self) -> Literal["new", "changed"]:
        """In a word."""
        return "changed" if self.path_id else "new"

    def told(self) -> dict[str, Any]:
        """For the hash."""
        return {"path": self.after.model_dump(), "id": self.path_id}


@dataclass(frozen=True)
class AudienceChange:
    """An audience as it is, None if there is none yet, and as it will be."""

    before: Audience | None
    after: Audience

    @property
    def key(self) -> str:
        """The audience's key."""
        return self.after.key

    @property
    def what(self) -> Literal["new", "changed"]:
        """In a word."""
        return "changed" if self.before else "new"

    def told(self) -> dict[str, Any]:
        """For the hash."""
        return {"audience": [asdict(a) if a else None for a in (self.before, self.after)]}


@dataclass(frozen=True)
class SwitchChange:
    """A plugin that goes on or off for an audience, which is given as it will be.

    With ``partner_id`` it does so at the locations of this partner, and ``audience`` stands for all who work there.
    """

    audience: Audience
    plugin: str
    on: bool
    partner_id: str | None = None

    @property
    def key(self) -> str:
        """Plugin and audience in words."""
        return f"{self.plugin} for {self.audience.key}"

    @property
    def what(self) -> Literal["on", "off"]:
        """In a word."""
        return "on" if self.on else "off"

    def told(self) -> dict[str, Any]:
        """For the hash."""
        return {"switch": asdict(self)}


@dataclass(frozen=True)
class RuleChange:
    """A rule as it is, None if there is none yet, and as it will be. ``fields`` names what differs.

    ``begins_now``: its beginning is the instant at which the change is made. ``again`` is the earlier version whose
    content comes into force once more.
    """

    before: Rule | None
    after: Rule
    fields: tuple[str, ...] = ()
    begins_now: bool = False
    again: int | None = None

    @property
    def key(self) -> str:
        """The rule's key."""
        return self.after.key

    @property
    def what(self) -> str:
        """In a few words."""
        if self.before is None:
            return "new" if self.after.status == "live" else f"new {self.after.status}"
        return f"changed: {', '.join(self.fields)}"

    def told(self) -> dict[str, Any]:
        """For the hash."""
        before, after = (asdict(rule) if rule else None for rule in (self.before, self.after))
        if after and self.begins_now:
            after["valid_from"] = None
        return {"rule": [before, after], "again": self.again}


ItemChange = PathChange | AudienceChange | SwitchChange | RuleChange


def compare_rule(
    before: Rule | None, after: Rule, *, begins_now: bool = False, again: int | None = None
) -> RuleChange | None:
    """What makes a rule as given; None when it is so already, whatever its version is called."""
    if before is None:
        return RuleChange(None, after, begins_now=begins_now)
    differing = tuple(
        name for name, value in vars(after).items() if name != "version" and getattr(before, name) != value
    )
    return RuleChange(before, after, differing, again=again) if differing else None


@dataclass(frozen=True)
class Outcome:
    """What follows at once: ``credits`` given for what people have completed already and ``revoked`` ones, ``messages``: people to whom
    a digest goes because something is new for them or credited, and ``calls``: what plugins are told, who may call other systems.

    The hub itself calls no LMS when goals change.
    """

    credits: int = 0
    revoked: int = 0
    messages: int = 0
    calls: int = 0


@dataclass(frozen=True)
class Effects:
    """What becomes of goals from now on, for good or for a time: how many come, go, or are asked for at other times.

    ``waived`` are goals that would come if nobody had waived them.
    ``gaining`` and ``losing`` are people with at least one such goal; ``external`` are those for whom anything changes through
    an appointment of class external. ``samples`` are ids of a few people for whom anything changes. ``digest`` stands for which goals of whom.
    ``outcome`` is None where too many people are touched to look at each.
    """

    gained: int = 0
    lost: int = 0
    changed: int = 0
    waived: int = 0
    gaining: int = 0
    losing: int = 0
    external: int = 0
    samples: tuple[str, ...] = ()
    digest: str = ""
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Diff:
    """All that is changed, and how many items of a file stay as they are.

    ``people``, ``affected`` and ``effects`` are filled in by a plan: how many people each change touches, by its place in
    ``changes``, how many people are touched by any of them, and what becomes of goals.
    """

    changes: tuple[ItemChange, ...]
    unchanged: int
    affected: Mapping[int, int] = field(default_factory=dict)
    people: int | None = None
    effects: Effects = Effects()

    @property
    def content(self) -> list[dict[str, Any]]:
        """What is changed, without what that does."""
        return [change.told() for change in self.changes]

    @property
    def hash(self) -> str:
        """16 hex digits: the same for the same change with the same effect."""
        told = [self.content, list(self.affected.values()), self.people, asdict(self.effects)]
        return content_hash(canonical_json(told))[:16]


class PlanOutdated(Conflict):
    """What was planned is not what would be done now; ``plan`` is what would be."""

    def __init__(self, plan: Diff) -> None:
        super().__init__(
            "plan_outdated",
            "What this would change is not what you have seen; nothing was changed.",
            f"Look at what it would do now (plan {plan.hash}), and decide again.",
        )
        self.plan = plan
