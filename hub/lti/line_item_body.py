"""A line item as a tool writes it, read strictly (AGS 2.0, section 3.2.9; Submission Review 1.0, section 2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hub.errors import BadInput
from hub.lti.scores import LARGEST_NUMBER, SMALLEST_MAXIMUM, is_maximum

_MAX_TEXT = 1_000
_MAX_PARAMETERS = 100


@dataclass(frozen=True)
class SubmissionReview:
    """How a tool shows what was handed in: for work in which state, under which words, and where."""

    reviewable_status: tuple[str, ...] = ()
    label: str = ""
    url: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Definition:
    """What a tool says of a line item. ``resource_link_id`` is the link it wants it bound to, if any."""

    label: str
    score_maximum: float
    tag: str
    resource_id: str
    resource_link_id: str | None
    submission_review: SubmissionReview | None
    starts_at: datetime | None
    ends_at: datetime | None


class _WireReview(msgspec.Struct, rename="camel"):
    reviewable_status: list[str] = []
    label: str | None = None
    url: str | None = None
    custom: dict[str, str] | None = None


class _Wire(msgspec.Struct, rename="camel"):
    label: str
    score_maximum: float
    tag: str | None = None
    resource_id: str | None = None
    resource_link_id: str | None = None
    start_date_time: str | None = None
    end_date_time: str | None = None
    submission_review: _WireReview | None = None


def read_definition(body: bytes) -> Definition:
    """The line item in a request body. Raises BadInput ``bad_line_item``, saying what is wrong.

    Times need a time zone. Members that the standards do not name are left alone.
    """
    try:
        asked = msgspec.json.decode(body, type=_Wire)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _bad(f"This is no line item: {error}") from None
    if not asked.label.strip():
        raise _bad("The label must not be blank.")
    if not is_maximum(asked.score_maximum):
        raise _bad(f"scoreMaximum must be from {SMALLEST_MAXIMUM} to {LARGEST_NUMBER}.")
    starts_at = _read_time("startDateTime", asked.start_date_time)
    ends_at = _read_time("endDateTime", asked.end_date_time)
    if starts_at and ends_at and ends_at < starts_at:
        raise _bad("endDateTime lies before startDateTime.")
    return Definition(
        label=_text(asked.label),
        score_maximum=asked.score_maximum,
        tag=_text(asked.tag),
        resource_id=_text(asked.resource_id),
        resource_link_id=asked.resource_link_id,
        submission_review=_read_review(asked.submission_review),
        starts_at=starts_at,
        ends_at=ends_at,
    )


def review_json(review: SubmissionReview) -> dict[str, Any]:
    """The member ``submissionReview`` of a line item; what is not set is left out."""
    shown = {
        "reviewableStatus": list(review.reviewable_status),
        "label": review.label,
        "url": review.url,
        "custom": dict(review.custom),
    }
    return {name: value for name, value in shown.items() if value or name == "reviewableStatus"}


def _read_review(asked: _WireReview | None) -> SubmissionReview | None:
    if asked is None:
        return None
    custom = asked.custom or {}
    if len(custom) > _MAX_PARAMETERS or len(asked.reviewable_status) > _MAX_PARAMETERS:
        raise _bad(f"submissionReview has at most {_MAX_PARAMETERS} parameters and states.")
    if asked.url and not _is_address(asked.url):
        raise _bad("The url of submissionReview is not an http(s) address.")
    return SubmissionReview(
        tuple(_text(state) for state in asked.reviewable_status),
        _text(asked.label),
        _text(asked.url),
        {_text(name): _text(value) for name, value in custom.items()},
    )


def _read_time(name: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _bad(f"{name} must be a date and time with time zone, as in 2026-05-04T09:00:00Z.") from None


def _text(text: str | None) -> str:
    if text and (len(text) > _MAX_TEXT or "\0" in text):
        raise _bad(f"Texts have at most {_MAX_TEXT} characters, none of them NUL.")
    return text or ""


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def _bad(message: str) -> BadInput:
    return BadInput("bad_line_item", message)
