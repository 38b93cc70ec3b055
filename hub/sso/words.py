"""What reason codes of signing in mean and what to change: the same words on every page that shows a refusal or a trial.

Each way of signing in brings its own: a module ``words`` with a dictionary WORDS beside its code, named here once.
"""

from collections.abc import Mapping
from typing import Any

from hub.journal import explained
from hub.journal.explained import UNKNOWN, Explanation, Refusal, explanations
from hub.sso.local.words import WORDS as LOCAL
from hub.sso.oidc.words import WORDS as OIDC
from hub.sso.provider.words import WORDS as PROVIDER
from hub.sso.saml.words import WORDS as SAML
from hub.sso.saml_provider.words import WORDS as SAML_PROVIDER
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


EXPLANATIONS: Mapping[str, Explanation] = explanations(
    (LOCAL, PEOPLE, SCIM, PROVIDER, SAML_PROVIDER, SHARED, OIDC, SAML)
)
"""By reason code. Codes that mean the same in several places stand in ``words_shared``."""


def explain(code: str) -> Explanation:
    """The explanation of a code; of one that nobody knows, that the log says more.

    ``idp_timeout`` is explained as ``timeout`` is where it has no words of its own, for both say what a call came to.
    """
    return EXPLANATIONS.get(code) or EXPLANATIONS.get(code.removeprefix("idp_"), UNKNOWN)


def last_refusals(uow: UnitOfWork, connection_id: str, limit: int = 20) -> list[Refusal]:
    """What was last refused at this connection, the newest first."""
    return explained.last_refusals(uow, connection_id, ACTIONS, explain, _received, limit)


def _received(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """Details of sign-ins are codes of standards, such as a provider's error."""
    return {name: value for name, value in detail.items() if isinstance(value, str)}
