"""What reason codes of signing in mean and what to change: the same words on every page that shows a refusal or a trial.

Each way of signing in brings its own: a module ``words`` with a dictionary WORDS beside its code, named here once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.exchange import shown
from hub.ids import is_id
from hub.journal import tables as journal
from hub.sso.local.words import WORDS as LOCAL
from hub.sso.oidc.words import WORDS as OIDC
from hub.sso.provider.words import WORDS as PROVIDER
from hub.sso.saml.words import WORDS as SAML
from hub.sso.scim.words import WORDS as SCIM
from hub.sso.words_people import WORDS as PEOPLE
from hub.sso.words_shared import WORDS as SHARED
from hub.store import UnitOfWork

ACTIONS = (
    *("sign_in", "sign_out", "backchannel_logout", "sign_in_link", "step_up"),
    *("client_sign_in", "client_token", "client_userinfo", "client_revoke", "client_sign_out"),
    "scim",
)
"""Under which the audit trail has what people and identity providers asked of the hub."""


@dataclass(frozen=True)
class Explanation:
    """A reason code in words: what is wrong, and what to change where."""

    words: str
    change: str


EXPLANATIONS: Mapping[str, Explanation] = {
    code: Explanation(*words)
    for part in (LOCAL, PEOPLE, SCIM, PROVIDER, SHARED, OIDC, SAML)
    for code, words in part.items()
}
"""By reason code. Codes that mean the same in several places stand in ``words_shared``."""

_UNKNOWN = Explanation(
    "The request was refused.", "The hub's log says more, under the reference of the request."
)


@dataclass(frozen=True)
class Refusal:
    """A refused sign-in or message of a connection. ``received`` are values that it sent, without personal data."""

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

    ``idp_timeout`` is explained as ``timeout`` is where it has no words of its own, for both say what a call came to.
    """
    return EXPLANATIONS.get(code) or EXPLANATIONS.get(code.removeprefix("idp_"), _UNKNOWN)


def last_refusals(uow: UnitOfWork, connection_id: str, limit: int = 20) -> list[Refusal]:
    """What was last refused at this connection, the newest first."""
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
    """Details of sign-ins are codes of standards, such as a provider's error."""
    return {name: shown(value) for name, value in (detail or {}).items() if isinstance(value, str)}
