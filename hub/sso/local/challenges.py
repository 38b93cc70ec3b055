"""Challenges for passkeys: each works once, in the browser it was made for, for one purpose (WebAuthn 3, section 13.4.3)."""

import secrets
from datetime import timedelta

import sqlalchemy as sa

from hub.errors import BadInput, HubError
from hub.sso.local.tables import passkey_challenge
from hub.sso.tokens import token_hash
from hub.store import UnitOfWork

LIFETIME = timedelta(minutes=5)
BYTES = 32
SIGN_IN = "sign_in"


def new_challenge(uow: UnitOfWork, browser: str, purpose: str) -> bytes:
    """A fresh challenge for the browser with this cookie."""
    challenge = secrets.token_bytes(BYTES)
    uow.insert(
        passkey_challenge,
        challenge_hash=token_hash(challenge.hex()),
        browser_hash=token_hash(browser),
        purpose=purpose,
        expires_at=uow.now + LIFETIME,
    )
    return challenge


def take_challenge(uow: UnitOfWork, challenge: bytes, browser: str, purpose: str) -> None:
    """Use a challenge up; of two that try at once, in whatever process, one succeeds.

    BadInput ``passkey_late`` for one that is unknown, used, too old, of another browser or for something else.
    """
    table = passkey_challenge
    taken = uow.connection.execute(
        sa.delete(table).where(
            table.c.challenge_hash == token_hash(challenge.hex()),
            table.c.browser_hash == token_hash(browser),
            table.c.purpose == purpose,
            table.c.expires_at > uow.now,
        )
    )
    if taken.rowcount != 1:
        raise too_late()


def too_late() -> HubError:
    """What is refused when an answer belongs to no challenge."""
    return BadInput("passkey_late", "This took too long, or was begun in another window.", "Try it again.")
