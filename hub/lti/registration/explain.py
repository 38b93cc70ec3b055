"""What reason codes of LTI mean and what to change: the same words on every page that shows a refusal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.exchange import shown
from hub.ids import is_id
from hub.journal import tables as journal
from hub.lti.registration.words_launch import CONTENT, INTO_THE_HUB, OUT_OF_THE_HUB
from hub.lti.registration.words_services import PASSED_BACK, REGISTRATION, SERVICES
from hub.store import UnitOfWork

ACTIONS = (
    "launch",
    "lti_token",
    "line_item",
    "score",
    "result",
    "members",
    "groups",
    "lti_login",
    "lti_entry",
    "lti_link",
    "lti_content",
    "lti_pick",
    "lti_registration",
    "setup_link",
    "lti_notice",
    "score_echo",
)
"""Under which the audit trail has what other systems asked of the hub by LTI."""


@dataclass(frozen=True)
class Explanation:
    """A reason code in words: what is wrong, and what to change where."""

    words: str
    change: str


EXPLANATIONS: Mapping[str, Explanation] = {
    code: Explanation(*words)
    for part in (PASSED_BACK, REGISTRATION, CONTENT, SERVICES, OUT_OF_THE_HUB, INTO_THE_HUB)
    for code, words in part.items()
}
"""By reason code. Codes that mean the same in several places stand here once."""

_BY_STATUS = re.compile(r"(a|refused)_\d{3}")
_UNKNOWN = Explanation(
    "The request was refused.", "The hub's log says more, under the reference of the request."
)


@dataclass(frozen=True)
class Refusal:
    """A refused request of another system. ``received`` are values that it sent, cut short, without personal data."""

    at: datetime
    action: str
    code: str
    received: Mapping[str, str]

    @property
    def explanation(self) -> Explanation:
        """What it means, and what to change."""
        return explain(self.code)


def explain(code: str) -> Explanation:
    """The explanation of a code; of one that nobody knows, that the log says more.

    Codes of services that end in a status which is not explained by itself mean what ``a_down`` or ``refused_400`` do.
    """
    match = _BY_STATUS.fullmatch(code)
    general = {"a": "a_down", "refused": "refused_400"}[match[1]] if match else ""
    return EXPLANATIONS.get(code) or EXPLANATIONS.get(general, _UNKNOWN)


def last_refusals(uow: UnitOfWork, connection_id: str, limit: int = 20) -> list[Refusal]:
    """What was last refused to the system of this connection, the newest first."""
    if not is_id(connection_id):
        return []
    audit = journal.audit
    rows = uow.connection.execute(
        sa.select(audit.c.at, audit.c.action, audit.c.reason, audit.c.detail)
        .where(
            audit.c.connection_id == connection_id,
            audit.c.outcome == "refused",
            audit.c.action.in_(ACTIONS),
        )
        .order_by(audit.c.position.desc())
        .limit(limit)
    )
    return [Refusal(row.at, row.action, row.reason, _received(row.detail)) for row in rows]


def _received(detail: Mapping[str, object] | None) -> Mapping[str, str]:
    received = (detail or {}).get("received")
    return {str(name): shown(value) for name, value in received.items()} if isinstance(received, dict) else {}
