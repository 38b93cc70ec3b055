"""What reason codes of LTI mean and what to change: the same words on every page that shows a refusal."""

import re
from collections.abc import Mapping
from typing import Any

from hub.journal import explained
from hub.journal.explained import UNKNOWN, Explanation, Refusal, explanations
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


EXPLANATIONS: Mapping[str, Explanation] = explanations(
    (PASSED_BACK, REGISTRATION, CONTENT, SERVICES, OUT_OF_THE_HUB, INTO_THE_HUB)
)
"""By reason code. Codes that mean the same in several places stand here once."""

_BY_STATUS = re.compile(r"(a|refused)_\d{3}")


def explain(code: str) -> Explanation:
    """The explanation of a code; of one that nobody knows, that the log says more.

    Codes of services that end in a status which is not explained by itself mean what ``a_down`` or ``refused_400`` do.
    """
    match = _BY_STATUS.fullmatch(code)
    general = {"a": "a_down", "refused": "refused_400"}[match[1]] if match else ""
    return EXPLANATIONS.get(code) or EXPLANATIONS.get(general, UNKNOWN)


def last_refusals(uow: UnitOfWork, connection_id: str, limit: int = 20) -> list[Refusal]:
    """What was last refused to the system of this connection, the newest first."""
    return explained.last_refusals(uow, connection_id, ACTIONS, explain, _received, limit)


def _received(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    received = detail.get("received")
    return received if isinstance(received, dict) else {}
