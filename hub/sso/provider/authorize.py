"""The authorization endpoint (OpenID Connect Core 1.0, section 3.1.2): a code for the client, an error, or a sign-in first.

Errors go to the client only where its redirect URI is registered, character by character; otherwise the person sees a page
of the hub, so that nobody can be sent anywhere by the hub's address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from hub.errors import BadInput, HubError, NotAllowed
from hub.journal import audit
from hub.limits import Limit, network_of
from hub.runtime import Hub
from hub.sso.limits import take_turn
from hub.sso.provider.access import refuse_outsider
from hub.sso.provider.client_auth import find_client_by
from hub.sso.provider.clients import Client
from hub.sso.provider.grants import begin_grant
from hub.sso.provider.id_token_hint import read_hint
from hub.sso.provider.refusals import Refused, keep_refusal
from hub.sso.provider.request import AuthenticationRequest, Parameters, read_request
from hub.sso.provider.subjects import subject_of
from hub.sso.provider.tables import oidc_request
from hub.sso.sessions import Session
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork

ACTION = "client_sign_in"
REQUEST_LIFETIME = timedelta(minutes=30)
CLOCK_SKEW = timedelta(seconds=60)
"""How far the clock of an identity provider may be off, which says when somebody signed in."""
MAX_QUERY = 8000
WAITING = Limit("oidc_waiting", 300, 60)
"""Requests that are kept until somebody has signed in, per minute and network address: each is a row."""
BEGIN_AGAIN = "Go back to where you came from and sign in there again."


@dataclass(frozen=True)
class Answered:
    """Where the browser goes now, with a code or an error for the client."""

    address: str


@dataclass(frozen=True)
class SignInFirst:
    """The person has to sign in first; ``code`` then leads back to this request.

    ``again`` when somebody is signed in and has to prove it anew, for ``session``.
    """

    code: str
    again: bool
    login_hint: str = ""


@dataclass(frozen=True)
class Waiting:
    """A request that waited for a sign-in: when it came, and in which web session, if somebody was signed in."""

    asked: Parameters
    asked_at: datetime
    session_id: str | None


def authorize(
    hub: Hub, asked: Parameters, session: Session | None, address: str, waiting: Waiting | None = None
) -> Answered | SignInFirst:
    """Answer an authentication request, which may have been ``waiting`` for somebody to sign in.

    Raises BadInput or NotAllowed, to be shown as a page of the hub, when the client or its redirect URI is not known or the
    client is switched off. Every refusal leaves one audit row; ``address`` is the network address that asks.
    """
    actor_id = session.person_id if session else None
    try:
        client = _asking_client(hub, asked)
    except HubError as error:
        keep_refusal(hub, ACTION, error, address, actor_id=actor_id)
        raise
    redirect_uri, state = asked["redirect_uri"][0], (asked.get("state") or [""])[0]
    try:
        request = read_request(asked, client.scopes)
        if session is None:
            return _sign_in_first(hub, asked, request, None, address)
        if _is_too_old(hub, request, session, waiting):
            if waiting is not None and waiting.session_id not in {None, session.id}:
                raise _not_anew()
            return _sign_in_first(hub, asked, request, session, address)
        with hub.unit_of_work() as uow:
            answer = {"code": _code(uow, client, session, request, redirect_uri)}
    except HubError as error:
        keep_refusal(
            hub,
            ACTION,
            error,
            address,
            client_id=client.client_id,
            actor_id=actor_id,
            connection_id=client.connection_id,
        )
        told = error.error if isinstance(error, Refused) else "access_denied"
        answer = {"error": told, "error_description": error.message}
    if state and len(asked.get("state", ())) == 1:
        answer["state"] = state
    # RFC 9207: the client can tell whose answer this is.
    return Answered(with_query(redirect_uri, {**answer, "iss": hub.settings.public_url}))


def take_up(hub: Hub, code: str) -> Waiting:
    """The request that waited for a sign-in. BadInput ``request_over`` when it is too long ago."""
    with hub.reading() as uow:
        row = uow.find(oidc_request, code_hash=token_hash(code))
        if row is None or row.expires_at <= uow.now:
            raise BadInput("request_over", "This sign-in took too long.", BEGIN_AGAIN)
    return Waiting(parse_qs(row.query, keep_blank_values=True), row.made_at, row.session_id)


def with_query(address: str, parameters: Mapping[str, str]) -> str:
    """The address with more parameters; what stands in its query stays."""
    parts = urlsplit(address)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return urlunsplit(parts._replace(query=query))


def _asking_client(hub: Hub, asked: Parameters) -> Client:
    with hub.glance() as uow:
        client = find_client_by(uow, asked.get("client_id", ()))
    if client is None:
        raise BadInput(
            "unknown_client", "The system that asked you to sign in is not known here.", BEGIN_AGAIN
        )
    check_client(client, asked)
    return client


def check_client(client: Client, asked: Parameters) -> None:
    """Refuse a client that is switched off, and an answer at an address that is not its own, character by character."""
    if client.disabled:
        raise NotAllowed(
            "client_disabled",
            f"Signing in at {client.name} is switched off at the moment.",
            "Try again later.",
        )
    redirect_uris = asked.get("redirect_uri", ())
    if len(redirect_uris) != 1 or redirect_uris[0] not in client.redirect_uris:
        raise BadInput(
            "unregistered_redirect_uri",
            f"{client.name} asked for an answer at an address that is not registered.",
            BEGIN_AGAIN,
        )


def _is_too_old(hub: Hub, request: AuthenticationRequest, session: Session, waiting: Waiting | None) -> bool:
    """Whether the person has to prove anew who it is (section 3.1.2.1: prompt, max_age)."""
    signed_in = session.authenticated_at
    if waiting and waiting.session_id != session.id and signed_in >= waiting.asked_at - CLOCK_SKEW:
        return False
    if request.wants_new_sign_in:
        return True
    return request.max_age is not None and hub.clock.now() - signed_in > request.max_age


def _sign_in_first(
    hub: Hub, asked: Parameters, request: AuthenticationRequest, session: Session | None, address: str
) -> SignInFirst:
    if not request.may_ask:
        raise Refused(
            "no_session", "Nobody is signed in at the hub, or not freshly enough.", "login_required"
        )
    query = urlencode([(name, values[0]) for name, values in asked.items()])
    if len(query) > MAX_QUERY:
        raise Refused("too_long", "The request is too long.")
    if not take_turn(hub, WAITING, network_of(address)):
        raise Refused(
            "too_many_waiting", "Too many people begin to sign in at once.", "temporarily_unavailable"
        )
    code = new_token()
    with hub.unit_of_work() as uow:
        uow.insert(
            oidc_request,
            code_hash=token_hash(code),
            query=query,
            session_id=session.id if session else None,
            made_at=uow.now,
            expires_at=uow.now + REQUEST_LIFETIME,
        )
    return SignInFirst(code, again=session is not None, login_hint=request.login_hint)


def _not_anew() -> Refused:
    return Refused(
        "not_signed_in_anew", "The identity provider did not let this person sign in anew.", "login_required"
    )


def _code(
    uow: UnitOfWork, client: Client, session: Session, request: AuthenticationRequest, redirect_uri: str
) -> str:
    person = refuse_outsider(uow, client, session.person_id)
    if request.id_token_hint:
        hint = read_hint(uow, request.id_token_hint)
        if hint is None or hint.client_id != client.client_id:
            raise Refused("bad_hint", "id_token_hint is not an ID token of this client.")
        if hint.subject != subject_of(uow, client, person.id):
            raise Refused(
                "another_person_expected", "Somebody else is signed in at the hub.", "login_required"
            )
    code = begin_grant(uow, client, session, request, redirect_uri)
    audit(
        uow,
        ACTION,
        client.client_id,
        actor_id=person.id,
        partner_id=person.partner_id,
        connection_id=client.connection_id,
    )
    return code
