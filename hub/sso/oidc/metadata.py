"""What an identity provider says about itself (OpenID Connect Discovery 1.0), read strictly."""

from urllib.parse import urlsplit

import msgspec

from hub.errors import OutsideFailed
from hub.http import Answer, OutgoingHttp
from hub.sso.oidc.keys import ALLOWED_ALGORITHMS, PublicKey, read_key_set

WELL_KNOWN = "/.well-known/openid-configuration"
MAX_URL = 2000


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a discovery document (section 3) that the hub uses; everything else is left out."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] | None = None
    authorization_response_iss_parameter_supported: bool | None = None

    @property
    def announces_iss(self) -> bool:
        """Whether every answer to the browser names the issuer (RFC 9207, section 3)."""
        return bool(self.authorization_response_iss_parameter_supported)

    @property
    def wants_secret_in_form(self) -> bool:
        """Whether the client secret goes into the form; else into a Basic header, which is the default."""
        methods = self.token_endpoint_auth_methods_supported or ("client_secret_basic",)
        return "client_secret_basic" not in methods and "client_secret_post" in methods


def fetch_metadata(http: OutgoingHttp, issuer: str, connection: str) -> Metadata:
    """The provider's metadata from its well-known address (section 4).

    Raises OutsideFailed: as for every call, ``bad_metadata`` when it cannot be used, ``other_issuer`` when it speaks
    for another issuer than the one configured (section 4.3).
    """
    answer = http.get(issuer.rstrip("/") + WELL_KNOWN, connection=connection)
    _expect_ok(answer)
    try:
        metadata = msgspec.json.decode(answer.body, type=Metadata)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _bad_metadata() from None
    if metadata.issuer != issuer:
        raise OutsideFailed("other_issuer", "The metadata names another issuer.", retryable=False)
    if not all(_is_usable(url, issuer) for url in _addresses(metadata)) or not _share_an_algorithm(metadata):
        raise _bad_metadata()
    return metadata


def fetch_keys(http: OutgoingHttp, jwks_uri: str, connection: str) -> tuple[PublicKey, ...]:
    """The provider's usable signing keys, at least one. OutsideFailed as for every call, ``no_keys`` when there is none."""
    answer = http.get(jwks_uri, connection=connection)
    _expect_ok(answer)
    keys = read_key_set(answer.body)
    if not keys:
        raise OutsideFailed("no_keys", "The key set has no key that can be used.")
    return keys


def _expect_ok(answer: Answer) -> None:
    if answer.status != 200:
        raise OutsideFailed("status", f"The other system answered {answer.status}.")


def _addresses(metadata: Metadata) -> list[str]:
    always = [metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri]
    return always + [url for url in (metadata.userinfo_endpoint, metadata.end_session_endpoint) if url]


def _is_usable(url: str, issuer: str) -> bool:
    """Whether a browser or the hub may be sent there: https, or plain http where the issuer itself is plain http."""
    if len(url) > MAX_URL or not (url.isascii() and url.isprintable()) or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"https", urlsplit(issuer).scheme} and bool(parts.hostname) and not parts.fragment


def _share_an_algorithm(metadata: Metadata) -> bool:
    """Whether sign-ins can work at all. What the metadata lists never widens the hub's own list."""
    listed = metadata.id_token_signing_alg_values_supported
    return listed is None or not ALLOWED_ALGORITHMS.isdisjoint(listed)


def _bad_metadata() -> OutsideFailed:
    return OutsideFailed("bad_metadata", "The metadata is not a usable discovery document.", retryable=False)
