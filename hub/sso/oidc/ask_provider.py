"""What a provider proves about whoever comes back from it: all the network of a callback is here, outside any unit."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from hub.errors import OutsideFailed
from hub.exchange import masked
from hub.logging import get_logger
from hub.network.people.identities import SUBJECT
from hub.runtime import Hub
from hub.sso.arrive import Assertion
from hub.sso.finish import check_acr, wanted_acr
from hub.sso.flows import Flow
from hub.sso.oidc.breaker import Watch, take_turn_after_rest
from hub.sso.oidc.callback import Callback, check_issuer, check_success, defined_error
from hub.sso.oidc.claims import pick_claims
from hub.sso.oidc.id_token import Expected, Verified, read_header, verify_id_token
from hub.sso.oidc.metadata import Metadata
from hub.sso.oidc.provider_cache import current_metadata, find_signing_key
from hub.sso.oidc.providers import Provider
from hub.sso.oidc.token_exchange import Client, ask_userinfo, exchange_code
from hub.sso.refusals import Attempt, asking
from hub.sso.sessions import Proved
from hub.sso.trials import Recorder

logger = get_logger(__name__)

COME_BACK, EXCHANGE, VERIFY, USERINFO = (
    "Come back from the provider",
    "Exchange the code for tokens",
    "Verify the ID token",
    "Ask userinfo",
)
MAX_KEPT_TOKEN = 4000
"""Characters of an ID token that is kept as hint for signing out; longer ones fit into no address."""


def ask_provider(
    hub: Hub,
    provider: Provider,
    names: Iterable[str],
    callback: Callback,
    flow: Flow,
    attempt: Attempt,
    recorder: Recorder | None = None,
) -> Assertion:
    """Who signed in, proved by the provider, with the claims of these names.

    Each step is noted in ``recorder``. Raises BadInput, NotAllowed or OutsideFailed with a reason of its own.
    """
    recorder = recorder or Recorder()
    if flow.purpose != "try":
        take_turn_after_rest(hub, provider)
    metadata = current_metadata(hub, provider)
    _check_callback(provider, metadata, callback, attempt, recorder)
    watch = Watch(hub, provider)
    try:
        client = _client(hub, provider)
        id_token, access_token = _exchange(hub, provider, metadata, client, callback, flow, watch, recorder)
        verified = _verify(hub, provider, metadata, flow, id_token, access_token, recorder)
        told = _userinfo(hub, provider, metadata, client, access_token, verified, watch, recorder)
    finally:
        watch.finish()
    proved = Proved(
        provider.connection.id,
        SUBJECT,
        verified.subject,
        verified.provider_session,
        verified.acr,
        _authenticated_at(flow, verified),
        _kept(hub, provider, metadata, id_token),
        time_is_told=verified.authenticated_at is not None,
    )
    return Assertion(proved, pick_claims(names, verified.claims, told))


def _check_callback(
    provider: Provider, metadata: Metadata, callback: Callback, attempt: Attempt, recorder: Recorder
) -> None:
    with recorder.step(COME_BACK, "The provider sent a code.", f"GET {provider.callback_path}") as received:
        received |= {"iss": callback.iss, "code": masked(callback.code) if callback.code else ""}
        check_issuer(callback, provider.issuer, announced=metadata.announces_iss)
        if callback.error:
            received["error"] = attempt.detail["idp_error"] = defined_error(callback)
        check_success(callback, provider.connection.name)


def _exchange(
    hub: Hub,
    provider: Provider,
    metadata: Metadata,
    client: Client,
    callback: Callback,
    flow: Flow,
    watch: Watch,
    recorder: Recorder,
) -> tuple[str, str | None]:
    with (
        recorder.step(EXCHANGE, "The provider gave tokens.", f"POST {metadata.token_endpoint}") as received,
        asking(provider.connection.name),
        watch.asking(),
    ):
        tokens = exchange_code(hub.http, metadata, client, callback.code, flow.code_verifier)
        received["id_token"] = masked(tokens[0])
        received["access_token"] = masked(tokens[1]) if tokens[1] else "none"
    return tokens


def _verify(
    hub: Hub,
    provider: Provider,
    metadata: Metadata,
    flow: Flow,
    id_token: str,
    access_token: str | None,
    recorder: Recorder,
) -> Verified:
    with recorder.step(VERIFY, "The token is right.") as received:
        header = read_header(id_token)
        received |= {"alg": header.alg, "kid": header.kid}
        key = find_signing_key(hub, provider, metadata, header)
        expected = Expected(provider.issuer, provider.client_id, flow.nonce, access_token)
        verified = verify_id_token(id_token, header, key, expected, hub.clock.now())
        received |= _shown(verified.claims)
        acr = wanted_acr(hub.settings, flow.purpose, flow.return_to, provider.required_acr)
        check_acr(acr, verified.acr, provider.connection.name)
    return verified


def _userinfo(
    hub: Hub,
    provider: Provider,
    metadata: Metadata,
    client: Client,
    access_token: str | None,
    verified: Verified,
    watch: Watch,
    recorder: Recorder,
) -> Mapping[str, object]:
    if metadata.userinfo_endpoint is None or access_token is None:
        recorder.skip(USERINFO, "The provider has none, or gave no access token for it.")
        return {}
    told: Mapping[str, object] = {}
    request = f"GET {metadata.userinfo_endpoint}"
    try:
        with recorder.step(USERINFO, "It is about the same person.", request) as received, watch.asking():
            told = ask_userinfo(hub.http, metadata, client, access_token, verified.subject)
            received |= _shown(told)
    except OutsideFailed as error:  # the verified ID token alone decides who signs in
        logger.warning("userinfo_unreadable", connection=provider.connection.slug, problem=error.code)
    return told


def _client(hub: Hub, provider: Provider) -> Client:
    secret = hub.sealer.open(provider.client_secret)
    redirect_uri = hub.settings.url(provider.callback_path)
    return Client(provider.client_id, secret, redirect_uri, provider.connection.id)


def _authenticated_at(flow: Flow, verified: Verified) -> datetime | None:
    """When the provider says that it authenticated the person.

    Some say nothing of it unless they are set up to (Entra ID). Where the hub itself asked for a new sign-in
    (``prompt=login``, ``max_age=0``), it takes the answer for one: the nonce binds the token to this flow, which is minutes old.
    Whoever takes ``prompt`` out of the address sits in front of the provider's open session, and could as well sign out
    of the hub and in again. A client that asked for a new sign-in is told nothing that the provider did not say.
    """
    if verified.authenticated_at is None and flow.person_id and flow.purpose in {"again", "link"}:
        return verified.issued_at
    return verified.authenticated_at


def _kept(hub: Hub, provider: Provider, metadata: Metadata, id_token: str) -> str:
    """The ID token sealed, where signing out will need it; else nothing."""
    needed = provider.signs_out and metadata.end_session_endpoint and len(id_token) <= MAX_KEPT_TOKEN
    return hub.sealer.seal(id_token) if needed else ""


def _shown(claims: Mapping[str, object]) -> dict[str, object]:
    """All claims but those that are secrets of this one sign-in."""
    return {name: value for name, value in claims.items() if name not in {"nonce", "at_hash", "c_hash"}}
