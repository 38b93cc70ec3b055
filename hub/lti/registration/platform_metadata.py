"""What a platform says about itself (1EdTech Dynamic Registration 1.0, section 3.4; OpenID Connect Discovery, section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.lti.refusals import Refused
from hub.lti.registration.addresses import address_problem, host_of, host_or_text, is_insecure
from hub.lti.registration.metadata import MAX_TEXT, PLATFORM_CONFIGURATION, bad_metadata, text, texts
from hub.lti.vocabulary import ALL_SCOPES, SIGNING_ALGORITHM


@dataclass(frozen=True)
class PlatformMetadata:
    """A platform's configuration, read and checked. ``scopes`` are those of LTI services that the hub can use.

    ``flags`` says what an administrator has to look at: ``other_host`` for endpoints, or an audience of tokens, on another
    host than the issuer. An audience that names no host counts as one: what is signed for it may be good anywhere.
    """

    issuer: str
    authorize_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    token_audience: str
    product: str
    scopes: tuple[str, ...]
    flags: tuple[str, ...]
    other_hosts: tuple[str, ...]


def read_platform_metadata(given: Mapping[str, Any], configuration_url: str) -> PlatformMetadata:
    """The configuration that was fetched from ``configuration_url``.

    Raises Refused ``other_host`` when the issuer is another host than the one that answered: anybody could claim to be it
    otherwise. ``insecure_endpoint`` for plain http, ``bad_metadata`` for all else.
    """
    issuer = _address(given, "issuer")
    if len(issuer) > MAX_TEXT:
        raise bad_metadata(f"issuer must be an address of at most {MAX_TEXT} characters.")
    if host_of(issuer) != host_of(configuration_url):
        raise Refused(
            "other_host",
            f"The configuration at {host_of(configuration_url)} says that it is of {host_of(issuer)}.",
        )
    endpoints = {
        name: _address(given, name)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")
    }
    algorithms = texts(given, "id_token_signing_alg_values_supported") or [SIGNING_ALGORITHM]
    if SIGNING_ALGORITHM not in algorithms:
        raise bad_metadata(f"The platform does not sign with {SIGNING_ALGORITHM}.")
    about = given.get(PLATFORM_CONFIGURATION, {})
    if not isinstance(about, dict):
        raise bad_metadata(f"{PLATFORM_CONFIGURATION} must be an object.")
    offered = set(texts(given, "scopes_supported"))
    audience = given.get("authorization_server") or ""
    if not isinstance(audience, str) or len(audience) > 2000:
        raise bad_metadata("authorization_server must be a text.")
    hosts = {host_of(url) for url in endpoints.values()} | ({host_or_text(audience)} if audience else set())
    others = sorted(hosts - {host_of(issuer)})
    return PlatformMetadata(
        issuer=issuer,
        authorize_url=endpoints["authorization_endpoint"],
        token_url=endpoints["token_endpoint"],
        jwks_url=endpoints["jwks_uri"],
        registration_url=endpoints["registration_endpoint"],
        token_audience=audience,
        product=text(about, "product_family_code", longest=100),
        scopes=tuple(scope for scope in ALL_SCOPES if scope in offered),
        flags=("other_host",) if others else (),
        other_hosts=tuple(others),
    )


def _address(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if problem := address_problem(value):
        reason = "insecure_endpoint" if is_insecure(value) else "bad_metadata"
        raise Refused(reason, f"{name} in the platform's configuration cannot be used: {problem}.")
    return str(value)
