"""What an answer of a platform's service means: done, try again later, or no use in trying."""

from datetime import datetime, timedelta

from hub.errors import OutsideFailed
from hub.exchange import shown
from hub.http import Answer, retry_after
from hub.journal.lanes import Failure

DOWN = "a_down"
"""The code of everything that gave no answer: no connection, no answer in time."""
_PASSING = frozenset({408, 425, 429})
_LOOKED_AT = 10_000
"""Bytes of an answer that are looked at for its reason."""


class ServiceFailed(OutsideFailed):
    """A service answered with something else than was asked for. ``wait`` is how long it asks us to wait."""

    def __init__(
        self,
        code: str,
        message: str,
        status_received: int | None = None,
        *,
        retryable: bool = False,
        wait: timedelta = timedelta(),
    ) -> None:
        super().__init__(code, message, retryable=retryable, wait=wait.total_seconds())
        self.status_received = status_received


def judge(answer: Answer, now: datetime, *secrets: str) -> None:
    """Raise ServiceFailed unless the answer is a success.

    Passing (code ``a_STATUS``) are 408, 425, 429 and all of 500 and above; everything else, redirects too, is permanent
    (``refused_STATUS``). The message has the receiver's own words, without ``secrets`` and e-mail addresses.
    """
    if 200 <= answer.status < 300:
        return
    passing = answer.status in _PASSING or answer.status >= 500
    raise ServiceFailed(
        f"{'a' if passing else 'refused'}_{answer.status}",
        f"It answered {answer.status}{words_of(answer, *secrets)}.",
        answer.status,
        retryable=passing,
        wait=retry_after(answer, now) if passing else timedelta(),
    )


def words_of(answer: Answer, *secrets: str) -> str:
    """What an answer says, in one short line after a colon; empty where it says nothing."""
    said = answer.body[:_LOOKED_AT].decode("utf-8", "replace")
    if said.lstrip().startswith("<"):  # a page, which is for people in front of a browser
        return ""
    words = shown("".join(c if c.isprintable() else " " for c in said), *secrets)
    return f": {words}" if words else ""


def failure_of(error: OutsideFailed) -> Failure:
    """How a failed call stands in its row of the outbox."""
    if isinstance(error, ServiceFailed):
        wait = timedelta(seconds=error.wait)
        return Failure(error.code, error.message, error.status_received, error.retryable, wait)
    return Failure(DOWN if error.retryable else error.code, error.message, passing=error.retryable)
