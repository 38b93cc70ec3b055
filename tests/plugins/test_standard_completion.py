"""recognize_completion of the plugin standard_completion: which statements complete a course under which policy."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.api import Completion, Evidence, Offering
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
        ("a policy nobody wrote", []),
    ],
)
def test_policy_names_the_verbs_that_complete(policy: str, completing: list[str]) -> None:
    verbs = ["completed", "passed", "failed", "attempted", "launched", "https://other.example/completed"]
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
