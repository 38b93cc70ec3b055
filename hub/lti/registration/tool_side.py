"""The hub as tool: it registers itself at a platform (1EdTech Dynamic Registration 1.0, sections 3.3 to 3.7).

The platform's administrator opens the registration address, which ends in a one-time code of this hub: without it the hub
calls nobody. The first page calls nobody either; the button on it does, so that a page that is merely loaded changes nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hub.config import Settings
from hub.errors import HubError, OutsideFailed
from hub.http import Answer
from hub.journal import audit
from hub.lti.refusals import Refused
from hub.lti.registration.addresses import address_problem, host_of
from hub.lti.registration.decide import doubts_about_platform, save_platform
from hub.lti.registration.drafts import ACTION, Draft, change_draft, draft_of, release_draft, take_draft
from hub.lti.registration.metadata import MAX_TEXT, TOOL_CONFIGURATION, read_json_object
from hub.lti.registration.platform_metadata import PlatformMetadata, read_platform_metadata
from hub.lti.tool.platforms import hub_as_tool
from hub.lti.vocabulary import ALL_SCOPES, DEEP_LINKING_REQUEST, RESOURCE_LINK_REQUEST, USUAL_SCOPES
from hub.runtime import Hub

CLIENT_NAME = "Partner Training Hub"
MAX_TOKEN = 8000
_DONE = frozenset({200, 201})


@dataclass(frozen=True)
class Invitation:
    """What the platform's administrator is asked to confirm: registering ``draft.name`` with ``host``."""

    draft: Draft
    host: str


@dataclass(frozen=True)
class Registered:
    """A registration that the platform accepted. ``connection_id`` is None while it waits for somebody to approve it.

    ``other_hosts`` are hosts beside the issuer's that its configuration names. ``needs_deployment`` when the platform did
    not say where the hub is deployed: each place is approved when it first launches.
    """

    draft: Draft
    issuer: str
    connection_id: str | None
    other_hosts: tuple[str, ...]
    needs_deployment: bool


def read_invitation(hub: Hub, code: str, configuration_url: str, token: str) -> Invitation:
    """Look at a registration before it begins; nobody is called and nothing written, but for the audit row of a refusal.

    Raises Refused as ``register_hub`` does for the code, the token and the address.
    """
    draft: Draft | None = None
    try:
        with hub.reading() as uow:
            draft = draft_of(uow, code, "platform")
        _check_parameters(draft, configuration_url, token)
        return Invitation(draft, host_of(configuration_url))
    except HubError as error:
        _audit(hub, error, draft, configuration_url)
        raise


def register_hub(hub: Hub, code: str, configuration_url: str, token: str) -> Registered:
    """Fetch the platform's configuration, register the hub there and save the platform.

    Raises Refused: 401 for a code that is not good or a missing token (``no_token``, unless the registration allows it);
    ``refused_address``, ``timeout`` and the other codes of ``hub.http``; ``other_host``, ``insecure_endpoint``,
    ``bad_metadata`` for the configuration; ``token_refused``, ``refused_by_platform``, ``platform_failed`` for the
    platform's answer; ``platform_taken`` when it already is another partner's. One audit row; the code stays good.
    """
    draft: Draft | None = None
    try:
        with hub.reading() as uow:
            draft = draft_of(uow, code, "platform")
        _check_parameters(draft, configuration_url, token)
        configuration = _fetch(hub, configuration_url)
        platform = read_platform_metadata(configuration, configuration_url)
        with hub.unit_of_work() as uow:
            take_draft(uow, draft)
        try:
            return _register(hub, draft, platform, token)
        except BaseException:
            with hub.unit_of_work() as uow:
                release_draft(uow, draft)
            raise
    except HubError as error:
        _audit(hub, error, draft, configuration_url)
        raise


def client_metadata(settings: Settings, scopes: tuple[str, ...]) -> dict[str, Any]:
    """The hub as tool (section 3.5). It asks for nobody's name or address: who somebody is, is proved otherwise."""
    hub = hub_as_tool(settings, "")
    home = settings.url("/lti/tool/open/home")
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": hub.login_url,
        "redirect_uris": list(hub.redirect_uris),
        "client_name": CLIENT_NAME,
        "jwks_uri": hub.jwks_url,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        TOOL_CONFIGURATION: {
            "domain": urlsplit(settings.public_url).netloc,
            "description": "Training of the whole partner network, in one place.",
            "target_link_uri": home,
            "custom_parameters": {},
            "claims": ["iss", "sub"],
            "messages": [
                {"type": RESOURCE_LINK_REQUEST, "target_link_uri": home, "label": CLIENT_NAME},
                {
                    "type": DEEP_LINKING_REQUEST,
                    "target_link_uri": hub.deep_linking_url,
                    "label": "Courses and paths",
                    "supported_types": ["ltiResourceLink"],
                },
            ],
        },
    }


