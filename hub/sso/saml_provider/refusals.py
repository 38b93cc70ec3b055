"""Requests of systems that are refused: what of it the system is told, and what only the person reads."""

from hub.errors import BadInput, NotAllowed
from hub.sso.provider.refusals import Refused
from hub.sso.waiting import BEGIN_AGAIN

STATUSES = frozenset({"NoPassive", "NoAuthnContext", "InvalidNameIDPolicy", "AuthnFailed"})
"""Second-level statuses that a system is told (SAML Core 2.0, section 3.2.2.2). What has none, the person reads here."""
_OF_MESSAGES = {
    "not_signed": "request_not_signed",
    "wrong_signature": "request_wrong_signature",
    "weak_signature": "request_weak_signature",
    "wrong_destination": "request_wrong_destination",
    "answer_from_future": "request_from_future",
    "answer_expired": "request_too_old",
    "replayed": "request_replayed",
    "message_too_large": "request_too_large",
}
"""What the shared reading of messages refuses, in words about a system instead of an identity provider."""


def told_to_system(reason: str, message: str, status: str) -> Refused:
    """A refusal that goes back to the system with one of STATUSES."""
    return Refused(reason, message, status)


def not_trusted(error: NotAllowed) -> BadInput:
    """A message that is not answered, for nobody knows whose it is."""
    reason = _OF_MESSAGES.get(error.code, "bad_saml_request")
    return BadInput(
        reason, "The system that sent you here asked in a way that cannot be trusted.", BEGIN_AGAIN
    )


def not_here(reason: str, message: str) -> BadInput:
    """A request that leads nowhere: the person reads it, and nobody else is told."""
    return BadInput(reason, message, BEGIN_AGAIN)
