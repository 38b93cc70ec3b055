"""Signing out at a client's wish (OpenID Connect RP-Initiated Logout 1.0): of whom, and where the browser goes then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from hub.runtime import Hub
from hub.sso.provider.authorize import with_query
from hub.sso.provider.client_auth import find_client_by
from hub.sso.provider.clients import Client, find_client
from hub.sso.provider.id_token_hint import Hint, read_hint
from hub.sso.provider.refusals import Refused, keep_refusal
from hub.sso.provider.tables import oidc_grant
from hub.sso.sessions import Session
from hub.sso.sign_out import SIGN_IN, sign_out
from hub.store import UnitOfWork

ACTION = "client_sign_out"
MAX_STATE = 4000


@dataclass(frozen=True)
class Wish:
    """A client's wish that somebody be signed out. ``address`` is where the browser goes afterwards; empty for a page of ours.

    ``is_proved`` when the client showed, by an ID token, that it means the session of this very browser; nobody else may
    end it without the person being asked.
    """

    client: Client | None
    address: str
    is_proved: bool


def read_wish(hub: Hub, asked: Mapping[str, Sequence[str]], session: Session | None, address: str) -> Wish:
    """What a client wishes. Raises Refused, with its audit row, for a hint that is not ours or is another client's, and for
    an address that is not registered: the browser is sent nowhere then.
    """
    try:
        with hub.reading() as uow:
            return _read(uow, asked, session)
    except Refused as refused:
        actor_id = session.person_id if session else None
        keep_refusal(hub, ACTION, refused, address, actor_id=actor_id)
        raise


def sign_out_everywhere(hub: Hub, session: Session | None, token: str, browser: str, wish: Wish) -> str:
    """End the browser's session and what clients were given during it; where the browser goes then: through the systems that
    only it can tell, and to the client's address.

    ``token`` and ``browser`` are those of the session's and the flow's cookies. Nothing ends that is over already.
    """
    if session is None:
        return wish.address or SIGN_IN
    return sign_out(hub, token, browser, wish.address)


def _read(uow: UnitOfWork, asked: Mapping[str, Sequence[str]], session: Session | None) -> Wish:
    repeated = [name for name, values in asked.items() if len(values) > 1]
    if repeated:
        raise Refused("repeated_parameter", f"{repeated[0][:100]} was given more than once.")
    given = {name: values[0] for name, values in asked.items() if values[0]}
    hint = _hint(uow, given)
    client = find_client(uow, hint.client_id) if hint else find_client_by(uow, asked.get("client_id", ()))
    if given.get("client_id") and (client is None or client.client_id != given["client_id"]):
        raise Refused("unknown_client", "The system that asked to sign you out is not known here.")
    back = given.get("post_logout_redirect_uri", "")
    if back and (client is None or back not in client.logout_redirect_uris):
        raise Refused(
            "unregistered_redirect_uri", "You were to be sent to an address that is not registered here."
        )
    state = given.get("state", "")
    if len(state) > MAX_STATE:
        raise Refused("bad_state", f"state has at most {MAX_STATE} characters.")
    is_proved = bool(session and hint and _is_of_session(uow, hint, session))
    address = with_query(back, {"state": state} if state else {}) if back else ""
    return Wish(client, address, is_proved)


def _is_of_session(uow: UnitOfWork, hint: Hint, session: Session) -> bool:
    """Whether the client got this ID token for this browser's session."""
    grant = oidc_grant
    query = sa.select(grant.c.id).where(
        grant.c.session_id == session.id, grant.c.client_id == hint.client_id, grant.c.sid == hint.sid
    )
    return uow.connection.scalar(query.limit(1)) is not None


def _hint(uow: UnitOfWork, given: Mapping[str, str]) -> Hint | None:
    if "id_token_hint" not in given:
        return None
    hint = read_hint(uow, given["id_token_hint"])
    if hint is None:
        raise Refused("foreign_hint", "id_token_hint is not an ID token of this hub.")
    if given.get("client_id", hint.client_id) != hint.client_id:
        raise Refused("hint_of_another_client", "id_token_hint was given to another system.")
    return hint
