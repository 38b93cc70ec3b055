"""Signing out of the hub, and from there of the system that the person signed in at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa

from hub.errors import HubError
from hub.journal import audit
from hub.network.systems.connections import Connection, read_connection
from hub.runtime import Hub
from hub.sso.flows import SIGN_OUT, Flow, keep_flow
from hub.sso.oidc.leaving import logout_address as oidc_logout
from hub.sso.saml.form_post import FormPost
from hub.sso.saml.leaving import logout_address as saml_logout
from hub.sso.saml_provider.leaving import leave_systems
from hub.sso.sessions import end_session, find_session
from hub.sso.tables import sign_in_flow, web_session
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork

SIGN_IN = "/sign-in?signed_out=1"
SIGNED_OUT = "/signed-out"
"""Where people are once it is done: the post_logout_redirect_uri of OpenID Connect."""

_ADDRESSES: Mapping[str, Callable[[Hub, UnitOfWork, str, str, str], str | FormPost]] = {
    "oidc": oidc_logout,
    "saml": saml_logout,
}


@dataclass(frozen=True)
class Leaving:
    """A sign-out under way: the address at which the provider signs the person out, and the connection's name.

    ``fields`` are posted there; without any, the browser just goes there.
    """

    address: str
    name: str
    fields: Mapping[str, str]


def sign_out(hub: Hub, token: str, browser: str = "", onward: str = "") -> str:
    """End the session of this token, with an audit row; where the browser goes next.

    ``browser`` is the token of the browser's flow cookie, to which leaving the provider is bound. ``onward`` is the registered
    address of a client that wants the browser back; the provider's own sign-out, which keeps it, is left out then. When the
    session is already over, nothing happens.
    """
    with hub.unit_of_work() as uow:
        session = find_session(uow, token)
        held = uow.find(web_session, token_hash=token_hash(token)) if session else None
        end_session(uow, token)
        if session is None or held is None:
            return onward or SIGN_IN
        audit(
            uow,
            "sign_out",
            session.person_id,
            actor_id=session.person_id,
            connection_id=session.connection_id,
        )
        if not onward:
            onward = _leave(hub, uow, read_connection(uow, session.connection_id), held.id_token, browser)
        return leave_systems(hub, uow, session.id, onward)


def begin_leaving(
    hub: Hub, uow: UnitOfWork, connection_id: str, browser: str, way: str | FormPost, state: str
) -> str:
    """Keep how the provider signs the person out, sealed, for this browser: its address, or a form; the page that goes there.

    ``state`` is a fresh random token that comes back from there.
    """
    flow = Flow(connection_id, state, nonce="", code_verifier="", return_to=SIGNED_OUT)
    form = way if isinstance(way, FormPost) else FormPost(way, {})
    keep_flow(uow, flow, browser, SIGN_OUT, hub.sealer.seal(msgspec.json.encode(form).decode()))
    return f"{SIGNED_OUT}?{urlencode({'leave': state})}"


def read_leaving(hub: Hub, uow: UnitOfWork, state: str, browser: str) -> Leaving | None:
    """The sign-out of this state that this browser began, within ten minutes."""
    row = uow.connection.execute(sa.select(sign_in_flow).where(*_mine(state, browser))).one_or_none()
    if row is None or row.expires_at <= uow.now:
        return None
    form = msgspec.json.decode(hub.sealer.open(row.code_verifier), type=FormPost)
    return Leaving(form.address, read_connection(uow, row.connection_id).name, form.fields)


def finish_leaving(uow: UnitOfWork, state: str, browser: str) -> str:
    """The name of where the person was signed out too, once; empty when nothing of the kind was under way."""
    row = uow.connection.execute(
        sa.delete(sign_in_flow).where(*_mine(state, browser)).returning(sign_in_flow.c.connection_id)
    ).one_or_none()
    return read_connection(uow, row.connection_id).name if row else ""


def _leave(hub: Hub, uow: UnitOfWork, connection: Connection, id_token: str, browser: str) -> str:
    """The page after signing out: that of the provider's own sign-out where there is one, else the sign-in."""
    logout_address = _ADDRESSES.get(connection.kind)
    if logout_address is None or not browser:
        return SIGN_IN
    state = new_token()
    try:
        way = logout_address(hub, uow, connection.slug, id_token, state)
    except HubError:  # the connection is gone, or the secret cannot be opened: the session ends in any case
        return SIGN_IN
    return begin_leaving(hub, uow, connection.id, browser, way, state) if way else SIGN_IN


def _mine(state: str, browser: str) -> list[sa.ColumnElement[bool]]:
    table = sign_in_flow
    return [
        table.c.state_hash == token_hash(state),
        table.c.browser_hash == token_hash(browser),
        table.c.purpose == SIGN_OUT,
    ]
