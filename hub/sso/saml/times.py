"""Instants in SAML messages (SAML Core 2.0, section 1.3.3: UTC, no other zone)."""

import re
from datetime import UTC, datetime, timedelta

from hub.sso.refusals import not_verified

SKEW = timedelta(seconds=60)
"""How far the other side's clock may be off."""
LONGEST = timedelta(days=1)
"""How long a message may be used, whatever it says itself."""
_YEARS = range(1970, 9001)
"""Years of instants that mean one: from the first and last ones that can be written, no time can be counted on or back."""
_FORM = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,12})?Z", re.ASCII)


def read_instant(text: str) -> datetime:
    """The instant, its fraction of a second left out. Refuses ``bad_time``."""
    found = _FORM.fullmatch(text)
    if not found or int(text[:4]) not in _YEARS:
        raise not_verified("bad_time")
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        raise not_verified("bad_time") from None


def write_instant(at: datetime) -> str:
    """The instant as messages have it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_window(not_before: str, not_on_or_after: str, now: datetime) -> None:
    """Refuse ``not_yet_valid`` and ``answer_expired``, with SKEW; an empty text is no limit."""
    if not_before and read_instant(not_before) > now + SKEW:
        raise not_verified("not_yet_valid")
    if not_on_or_after and read_instant(not_on_or_after) <= now - SKEW:
        raise not_verified("answer_expired")


def last_use(issued: datetime, until: datetime, now: datetime) -> datetime:
    """When a message is refused anyway, and must be remembered no longer: by its own limit, or LONGEST after it was issued.

    Refuses ``answer_expired`` where that is over.
    """
    last = min(until, issued + LONGEST) + SKEW
    if last <= now:
        raise not_verified("answer_expired")
    return last


def check_issued(issued: str, now: datetime) -> None:
    """Refuse ``answer_from_future``."""
    if read_instant(issued) > now + SKEW:
        raise not_verified("answer_from_future")
