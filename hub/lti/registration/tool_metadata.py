"""What a tool says when it registers itself (1EdTech Dynamic Registration 1.0, section 3.5; RFC 7591, section 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.lti.refusals import Refused
from hub.lti.registration.addresses import address_problem, host_of, is_insecure
from hub.lti.registration.metadata import (
    TOOL_CONFIGURATION,
    bad_metadata,
    parameters,
    text,
    texts,
)
from hub.lti.vocabulary import (
    ALL_SCOPES,
    DEEP_LINKING_REQUEST,
    RESOURCE_LINK_REQUEST,
    SIGNING_ALGORITHM,
)

MAX_REDIRECT_URIS = 50
MAX_SCOPES = 4000
"""Characters of all scopes together."""
_PERSONAL = frozenset({"name", "given_name", "family_name", "middle_name", "email", "picture", "locale"})
_MESSAGES = (RESOURCE_LINK_REQUEST, DEEP_LINKING_REQUEST)


@dataclass(frozen=True)
class ToolMetadata:
    """A tool's registration, read and checked. ``scopes`` are those the hub can grant; ``asked`` is what it asked for."""

    name: str
    login_url: str
    launch_url: str
    redirect_uris: tuple[str, ...]
    jwks_url: str
    scopes: tuple[str, ...]
    messages: tuple[str, ...]
    deep_linking_url: str | None
    claims: tuple[str, ...]
    custom: Mapping[str, str]
    domain: str
    flags: tuple[str, ...]

    @property
    def settings(self) -> dict[str, Any]:
        """As ``tools.connect_tool`` takes them. Names and addresses are told only to tools that ask for them."""
        return {
            "login_url": self.login_url,
            "launch_url": self.launch_url,
            "jwks_url": self.jwks_url,
            "redirect_uris": list(self.redirect_uris),
            "scopes": list(self.scopes),
            "shares_personal_data": not _PERSONAL.isdisjoint(self.claims),
            "deep_linking_url": self.deep_linking_url,
            "custom": dict(self.custom),
            "domain": self.domain,
            "asked": {"messages": list(self.messages), "claims": list(self.claims)},
        }


def read_tool_metadata(given: Mapping[str, Any]) -> ToolMetadata:
    """The registration that a tool sent.

    Raises Refused ``bad_metadata``, ``bad_redirect_uri`` or ``insecure_endpoint``, with the errors of RFC 7591, section
    3.2.2. A target on another host than the tool's ``domain`` is flagged ``other_host``.
    """
    _check_protocol(given)
    configuration = given.get(TOOL_CONFIGURATION)
    if not isinstance(configuration, dict):
        raise bad_metadata(f"{TOOL_CONFIGURATION} is missing.")
    launch_url = _address(configuration, "target_link_uri")
    domain = text(configuration, "domain").lower()
    messages = _messages(configuration, launch_url)
    return ToolMetadata(
        name=text(given, "client_name", needed=True),
        login_url=_address(given, "initiate_login_uri"),
        launch_url=launch_url,
        redirect_uris=_redirect_uris(given),
        jwks_url=_address(given, "jwks_uri"),
        scopes=_scopes(given),
        messages=tuple(messages),
        deep_linking_url=messages.get(DEEP_LINKING_REQUEST),
        claims=tuple(texts(configuration, "claims")),
        custom=parameters(configuration, "custom_parameters"),
        domain=domain,
        flags=() if _is_within(host_of(launch_url), domain) else ("other_host",),
    )


def _check_protocol(given: Mapping[str, Any]) -> None:
    """The few ways of OAuth and OpenID Connect in which LTI is spoken; what is absent is understood as these."""
    needed = {
        "application_type": "web",
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": SIGNING_ALGORITHM,
        "id_token_signed_response_alg": SIGNING_ALGORITHM,
    }
    for name, value in needed.items():
        if given.get(name, value) != value:
            raise bad_metadata(f"{name} must be {value}.")
    for name, value in {"response_types": "id_token", "grant_types": "implicit"}.items():
        if name in given and value not in texts(given, name):
            raise bad_metadata(f"{name} must contain {value}.")


def _messages(configuration: Mapping[str, Any], launch_url: str) -> dict[str, str]:
    """Where each message goes that both sides know; without a list the standard means the launch alone."""
    listed = configuration.get("messages") or [{"type": RESOURCE_LINK_REQUEST}]
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise bad_metadata("messages must be a list of objects.")
    targets = {RESOURCE_LINK_REQUEST: launch_url}
    for message in listed:
        kind = text(message, "type", needed=True)
        if kind in _MESSAGES:
            has_own = message.get("target_link_uri") is not None
            targets[kind] = _address(message, "target_link_uri") if has_own else launch_url
    return targets


def _redirect_uris(given: Mapping[str, Any]) -> tuple[str, ...]:
    listed = given.get("redirect_uris")
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_REDIRECT_URIS:
        raise _bad_redirect_uri(f"redirect_uris must hold 1 to {MAX_REDIRECT_URIS} addresses.")
    for uri in listed:
        if problem := address_problem(uri):
            raise _bad_redirect_uri(f"A redirect URI cannot be registered: {problem}.")
    return tuple(dict.fromkeys(listed))


def _scopes(given: Mapping[str, Any]) -> tuple[str, ...]:
    asked = set(text(given, "scope", longest=MAX_SCOPES).split())
    return tuple(scope for scope in ALL_SCOPES if scope in asked)


def _address(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if problem := address_problem(value):
        reason = "insecure_endpoint" if is_insecure(value) else "bad_metadata"
        raise Refused(reason, f"{name} cannot be registered: {problem}.", error="invalid_client_metadata")
    return str(value)


def _is_within(host: str, domain: str) -> bool:
    """Whether the host is the domain or below it; a port in ``domain`` does not count, for it gets lost in the field."""
    name = domain.rpartition(":")[0] if ":" in domain else domain
    return not domain or host in {domain, name} or host.endswith(f".{name}")


def _bad_redirect_uri(message: str) -> Refused:
    return Refused("bad_redirect_uri", message, error="invalid_redirect_uri")
