"""Sign-ins under way: what the hub must remember between sending a browser away and its return."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import sqlalchemy as sa

from hub.sealing import Sealer
from hub.sso import tables
from hub.sso.refusals import bad_callback
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork
from hub.store.driver import Question

LIFETIME = timedelta(minutes=10)
Purpose = Literal["sign_in", "again", "link", "step_up", "try"]
"""Why a browser is sent away: to sign in, to do so anew, to link another sign-in, to prove more, or to try a connection."""
SIGN_OUT = "sign_out"
"""Beside them, in the same table: a browser that leaves its provider (``hub.sso.sign_out``)."""


@dataclass(frozen=True)
class Flow:
    """One sign-in under way, bound to a browser and a connection. ``code_verifier`` is in plain text here."""

    connection_id: str
    state: str
    nonce: str
    code_verifier: str
    return_to: str
    purpose: Purpose = "sign_in"
    person_id: str | None = None


def begin_flow(
    uow: UnitOfWork,
    sealer: Sealer,
    connection_id: str,
    browser: str,
    return_to: str,
    purpose: Purpose = "sign_in",
    person_id: str | None = None,
    *,
    has_verifier: bool = True,
) -> Flow:
    """A new flow with fresh state, nonce and PKCE verifier (RFC 7636, section 4.1) for the browser with this token.

    ``person_id`` is who begins it, where somebody signed in does: to link another sign-in, or to prove more.
    ``has_verifier`` is false for protocols that have no use for one: sealing and opening it would be work for nothing.
    """
    verifier = new_token() if has_verifier else ""
    flow = Flow(connection_id, new_token(), new_token(), verifier, return_to, purpose, person_id)
    sealed = sealer.seal(verifier) if has_verifier else ""
    keep_flow(uow, flow, browser, purpose, sealed)
    return flow


def keep_flow(uow: UnitOfWork, flow: Flow, browser: str, purpose: str, sealed: str) -> None:
    """Remember a flow for the browser with this token, and with it a secret that is sealed already, or none."""
    uow.insert(
        tables.sign_in_flow,
        state_hash=token_hash(flow.state),
        browser_hash=token_hash(browser),
        connection_id=flow.connection_id,
        purpose=purpose,
        person_id=flow.person_id,
        nonce=flow.nonce,
        code_verifier=sealed,
        return_to=flow.return_to,
        expires_at=uow.now + LIFETIME,
    )


_flow = tables.sign_in_flow
_OF_STATE = sa.and_(_flow.c.state_hash == sa.bindparam("state_hash"), _flow.c.purpose != SIGN_OUT)
_TAKE = Question(
    sa.delete(_flow).where(_OF_STATE, _flow.c.browser_hash == sa.bindparam("browser_hash")).returning(_flow)
)


def take_flow(uow: UnitOfWork, sealer: Sealer, state: str, browser: str) -> Flow | None:
    """The flow of this state, taken away so that it works once; None when there is none, or none any more.

    Refuses ``state_of_another_browser`` and leaves the flow to the browser that began it.
    """
    state_hash = token_hash(state)
    row = _TAKE.ask(uow.connection, state_hash=state_hash, browser_hash=token_hash(browser))
    if row is None:
        if uow.connection.scalar(sa.select(sa.exists().where(_OF_STATE)), {"state_hash": state_hash}):
            raise bad_callback("state_of_another_browser")
        return None
    if row.expires_at <= uow.now:
        return None
    return Flow(
        row.connection_id,
        state,
        row.nonce,
        sealer.open(row.code_verifier) if row.code_verifier else "",
        row.return_to,
        row.purpose,
        row.person_id,
    )
