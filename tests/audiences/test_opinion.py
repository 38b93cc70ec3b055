"""What a plugin may answer about a person."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.audiences.assigning.opinion import Opinion, check_opinion
from hub.errors import BadInput

START = datetime(2026, 5, 4, tzinfo=UTC)
DIMENSIONS = {"general", "service"}


def opinion(**other: Any) -> Opinion:
    values = {
        "appointment_id": "asked",
        "target_kind": "path",
        "target": "welcome",
        "reason": "you are new",
        "since": START,
    }
    return Opinion(**{**values, **other})


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"until": START + timedelta(seconds=1), "due_at": START - timedelta(days=1)},
        {"kind": "compliance", "dimension": "service", "target_kind": "offering"},
        {"verdict": "waive"},
    ],
)
def test_opinion_that_can_be_used_is_accepted(other: dict[str, Any]) -> None:
    check_opinion(opinion(**other), {"asked"}, DIMENSIONS)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"appointment_id": "other"}, "appointment"),
        ({"appointment_id": None}, "appointment"),
        ({"appointment_id": ["asked"]}, "appointment"),
        ({"target_kind": "badge"}, "offering, path"),
        ({"target_kind": ["path"]}, "target_kind"),
        ({"kind": "x" * 99}, "kind"),
        ({"dimension": "finance"}, "general, service"),
        ({"target": None}, "target"),
        ({"reason": " "}, "reason"),
        ({"reason": 7}, "reason"),
        ({"since": datetime(2026, 5, 4)}, "since"),  # noqa: DTZ001
        ({"since": None}, "since"),
        ({"until": "2026-06-01"}, "until"),
        ({"until": START}, "until"),
        ({"due_at": START.date()}, "due_at"),
        ({"verdict": "nothing"}, "verdict"),
    ],
)
def test_opinion_that_cannot_be_used_is_refused_with_the_reason(other: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        check_opinion(opinion(**other), {"asked"}, DIMENSIONS)


@pytest.mark.parametrize("answer", [None, "welcome", {"target": "welcome"}])
def test_what_is_no_opinion_is_refused(answer: object) -> None:
    with pytest.raises(BadInput, match="not an opinion"):
        check_opinion(answer, {"asked"}, DIMENSIONS)
