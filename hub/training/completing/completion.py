"""What counts as completion: evidence in, a decision out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.hooks.nonsense import problem_of_text


@dataclass(frozen=True)
class Evidence:
    """A statement as plugins see it, about a person the hub has recognized.

    ``result`` is the statement's xAPI result object (score, success, completion, duration, extensions), ``context_extensions``
    its context's extensions; both may be empty.
    """

    statement_id: str
    verb: str
    activity_id: str
    timestamp: datetime
    result: Mapping[str, Any]
    context_extensions: Mapping[str, Any]


@dataclass(frozen=True)
class CompletionTerms:
    """What an operator has laid down to count as completion of a course.

    A statement must have one of ``verbs`` (IRIs). Its result must say ``completion: true`` or ``success: true`` where these are
    required, and have a scaled score of ``minimum_scaled`` (-1 to 1) where that is set. ``policy`` and ``version`` name the
    object the terms are from, and are kept with each completion and credit.
    """

    policy: str
    version: str
    verbs: tuple[str, ...]
    requires_completion: bool = False
    requires_success: bool = False
    minimum_scaled: float | None = None


@dataclass(frozen=True)
class Offering:
    """A course or other resource in one external LMS.

    ``completion_policy`` is the catalogue's name for what counts as completing it; ``terms`` are those an operator has laid
    down instead, if any. ``launch`` holds custom parameters for its LMS.
    """

    id: str
    key: str
    connection_id: str
    title: str
    activity_id: str
    completion_policy: str
    external_id: str = ""
    launch: Mapping[str, str] = field(default_factory=dict)
    terms: CompletionTerms | None = None


@dataclass(frozen=True)
class Completion:
    """The decision that a statement completes an offering, and by which policy. ``score`` is scaled, -1 to 1."""

    policy: str
    policy_version: str
    score: float | None = None


def problem_of_completion(answer: object) -> str | None:
    """Why an answer cannot be used, whatever a plugin may have put into it; None when it can."""
    if type(answer) is not Completion:
        return f"answered {type(answer).__name__}, not a Completion"
    said = vars(answer)  # of any type: nobody checks a plugin's types before it runs
    for name, longest in (("policy", 64), ("policy_version", 32)):
        problem = problem_of_text(said[name], longest)
        if problem:
            return f"{name} {problem}"
    score = said["score"]
    if score is None or (type(score) in (int, float) and -1 <= score <= 1):
        return None
    return "score is no number from -1 to 1"
