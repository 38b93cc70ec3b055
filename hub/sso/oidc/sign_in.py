"""Signing in by OpenID Connect: code flow with PKCE, from the hub's sign-in page to a web session."""

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from werkzeug.datastructures import MultiDict

from hub.network.identities import SUBJECT
from hub.runtime import Hub
from hub.sso.arrive import Assertion, SignedIn, arrive, refuse_disabled, refuse_switched_off
from hub.sso.flows import Flow, begin_flow, take_flow
from hub.sso.oidc.callback import Callback, check_issuer, check_success, defined_error, read_callback
from hub.sso.oidc.id_token import Expected, read_header, verify_id_token
from hub.sso.oidc.provider_cache import current_metadata, find_signing_key
from hub.sso.oidc.providers import Provider, read_provider
from hub.sso.oidc.token_exchange import Client, check_userinfo, exchange_code
from hub.sso.refusals import Attempt, asking, audited_refusal, bad_callback
from hub.sso.sessions import Proved


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
    hub: Hub, slug: str, browser: str, arguments: MultiDict[str, str], old_session: str = "", device: str = ""
) -> SignedIn:
    """Check everything the browser and the provider bring, and start a session.

    ``old_session`` is the token the browser held before; that session ends. ``device`` is the browser in words. Raises BadInput, NotAllowed, Missing or
    OutsideFailed, each with its audit row, and then nobody is signed in.
    """
    with audited_refusal(hub) as attempt:
        callback = read_callback(arguments)
        provider = _read_enabled(hub, slug, attempt)
        flow = _take_flow(hub, provider, callback, browser)
        sub = _ask_provider(hub, provider, callback, flow, attempt)
        assertion = Assertion(Proved(provider.connection.id, SUBJECT, sub))
        with hub.unit_of_work() as uow:
            token = arrive(uow, assertion, attempt, old_session, device)
        refuse_switched_off(token)
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
