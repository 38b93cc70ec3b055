"""Scores: read strictly, kept once, and turned into a statement, from which alone credit is given (AGS 2.0, section 3.4)."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from hub.errors import BadInput

LONGEST_AHEAD = timedelta(days=1)
"""How far ahead of the hub's clock a timestamp may lie: as far as a wrong time zone leads.

One from the far future would keep every later score from ever becoming the result.
"""
SMALLEST_MAXIMUM, LARGEST_NUMBER = 0.000001, 1_000_000_000_000
"""Bounds of scores, so that every one can be scaled to every line item."""
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d{1,9})?(Z|[+-]\d\d(:?\d\d)?)")
_MAX_ID = 300

ActivityProgress = Literal["Initialized", "Started", "InProgress", "Submitted", "Completed"]
GradingProgress = Literal["FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"]


class _Wire(msgspec.Struct, rename="camel"):
    user_id: str
    timestamp: str
    activity_progress: ActivityProgress
    grading_progress: GradingProgress
    score_given: float | None = None
    score_maximum: float | None = None
    comment: str | None = None
    scoring_user_id: str | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True)
class Score:
    """A score as the tool sent it.

    ``given`` may be above ``maximum`` (extra credit); both are None where there is no score yet. ``as_sent`` is the JSON
    object as it came, ``canonical`` a text of it that is the same for the same score however it was written.
    """

    user_id: str
    timestamp: datetime
    activity_progress: ActivityProgress
    grading_progress: GradingProgress
    given: float | None
    maximum: float | None
    as_sent: dict[str, Any]
    canonical: str


def read_score(body: bytes, now: datetime) -> Score:
    """The score in a request body. Raises BadInput ``bad_score`` or ``bad_timestamp``, saying what is wrong.

    Timestamps need a time zone; the fraction of a second, which the standard asks for, may be missing, because many
    tools leave it out.
    """
    try:
        wire = msgspec.json.decode(body, type=_Wire)
        as_sent = json.loads(body)
        text = json.dumps(as_sent, allow_nan=False, ensure_ascii=False)
        text.encode()  # half of a surrogate pair
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors too
        raise _bad(str(error)) from None
    if "\\u0000" in text and _has_nul(as_sent):
        raise _bad("it has a NUL character")
    if not 0 < len(wire.user_id) <= _MAX_ID:
        raise _bad(f"userId must have 1 to {_MAX_ID} characters")
    if wire.scoring_user_id == "":
        raise _bad("scoringUserId must not be empty")
    _check_numbers(wire)
    timestamp = _read_timestamp(wire.timestamp, now)
    return Score(
        user_id=wire.user_id,
        timestamp=timestamp,
        activity_progress=wire.activity_progress,
        grading_progress=wire.grading_progress,
        given=wire.score_given,
        maximum=wire.score_maximum,
        as_sent=as_sent,
        canonical=_canonical(as_sent, wire, timestamp),
    )


def is_maximum(value: float) -> bool:
    """Whether a number can be the maximum of a score or a line item: above 0, and one that scores can be scaled to."""
    return SMALLEST_MAXIMUM <= value <= LARGEST_NUMBER


def _check_numbers(wire: _Wire) -> None:
    if wire.score_maximum is not None and not is_maximum(wire.score_maximum):
        raise _bad(f"scoreMaximum must be from {SMALLEST_MAXIMUM} to {LARGEST_NUMBER}")
    if wire.score_given is not None and wire.score_maximum is None:
        raise _bad("scoreGiven needs a scoreMaximum")
    if wire.score_given is not None and not 0 <= wire.score_given <= LARGEST_NUMBER:
        raise _bad(f"scoreGiven must be from 0 to {LARGEST_NUMBER}")


def _read_timestamp(text: str, now: datetime) -> datetime:
    try:
        if not _TIMESTAMP.fullmatch(text):
            raise ValueError
        instant = datetime.fromisoformat(text.replace(",", ".")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput(
            "bad_timestamp",
            "timestamp must be a date and time with time zone, as in 2026-05-04T09:00:00.000Z.",
        ) from None
    if instant > now + LONGEST_AHEAD:
        raise BadInput(
            "bad_timestamp", "The timestamp lies in the future.", "Check the clock of the sending system."
        )
    return instant


def _canonical(as_sent: dict[str, Any], wire: _Wire, timestamp: datetime) -> str:
    """One spelling for equal scores: 80 and 80.0, null and absent, times of the same instant, any order of members."""
    numbers = {"scoreGiven": wire.score_given, "scoreMaximum": wire.score_maximum}
    members = {**as_sent, **numbers, "timestamp": timestamp.isoformat(timespec="microseconds")}
    present = {name: value for name, value in members.items() if value is not None}
    return json.dumps(present, sort_keys=True, separators=(",", ":"))


def _has_nul(value: object) -> bool:
    """PostgreSQL cannot keep the character NUL in a text."""
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(_has_nul(part) for part in value)
    return isinstance(value, str) and "\0" in value


def _bad(what: str) -> BadInput:
    return BadInput("bad_score", f"This score cannot be accepted: {what}.")
