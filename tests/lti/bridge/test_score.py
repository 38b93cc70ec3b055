"""Exact scores of statements (BR4)."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.lti.bridge.score import ExactScore, decimal_text, read_score

HUB = "http://127.0.0.1:8000"


def score_of(text: str, extensions: dict[str, Any] | None = None) -> tuple[str | None, str | None] | None:
    context = json.dumps({"extensions": extensions or {}})
    found = read_score(f'{{"result": {{"score": {text}}}, "context": {context}}}'.encode(), HUB)
    return (decimal_text(found.given), decimal_text(found.maximum)) if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"raw": 7, "max": 10}', ("7", "10")),
        ('{"raw": 7.10, "min": 0, "max": 10.0, "scaled": 0.71}', ("7.1", "10")),
        ('{"raw": 0.1, "max": 0.3}', ("0.1", "0.3")),
        ('{"raw": 1e2, "max": 2E2}', ("100", "200")),
        ('{"raw": 0, "min": -10, "max": 10}', ("10", "20")),
        ('{"scaled": 0.123456789012345678}', ("0.123456789012345678", "1")),
        ('{"scaled": -0.5}', ("0", "1")),
        ('{"raw": 7, "scaled": 0.7}', ("0.7", "1")),
        ('{"raw": 7, "max": 0, "scaled": 0.7}', ("0.7", "1")),
        ('{"raw": 7}', None),
        ('{"raw": "7", "max": "10"}', None),
        ('{"raw": true, "max": 10}', None),
        ('{"raw": 1e300, "max": 1e301}', None),
        ('{"raw": 1e-300, "max": 1}', None),
        ("{}", None),
        ("[]", None),
        ("null", None),
    ],
)
def test_br4_points_are_read_as_they_were_written(text: str, expected: tuple[str, str] | None) -> None:
    assert score_of(text) == expected


def test_br4_extra_credit_of_a_tool_keeps_its_maximum() -> None:
    """As ``hub.lti.score_statement`` writes it, since xAPI has no raw above max."""
    extension = {f"{HUB}/xapi/extensions/ags-score-maximum": 10}
    assert score_of('{"raw": 12, "min": 0, "scaled": 1}', extension) == ("12", "10")
    assert ExactScore(Fraction(12), Fraction(10)).scaled_to(100) == ExactScore(Fraction(120), Fraction(100))


@pytest.mark.parametrize("payload", [b"{}", b'{"result": 1}', b'{"result": {"score": {}}, "context": []}'])
def test_statements_without_points_have_none(payload: bytes) -> None:
    assert read_score(payload, HUB) is None


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Fraction(70), "70"),
        (Fraction(133, 2), "66.5"),
        (Fraction(1, 1000), "0.001"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(0), "0"),
        (Fraction(1, 3), None),
    ],
)
def test_decimals(number: Fraction, text: str | None) -> None:
    assert decimal_text(number) == text


@given(
    st.decimals(0, 1000, places=3),
    st.decimals("0.001", 1000, places=3),
    st.sampled_from([1, 10, 50, 100, 12.5]),
)
def test_br4_the_share_is_never_changed(given: Any, maximum: Any, column: float) -> None:
    score = ExactScore(Fraction(given), Fraction(maximum))
    scaled = score.scaled_to(column)
    assert scaled.given / scaled.maximum == score.given / score.maximum
    assert Fraction(decimal_text(scaled.given) or "-1") == scaled.given
