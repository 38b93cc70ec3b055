"""The hub as platform: a tool registers itself (1EdTech Dynamic Registration 1.0, sections 3.3 to 3.6; RFC 7591)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hub import __version__
from hub.config import Settings
from hub.errors import HubError
from hub.journal import audit
from hub.lti.refusals import Refused
from hub.lti.registration.decide import known_tool, save_tool
from hub.lti.registration.drafts import ACTION, Draft, change_draft, draft_of, take_draft
from hub.lti.registration.metadata import (
    PLATFORM_CONFIGURATION,
    TOOL_CONFIGURATION,
    bad_metadata,
    read_json_object,
)
from hub.lti.registration.tool_metadata import ToolMetadata, read_tool_metadata
from hub.lti.tools import ToolRegistration, registration_of
from hub.lti.vocabulary import (
    ALL_SCOPES,
    DEEP_LINKING_REQUEST,
    RESOURCE_LINK_REQUEST,
    SIGNING_ALGORITHM,
)
from hub.network.systems.setup_links import LinkRefused
from hub.runtime import Hub
from hub.store import UnitOfWork

PRODUCT = "partner-training-hub"
_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{1,500})", re.IGNORECASE)


def openid_configuration(settings: Settings, draft_id: str = "") -> dict[str, Any]:
    """What tools read about the hub (section 3.4). With ``draft_id`` only that registration's token is taken."""
    register = settings.url("/lti/register")
    return {
        "issuer": settings.public_url,
        "authorization_endpoint": settings.url("/lti/authorize"),
        "token_endpoint": settings.url("/lti/token"),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": [SIGNING_ALGORITHM],
        "jwks_uri": settings.url("/lti/jwks"),
        "registration_endpoint": f"{register}?{urlencode({'registration': draft_id})}"
        if draft_id
        else register,
        "scopes_supported": ["openid", *ALL_SCOPES],
        "response_types_supported": ["id_token"],
        "response_modes_supported": ["form_post"],
        "grant_types_supported": ["implicit", "client_credentials"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [SIGNING_ALGORITHM],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        PLATFORM_CONFIGURATION: {
            "product_family_code": PRODUCT,
            "version": __version__,
            "messages_supported": [{"type": RESOURCE_LINK_REQUEST}, {"type": DEEP_LINKING_REQUEST}],
            "variables": [],
        },
    }


def register_tool(hub: Hub, authorization: str, body: bytes, draft_id: str = "") -> dict[str, Any]:
    """Register the tool that sent ``body``; the registration as it is kept (RFC 7591, section 3.2.1).

    A new tool waits for approval, and its client_id works nowhere until then, unless a setup link brought it and nothing
    about it is flagged. A tool that is there already keeps its client_id, and what it has changed waits for approval,
    whatever brought it: other addresses are a way to take its launches over.
    Raises Refused 401 without a good registration token, else what ``read_tool_metadata`` raises; a refused registration
    leaves one audit row and the token as it was, so the tool may try again.
    """
    draft: Draft | None = None
    try:
        match = _BEARER.fullmatch(authorization.strip())
        with hub.unit_of_work() as uow:
            draft = draft_of(uow, match[1] if match else "", "tool", draft_id)
            metadata = read_tool_metadata(read_json_object(body))
            take_draft(uow, draft)
            return _register(uow, draft, metadata)
    except HubError as error:
        hub.audit_refusal(
            ACTION,
            error.code,
            draft.id if draft else "",
            partner_id=draft.partner_id if draft else None,
            connection_id=draft.connection_id if draft else None,
        )
        if isinstance(error, Refused):
            raise
        if isinstance(error, LinkRefused):
            raise Refused(error.code, error.message, status=error.status) from None
        raise bad_metadata(error.message) from None


def _register(uow: UnitOfWork, draft: Draft, metadata: ToolMetadata) -> dict[str, Any]:
    known = known_tool(uow, draft)
    approved = draft.setup_link_id is not None and known is None and not metadata.flags
    if known is None:
        state = "active" if approved else "pending"
        made = save_tool(uow, draft, {**metadata.settings, "state": state})
    else:
        made = registration_of(known, uow.settings)
    received = {
        "name": metadata.name,
        "settings": metadata.settings,
        "flags": [*metadata.flags, *(["tool_renewed"] if known else [])],
        "renews": known is not None,
    }
    change_draft(uow, draft.id, state="approved" if approved else "received", received=received)
    audit(
        uow,
        ACTION,
        draft.id,
        partner_id=draft.partner_id,
        connection_id=made.connection_id,
        detail={"done": "approved" if approved else "received"},
    )
    return _answer(metadata, made)


def _answer(metadata: ToolMetadata, made: ToolRegistration) -> dict[str, Any]:
    messages: list[Mapping[str, str]] = [
        {"type": RESOURCE_LINK_REQUEST, "target_link_uri": metadata.launch_url}
    ]
    if metadata.deep_linking_url:
        messages.append({"type": DEEP_LINKING_REQUEST, "target_link_uri": metadata.deep_linking_url})
    return {
        "client_id": made.client_id,
        "client_name": metadata.name,
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
        "initiate_login_uri": metadata.login_url,
        "redirect_uris": list(metadata.redirect_uris),
        "jwks_uri": metadata.jwks_url,
        "scope": " ".join(metadata.scopes),
        TOOL_CONFIGURATION: {
            "domain": metadata.domain,
            "target_link_uri": metadata.launch_url,
            "custom_parameters": dict(metadata.custom),
            "claims": list(metadata.claims),
            "messages": messages,
            "deployment_id": made.deployment_id,
        },
    }


@dataclass(frozen=True)
class ToolAnswer:
    """How the endpoint answers a refusal: RFC 7591, section 3.2.2, or RFC 6750, section 3, without a good token."""

    body: Mapping[str, str]
    status: int
    headers: Mapping[str, str]


def refusal_answer(refused: Refused) -> ToolAnswer:
    """The answer for a tool whose registration was refused."""
    error = refused.error or "invalid_client_metadata"
    return ToolAnswer({"error": error, "error_description": refused.message}, refused.status, refused.headers)
