"""Signing in by OpenID Connect: code flow with PKCE, from the hub's sign-in page to a web session."""

from contextlib import suppress

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from werkzeug.datastructures import MultiDict

from hub.errors import HubError
from hub.exchange import Exchange
from hub.runtime import Hub
from hub.sso.arrive import SignedIn, refuse_disabled
from hub.sso.finish import finish, is_for_operators, joined_acr
from hub.sso.flows import Flow, Purpose, begin_flow, take_flow
from hub.sso.oidc.ask_provider import ask_provider
from hub.sso.oidc.breaker import refuse_resting
from hub.sso.oidc.callback import Callback, read_callback
from hub.sso.oidc.claims import scopes_for
from hub.sso.oidc.provider_cache import current_metadata
from hub.sso.oidc.providers import Provider, read_provider
from hub.sso.refusals import Attempt, audited_refusal, bad_callback
from hub.sso.trials import Recorder, keep_trial, try_arrival


def begin_sign_in(
    hub: Hub,
    slug: str,
    browser: str,
    return_to: str,
    login_hint: str = "",
    purpose: Purpose = "sign_in",
    person_id: str | None = None,
    acr: str = "",
) -> str:
    """The provider's address to send the browser to (OpenID Connect Core 1.0, section 3.1.2.1).

    ``browser`` is the token of the browser's flow cookie, ``return_to`` a checked local path; ``login_hint`` is the
    e-mail the person typed, so that nobody has to type it twice. ``purpose`` and ``person_id`` are those of the flow;
    ``acr`` is asked for before what the connection requires. A connection that is switched off can be tried, and nothing else. Raises Missing, NotAllowed or OutsideFailed, each
    with its audit row.
    """
    with audited_refusal(hub) as attempt:
        provider = _read(hub, slug, attempt)
        if purpose != "try":
            refuse_disabled(provider.connection)
            refuse_resting(hub, provider)
        metadata = current_metadata(hub, provider)
        with hub.at_once() as uow:
            flow = begin_flow(uow, hub.sealer, provider.connection.id, browser, return_to, purpose, person_id)
    address: str = prepare_grant_uri(
        metadata.authorization_endpoint,
        provider.client_id,
        "code",
        redirect_uri=hub.settings.url(provider.callback_path),
        scope=scopes_for(provider.scopes, provider.claim_names),
        state=flow.state,
        nonce=flow.nonce,
        code_challenge=create_s256_code_challenge(flow.code_verifier),
        code_challenge_method="S256",
        login_hint=login_hint or None,
        **_how(hub, provider, purpose, return_to, acr),
    )
    return address


def finish_sign_in(
    hub: Hub, slug: str, browser: str, arguments: MultiDict[str, str], old_session: str = "", device: str = ""
) -> SignedIn:
    """Check everything the browser and the provider bring, and start a session.

    ``old_session`` is the token the browser held before; that session ends. ``device`` is the browser in words. A trial
    starts no session, whatever comes of it. Raises BadInput, NotAllowed, Missing or OutsideFailed, each with its audit
    row, and then nobody is signed in.
    """
    with audited_refusal(hub) as attempt:
        callback = read_callback(arguments)
        provider = _read(hub, slug, attempt)
        flow = _take_flow(hub, provider, callback, browser)
        if flow.purpose == "try":
            return _finish_trial(hub, provider, callback, flow, browser)
        refuse_disabled(provider.connection)
        assertion = ask_provider(hub, provider, provider.claim_names, callback, flow, attempt)
        return finish(hub, flow, assertion, attempt, old_session, device)


def _finish_trial(hub: Hub, provider: Provider, callback: Callback, flow: Flow, browser: str) -> SignedIn:
    """Keep what came back for the browser that tried; nobody is signed in by it, and nothing else is written."""
    recorder = Recorder()
    with suppress(HubError):  # the recorder has it, with what to change
        assertion = ask_provider(hub, provider, provider.claim_names, callback, flow, Attempt(), recorder)
        try_arrival(hub, assertion, recorder)
    with hub.unit_of_work() as uow:
        keep_trial(uow, provider.connection.id, browser, Exchange(recorder.steps))
    return SignedIn("", flow.return_to)


def _how(hub: Hub, provider: Provider, purpose: Purpose, return_to: str, asked: str) -> dict[str, str]:
    """How strongly and how freshly people are to be authenticated (section 3.1.2.1), where that is asked for."""
    acr = provider.required_acr
    how: dict[str, str] = {}
    if purpose in {"link", "again"}:  # nobody else who is signed in there in this browser is meant
        how |= {"prompt": "login", "max_age": "0"}  # with max_age the provider must tell auth_time
    if purpose == "step_up":
        is_operator, minutes = is_for_operators(return_to), hub.settings.admin_minutes
        acr = (is_operator and hub.settings.admin_acr) or acr
        if minutes or not is_operator:
            how |= {"prompt": "login", "max_age": str(minutes * 60)}
    acr = joined_acr(asked, acr)
    return {**how, "acr_values": acr} if acr else how


def _read(hub: Hub, slug: str, attempt: Attempt) -> Provider:
    with hub.glance() as uow:
        provider = read_provider(uow, slug)
    attempt.connection = provider.connection
    return provider


def _take_flow(hub: Hub, provider: Provider, callback: Callback, browser: str) -> Flow:
    with hub.at_once() as uow:
        flow = take_flow(uow, hub.sealer, callback.state, browser)
    if flow is None:
        raise bad_callback("unknown_state")
    if flow.connection_id != provider.connection.id:
        raise bad_callback("state_of_another_connection")
    return flow
