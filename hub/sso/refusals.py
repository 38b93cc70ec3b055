"""Refused sign-ins: what the person reads, and the one audit row each of them leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hub.errors import BadInput, HubError, NotAllowed, OutsideFailed
from hub.network.systems.connections import Connection
from hub.runtime import Hub

ACTION = "sign_in"
BEGIN_AGAIN = "Go to the sign-in page and begin again."
TELL_ADMINISTRATOR = "If it happens again, give your training administrator the code shown here."


@dataclass
class Attempt:
    """What is known so far about one sign-in, for the audit row if it is refused."""

    connection: Connection | None = None
    person_id: str | None = None
    detail: dict[str, str] = field(default_factory=dict)


@contextmanager
def audited_refusal(hub: Hub, action: str = ACTION) -> Iterator[Attempt]:
    """Write one audit row when the block refuses; the error's code is the reason."""
    attempt = Attempt()
    try:
        yield attempt
    except HubError as error:
        connection = attempt.connection
        hub.audit_refusal(
            action,
            error.code,
            actor_id=attempt.person_id,
            partner_id=connection.partner_id if connection else None,
            connection_id=connection.id if connection else None,
            detail=attempt.detail,
        )
        raise


@contextmanager
def asking(name: str) -> Iterator[None]:
    """Turn failures of the calls in the block into words about the identity provider called ``name``.

    ``timeout`` becomes ``idp_timeout`` and so on, so that the audit row says who failed.
    """
    try:
        yield
    except OutsideFailed as error:
        raise OutsideFailed(
            f"idp_{error.code}",
            f"You could not be signed in: the sign-in of {name} does not answer as it should.",
            f"Try again in a few minutes; nothing of your training is lost. {TELL_ADMINISTRATOR}",
            retryable=error.retryable,
        ) from error


def bad_callback(reason: str) -> BadInput:
    """The browser came back with something that does not belong to a sign-in it began."""
    return BadInput(
        reason,
        "This sign-in cannot be finished: it was begun in another browser, is already over, or was changed on its way.",
        BEGIN_AGAIN,
    )


def not_verified(reason: str) -> NotAllowed:
    """The identity provider's answer does not prove who this is."""
    return NotAllowed(reason, "Your sign-in could not be verified.", f"{BEGIN_AGAIN} {TELL_ADMINISTRATOR}")


def switched_off() -> NotAllowed:
    """What is refused to somebody who is switched off."""
    return NotAllowed(
        "person_disabled",
        "Your access to the training hub has been switched off.",
        "Ask your manager or your employer's training administrator.",
    )
