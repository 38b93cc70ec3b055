"""Signing in by OpenID Connect: code flow with PKCE, from the hub's sign-in page to a web session."""

from dataclasses import dataclass

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from werkzeug.datastructures import MultiDict

from hub.errors import NotAllowed
from hub.journal import audit
from hub.network.connections import Connection, read_connection
from hub.network.identities import SUBJECT, find_person
from hub.network.people import Person, read_person, works_for
from hub.runtime import Hub
from hub.sso.callback import Callback, check_issuer, check_success, defined_error, read_callback
from hub.sso.flows import Flow, begin_flow, take_flow
from hub.sso.id_token import Expected, read_header, verify_id_token
from hub.sso.provider_cache import current_metadata, find_signing_key
from hub.sso.providers import Provider, read_provider, refuse_disabled
from hub.sso.refusals import ACTION, Attempt, asking, audited_refusal, bad_callback
from hub.sso.sessions import end_session, end_sessions_of, start_session
from hub.sso.token_exchange import Client, check_userinfo, exchange_code
from hub.store import UnitOfWork


@dataclass(frozen=True)
class SignedIn:
    """A finished sign-in: the new session's token and the page the person wanted."""

    token: str
    return_to: str


def begin_sign_in(hub: Hub, slug: str, browser: str, return_to: str, login_hint: str = "") -> str:
    """The provider's address to send the browser to (OpenID Connect Core 1.0, section 3.1.2.1).

    ``browser`` is the token of the browser's flow cookie, ``return_to`` a checked local path; ``login_hint`` is the
    e-mail the person typed, so that nobody has to type it twice. Raises Missing, NotAllowed or OutsideFailed, each with
    its audit row.
    """
    with audited_refusal(hub) as attempt:
        provider = _read_enabled(hub, slug, attempt)
        metadata = current_metadata(hub, provider)
        with hub.unit_of_work() as uow:
            flow = begin_flow(uow, hub.sealer, provider.connection.id, browser, return_to)
    address: str = prepare_grant_uri(
        metadata.authorization_endpoint,
        provider.client_id,
        "code",
        redirect_uri=hub.settings.url(provider.callback_path),
        scope="openid",  # who it is, and nothing else about the person
        state=flow.state,
        nonce=flow.nonce,
        code_challenge=create_s256_code_challenge(flow.code_verifier),
        code_challenge_method="S256",
        login_hint=login_hint or None,
    )
    return address


def finish_sign_in(
    hub: Hub, slug: str, browser: str, arguments: MultiDict[str, str], old_session: str = ""
) -> SignedIn:
    """Check everything the browser and the provider bring, and start a session.

    ``old_session`` is the token the browser held before; that session ends. Raises BadInput, NotAllowed, Missing or
    OutsideFailed, each with its audit row, and then nobody is signed in.
    """
    with audited_refusal(hub) as attempt:
        callback = read_callback(arguments)
        provider = _read_enabled(hub, slug, attempt)
        flow = _take_flow(hub, provider, callback, browser)
        sub = _ask_provider(hub, provider, callback, flow, attempt)
        token = _start_session(hub, provider, sub, old_session, attempt)
    return SignedIn(token, flow.return_to)


def _read_enabled(hub: Hub, slug: str, attempt: Attempt) -> Provider:
    with hub.reading() as uow:
        provider = read_provider(uow, slug)
    attempt.connection = provider.connection
    refuse_disabled(provider.connection)
    return provider


def _take_flow(hub: Hub, provider: Provider, callback: Callback, browser: str) -> Flow:
    with hub.unit_of_work() as uow:
        flow = take_flow(uow, hub.sealer, callback.state, browser)
    if flow is None:
        raise bad_callback("unknown_state")
    if flow.connection_id != provider.connection.id:
        raise bad_callback("state_of_another_connection")
    return flow


def _ask_provider(hub: Hub, provider: Provider, callback: Callback, flow: Flow, attempt: Attempt) -> str:
    """The subject that signed in, proved by the provider. All the network of a callback is here, outside any unit."""
    name = provider.connection.name
    metadata = current_metadata(hub, provider)
    check_issuer(callback, provider.issuer, announced=metadata.announces_iss)
    if callback.error:
        attempt.detail["idp_error"] = defined_error(callback)
    check_success(callback, name)
    secret = hub.sealer.open(provider.client_secret)
    redirect_uri = hub.settings.url(provider.callback_path)
    client = Client(provider.client_id, secret, redirect_uri, provider.connection.id)
    with asking(name):
        id_token, access_token = exchange_code(hub.http, metadata, client, callback.code, flow.code_verifier)
    header = read_header(id_token)
    key = find_signing_key(hub, provider, metadata, header)
    expected = Expected(provider.issuer, provider.client_id, flow.nonce, access_token)
    sub = verify_id_token(id_token, header, key, expected, hub.clock.now())
    check_userinfo(hub.http, metadata, client, access_token, sub)
    return sub


def _start_session(hub: Hub, provider: Provider, sub: str, old_session: str, attempt: Attempt) -> str:
    """The token of a new session for the person this subject is, if there is one and may sign in."""
    connection_id = provider.connection.id
    with hub.unit_of_work() as uow:
        refuse_disabled(read_connection(uow, connection_id))  # again: asking the provider took its time
        person_id = find_person(uow, connection_id, SUBJECT, sub)
        if person_id is None:
            raise _unknown_subject(provider.connection.name)
        attempt.person_id = person_id
        person = read_person(uow, person_id)
        _refuse_left_partner(uow, provider.connection, person)
        if not person.disabled:
            end_session(uow, old_session)
            audit(
                uow,
                ACTION,
                person_id,
                actor_id=person_id,
                partner_id=person.partner_id,
                connection_id=connection_id,
            )
            return start_session(uow, person_id, connection_id)
        end_sessions_of(uow, person_id)
    raise NotAllowed(
        "person_disabled",
        "Your access to the training hub has been switched off.",
        "Ask your manager or your employer's training administrator.",
    )


def _refuse_left_partner(uow: UnitOfWork, connection: Connection, person: Person) -> None:
    """A partner's provider opens the hub for its own people: whoever has left it signs in with the new employer."""
    if connection.partner_id and not works_for(uow, person, connection.partner_id):
        raise NotAllowed(
            "left_partner",
            f"Your sign-in at {connection.name} worked, but you do not work there any more.",
            "Sign in with the work e-mail of your present employer.",
        )


def _unknown_subject(name: str) -> NotAllowed:
    return NotAllowed(
        "unknown_subject",
        f"Your sign-in at {name} worked, but you are not in the training network yet.",
        "Ask your manager or your employer's training administrator to add you; then sign in again.",
    )