def _check_parameters(draft: Draft, configuration_url: str, token: str) -> None:
    if problem := address_problem(configuration_url):
        raise Refused("refused_address", f"openid_configuration cannot be fetched: {problem}.")
    if not token and not draft.allow_no_token:
        raise Refused("no_token", "The platform sent no registration token.", status=401)
    if len(token) > MAX_TOKEN or any(not " " < character < "\x7f" for character in token):
        raise Refused("bad_token", "The platform's registration token cannot be sent back.")


def _fetch(hub: Hub, url: str) -> dict[str, Any]:
    answer = _call(hub, "GET", url)
    if answer.status != 200:
        words = "leads elsewhere" if 300 <= answer.status < 400 else f"answered {answer.status}"
        raise Refused("configuration_status", f"The platform's configuration {words}.", status=502)
    return read_json_object(answer.body)


def _register(hub: Hub, draft: Draft, platform: PlatformMetadata, token: str) -> Registered:
    scopes = platform.scopes or USUAL_SCOPES
    body = json.dumps(client_metadata(hub.settings, scopes)).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    answer = _call(hub, "POST", platform.registration_url, headers, body)
    if answer.status not in _DONE:
        raise _not_registered(answer.status)
    settings = _settings(platform, read_json_object(answer.body), scopes)
    with hub.unit_of_work() as uow:
        flags = [*platform.flags, *doubts_about_platform(uow, draft, settings)]
        received = {
            "name": platform.product or host_of(platform.issuer),
            "settings": settings,
            "flags": flags,
            "other_hosts": list(platform.other_hosts),
            "renews": draft.connection_id is not None,
        }
        waits = bool(flags)
        connection_id = None if waits else save_platform(uow, draft, settings)
        draft = change_draft(uow, draft.id, state="received" if waits else "approved", received=received)
        audit(
            uow,
            ACTION,
            draft.id,
            partner_id=draft.partner_id,
            connection_id=connection_id,
            detail={"done": draft.state, "flags": flags},
        )
    return Registered(
        draft, platform.issuer, connection_id, platform.other_hosts, "deployment_id" not in settings
    )


def _settings(platform: PlatformMetadata, said: Mapping[str, Any], scopes: tuple[str, ...]) -> dict[str, Any]:
    """As ``platforms.connect_platform`` takes them: the configuration and what the registration was answered with."""
    client_id = said.get("client_id")
    if isinstance(client_id, int) and not isinstance(client_id, bool):
        client_id = str(client_id)
    if not isinstance(client_id, str) or not 0 < len(client_id) <= MAX_TEXT:
        raise Refused("refused_by_platform", "The platform's answer names no client_id.", status=502)
    granted = said.get("scope")
    if isinstance(granted, str):
        scopes = tuple(scope for scope in ALL_SCOPES if scope in granted.split())
    settings: dict[str, Any] = {
        "issuer": platform.issuer,
        "client_id": client_id,
        "authorize_url": platform.authorize_url,
        "token_url": platform.token_url,
        "jwks_url": platform.jwks_url,
        "token_audience": platform.token_audience,
        "product": platform.product,
        "scopes": list(scopes),
    }
    about = said.get(TOOL_CONFIGURATION)
    deployment_id = about.get("deployment_id") if isinstance(about, dict) else None
    if isinstance(deployment_id, str | int) and 0 < len(str(deployment_id)) <= MAX_TEXT:
        settings["deployment_id"] = str(deployment_id)
    return settings


def _call(
    hub: Hub, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    try:
        return hub.http.request(method, url, headers=headers or {"Accept": "application/json"}, body=body)
    except OutsideFailed as failure:
        raise Refused(failure.code, f"{host_of(url)}: {failure.message}", status=failure.status) from None


def _not_registered(status: int) -> Refused:
    if status in {401, 403}:
        return Refused("token_refused", "The platform did not take its registration token.", status=502)
    if status < 500:
        return Refused(
            "refused_by_platform", f"The platform refused to register the hub ({status}).", status=502
        )
    return Refused("platform_failed", f"The platform could not register the hub ({status}).", status=502)


def _audit(hub: Hub, error: HubError, draft: Draft | None, configuration_url: str) -> None:
    """The address without its query, which may hold anything."""
    host = host_of(configuration_url)[:200] if not address_problem(configuration_url) else ""
    hub.audit_refusal(
        ACTION,
        error.code,
        draft.id if draft else "",
        partner_id=draft.partner_id if draft else None,
        connection_id=draft.connection_id if draft else None,
        detail={"received": {"host": host}} if host else None,
    )
