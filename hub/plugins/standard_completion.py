"""What counts as completion unless a plugin in front says otherwise."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hub.api import Completion, CompletionTerms, Evidence, Offering, hookimpl

if TYPE_CHECKING:  # came with 1.1
    from hub.api import PersonalData

VERSION = "1"
_VERBS = "http://adlnet.gov/expapi/verbs/"
_COMPLETING = {
    "completed": {_VERBS + "completed"},
    "passed": {_VERBS + "passed"},
    "completed-or-passed": {_VERBS + "completed", _VERBS + "passed"},
    "cmi5-satisfied": {"https://w3id.org/xapi/adl/verbs/satisfied"},
}
_AT_LEAST = "score-at-least-"


class Plugin:
    """The terms an operator has laid down for a course; where there are none, the policy its catalogue names.

    Those names are ``completed``, ``passed``, ``completed-or-passed``, ``score-at-least-0.8`` (any number up to 1), and
    ``cmi5-satisfied`` of courses that the hub itself launches.
    """

    hub_api = "1.0"

    @hookimpl(optionalhook=True)
    def register_personal_data(self) -> "Sequence[PersonalData]":
        """Nothing."""
        return []

    @hookimpl
    def recognize_completion(self, statement: Evidence, offering: Offering) -> Completion | None:
        """Apply the offering's terms or policy to one statement. A result that says no completes nothing."""
        policy = offering.completion_policy
        if statement.result.get("completion") is False or statement.result.get("success") is False:
            return None
        score = _scaled(statement.result.get("score"))
        if offering.terms:
            return _by_terms(offering.terms, statement, score)
        if policy.startswith(_AT_LEAST):
            holds = score is not None and score >= float(policy.removeprefix(_AT_LEAST))
        else:
            holds = statement.verb in _COMPLETING.get(policy, ())
        return Completion(policy, VERSION, score) if holds else None


def _by_terms(terms: CompletionTerms, statement: Evidence, score: float | None) -> Completion | None:
    holds = (
        statement.verb in terms.verbs
        and (statement.result.get("completion") is True or not terms.requires_completion)
        and (statement.result.get("success") is True or not terms.requires_success)
        and (terms.minimum_scaled is None or (score is not None and score >= terms.minimum_scaled))
    )
    return Completion(terms.policy, terms.version, score) if holds else None


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
