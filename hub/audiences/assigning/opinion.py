"""What plugins are asked about people, and what they may answer."""

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from hub.errors import BadInput
from hub.hooks.nonsense import problem_of_text
from hub.hooks.rendering import render
from hub.training.goals.goal import GoalKind, TargetKind


@dataclass(frozen=True)
class Candidate:
    """One appointment that belongs to an audience for which the plugin is switched on.

    ``position`` and ``brands`` are the names used in the network files; ``starts`` and ``ends`` (exclusive, None = open)
    bound the appointment. ``settings`` are those the audience's profile says for the plugin instead of the hub's, and ``aspects``
    all that it says of what plugins registered. ``notes`` are what the plugin itself noted about the appointment, if it says that
    it reads them.
    """

    person_id: str
    appointment_id: str
    audience: str
    audience_class: str
    position: str
    brands: tuple[str, ...]
    location_id: str
    starts: datetime
    ends: datetime | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    aspects: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


LONGEST_REASON = 1_000
Verdict = Literal["assign", "waive"]


@dataclass(frozen=True)
class Opinion:
    """A plugin's wish that someone gets a goal, from ``since`` until ``until`` (exclusive; None = as long as the appointment).

    ``target`` is the key of an offering or a path. ``reason`` is shown to the learner as it is. With the ``verdict`` waive, what
    rules and plugins ask through this appointment is waived instead; what somebody gave or chose stays, and so does what nobody waives.
    """

    appointment_id: str
    target_kind: TargetKind
    target: str
    reason: str
    since: datetime
    until: datetime | None = None
    due_at: datetime | None = None
    kind: GoalKind = "development"
    dimension: str = "general"
    verdict: Verdict = "assign"


def check_opinion(opinion: object, asked: Container[str], dimensions: Collection[str]) -> None:
    """Raise BadInput ``bad_opinion`` for an answer that cannot be used, whatever a plugin may have put into it.

    ``asked`` holds the ids of the appointments asked about, ``dimensions`` the keys of those there are.
    """
    if not isinstance(opinion, Opinion):
        raise _bad(f"answered {type(opinion).__name__}, not an opinion")
    said = vars(opinion)  # of any type: nobody checks a plugin's types before it runs
    if not isinstance(said["appointment_id"], str) or said["appointment_id"] not in asked:
        raise _bad("spoke about an appointment that it was not asked about")
    for name, known in (
        ("target_kind", get_args(TargetKind)),
        ("kind", get_args(GoalKind)),
        ("verdict", get_args(Verdict)),
        ("dimension", dimensions),
    ):
        if type(said[name]) is not str or said[name] not in tuple(known):
            raise _bad(f"{name} is {render(said[name])}, not one of {', '.join(sorted(known))}")
    for name, longest in (("target", 200), ("reason", LONGEST_REASON)):
        problem = problem_of_text(said[name], longest)
        if problem:
            raise _bad(f"{name} {problem}")
    for name in ("since", "until", "due_at"):
        if said[name] is None and name != "since":
            continue
        if not isinstance(said[name], datetime) or said[name].tzinfo is None:
            raise _bad(f"{name} is not an aware datetime")
    if opinion.until is not None and opinion.until <= opinion.since:
        raise _bad("until is not after since")


def _bad(message: str) -> BadInput:
    return BadInput("bad_opinion", message)
