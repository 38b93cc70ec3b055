"""The authorization endpoint (OpenID Connect Core 1.0, section 3.1.2): a code for the client, an error, or a sign-in first.

Errors go to the client only where its redirect URI is registered, character by character; otherwise the person sees a page
of the hub, so that nobody can be sent anywhere by the hub's address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from hub.errors import BadInput, HubError, NotAllowed
from hub.journal import audit
from hub.limits import Limit, network_of
from hub.runtime import Hub
from hub.sso.flows import Purpose
from hub.sso.limits import take_turn
from hub.sso.provider.access import refuse_outsider
from hub.sso.provider.client_auth import find_client_by
from hub.sso.provider.clients import Client
from hub.sso.provider.grants import begin_grant
from hub.sso.provider.id_token_hint import read_hint
from hub.sso.provider.refusals import Refused, keep_refusal
from hub.sso.provider.request import AuthenticationRequest, Parameters, read_request
from hub.sso.provider.subjects import subject_of
from hub.sso.provider.waiting import keep_request, wishes_in
from hub.sso.sessions import Session
from hub.sso.waiting import ACTION, BEGIN_AGAIN, Demand, SignInFirst, Waiting, lacking
from hub.store import UnitOfWork

WAITING = Limit("oidc_waiting", 300, 60)
"""Requests that are kept until somebody has signed in, per minute and network address: each is a row."""


@dataclass(frozen=True)
class Answered:
    """Where the browser goes now, with a code or an error for the client."""

    address: str


def authorize(
    hub: Hub,
    asked: Parameters,
    session: Session | None,
    address: str,
    waiting: Waiting[Parameters] | None = None,
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
            return _sign_in_first(hub, asked, request, None, "sign_in", address)
        demand = Demand(request.wants_new_sign_in, request.max_age, request.acr)
        if purpose := lacking(demand, session, waiting, hub.clock.now()):
            if waiting is not None and waiting.is_in_vain(session):
                raise _in_vain(purpose)
            return _sign_in_first(hub, asked, request, session, purpose, address)
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


def _sign_in_first(
    hub: Hub,
    asked: Parameters,
    request: AuthenticationRequest,
    session: Session | None,
    purpose: Purpose,
    address: str,
) -> SignInFirst:
    if not request.may_ask:
        raise Refused(
            "no_session",
            "Nobody is signed in at the hub, or not as freshly or strongly as asked.",
            "login_required",
        )
    if not take_turn(hub, WAITING, network_of(address)):
        raise Refused(
            "too_many_waiting", "Too many people begin to sign in at once.", "temporarily_unavailable"
        )
    with hub.unit_of_work() as uow:
        code = keep_request(uow, asked, session.id if session else None)
    return SignInFirst(code, purpose, wishes_in(asked))


def _in_vain(purpose: Purpose) -> Refused:
    """Somebody did sign in once more, and that was not enough."""
    if (
        purpose == "step_up"
    ):  # OpenID Connect Core Error Code unmet_authentication_requirements 1.0; RFC 9470, section 5
        return Refused(
            "acr_not_met",
            "The identity provider did not authenticate this person in a way that was asked for.",
            "unmet_authentication_requirements",
        )
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
