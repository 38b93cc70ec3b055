"""recognize_completion of the plugin standard_completion: which statements complete a course under which policy."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.api import Completion, CompletionTerms, Evidence, Offering
from hub.plugins.standard_completion import Plugin

VERBS = "http://adlnet.gov/expapi/verbs/"


def judge(policy: str, verb: str, **result: Any) -> Completion | None:
    activity = "https://lms.example/brakes"
    evidence = Evidence(
        "s", verb if ":" in verb else VERBS + verb, activity, datetime(2026, 5, 4, tzinfo=UTC), result, {}
    )
    return Plugin().recognize_completion(evidence, Offering("o", "brakes", "c", "Brakes", activity, policy))


@pytest.mark.parametrize(
    ("policy", "completing"),
    [
        ("completed", ["completed"]),
        ("passed", ["passed"]),
        ("completed-or-passed", ["completed", "passed"]),
        ("cmi5-satisfied", ["https://w3id.org/xapi/adl/verbs/satisfied"]),
        ("a policy nobody wrote", []),
    ],
)
def test_policy_names_the_verbs_that_complete(policy: str, completing: list[str]) -> None:
    verbs = ["completed", "passed", "failed", "attempted", "launched", "https://other.example/completed"]
    verbs.append("https://w3id.org/xapi/adl/verbs/satisfied")
    assert [verb for verb in verbs if judge(policy, verb)] == completing


@pytest.mark.parametrize(
    "result", [{"completion": False}, {"success": False}, {"completion": True, "success": False}]
)
@pytest.mark.parametrize("policy", ["completed", "passed", "completed-or-passed", "score-at-least-0.5"])
def test_result_that_says_no_completes_nothing(policy: str, result: dict[str, bool]) -> None:
    assert judge(policy, "completed", score={"scaled": 1}, **result) is None


@pytest.mark.parametrize(
    ("score", "scaled"),
    [
        ({"scaled": 0.8}, 0.8),
        ({"scaled": 1, "raw": 10, "max": 100}, 1.0),
        ({"raw": 80, "max": 100}, 0.8),
        ({"raw": 30, "min": 10, "max": 35}, 0.8),
        ({"raw": 80}, None),
        ({"raw": 5, "min": 5, "max": 5}, None),
        ({}, None),
    ],
)
def test_score_is_scaled_or_worked_out(score: dict[str, float], scaled: float | None) -> None:
    assert judge("completed", "completed", score=score) == Completion("completed", "1", scaled)
    by_score = judge("score-at-least-0.8", "scored", score=score)
    assert (by_score is not None) == (scaled is not None)


def test_score_just_below_the_limit_is_not_enough() -> None:
    assert judge("score-at-least-0.8", "scored", score={"scaled": 0.7999}) is None
    assert judge("score-at-least-0.8", "completed") is None


ATTENDED = "https://w3id.org/xapi/adl/verbs/attended"


def judge_by(terms: CompletionTerms, verb: str, **result: Any) -> Completion | None:
    activity = "https://lms.example/brakes"
    evidence = Evidence("s", verb, activity, datetime(2026, 5, 4, tzinfo=UTC), result, {})
    offering = Offering("o", "brakes", "c", "Brakes", activity, "completed", terms=terms)
    return Plugin().recognize_completion(evidence, offering)


@pytest.mark.parametrize(
    ("terms", "result", "holds"),
    [
        ({}, {}, True),
        ({}, {"completion": False}, False),
        ({}, {"success": False}, False),
        ({"requires_completion": True}, {}, False),
        ({"requires_completion": True}, {"completion": True}, True),
        ({"requires_success": True}, {"completion": True}, False),
        ({"requires_success": True}, {"success": True}, True),
        ({"minimum_scaled": 0.8}, {}, False),
        ({"minimum_scaled": 0.8}, {"score": {"scaled": 0.79}}, False),
        ({"minimum_scaled": 0.8}, {"score": {"raw": 8, "max": 10}}, True),
        ({"minimum_scaled": 0.0}, {"score": {"scaled": 0}}, True),
    ],
)
def test_terms_of_an_operator_decide_instead_of_the_catalogue(
    terms: dict[str, Any], result: dict[str, Any], holds: bool
) -> None:
    laid_down = CompletionTerms("Ours", "3", (ATTENDED,), **terms)
    answer = judge_by(laid_down, ATTENDED, **result)
    assert (answer is not None) == holds
    if answer:
        assert (answer.policy, answer.policy_version) == ("Ours", "3")
    assert judge_by(laid_down, VERBS + "completed", **result) is None, "the catalogue's name counts no more"
