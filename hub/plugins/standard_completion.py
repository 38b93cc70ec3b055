"""What counts as completion unless a plugin in front says otherwise."""

from collections.abc import Mapping
from typing import Any

from hub.api import Completion, Evidence, Offering, hookimpl

VERSION = "1"
_VERBS = "http://adlnet.gov/expapi/verbs/"
_COMPLETING = {
    "completed": {_VERBS + "completed"},
    "passed": {_VERBS + "passed"},
    "completed-or-passed": {_VERBS + "completed", _VERBS + "passed"},
}
_AT_LEAST = "score-at-least-"


class Plugin:
    """Policies ``completed``, ``passed``, ``completed-or-passed`` and ``score-at-least-0.8`` (any number up to 1)."""

    @hookimpl
    def recognize_completion(self, statement: Evidence, offering: Offering) -> Completion | None:
        """Apply the offering's policy to one statement."""
        policy = offering.completion_policy
        if statement.result.get("completion") is False or statement.result.get("success") is False:
            return None
        score = _scaled(statement.result.get("score"))
        if policy.startswith(_AT_LEAST):
            holds = score is not None and score >= float(policy.removeprefix(_AT_LEAST))
        else:
            holds = statement.verb in _COMPLETING.get(policy, ())
        return Completion(policy, VERSION, score) if holds else None


def _scaled(score: Mapping[str, Any] | None) -> float | None:
    """The score from -1 to 1, worked out from raw, min and max where the sender left it out (xAPI 2.0, 4.2.5.1)."""
    if not score:
        return None
    if "scaled" in score:
        return float(score["scaled"])
    if "raw" in score and "max" in score:
        low = float(score.get("min", 0))
        span = float(score["max"]) - low
        return (float(score["raw"]) - low) / span if span > 0 else None
    return None
