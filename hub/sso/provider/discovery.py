"""What the hub says about itself as OpenID provider (OpenID Connect Discovery 1.0, section 3)."""

from typing import Any

from hub.config import Settings
from hub.signing.keys import ALGORITHM
from hub.sso.provider.client_assertion import ALGORITHMS
from hub.sso.provider.client_settings import AUTH_METHODS, SCOPES, SUBJECT_TYPES


def provider_metadata(settings: Settings) -> dict[str, Any]:
    """The discovery document; everything in it is so, and tested to be so."""
    return {
        "issuer": settings.public_url,
        "authorization_endpoint": settings.url("/oauth/authorize"),
        "token_endpoint": settings.url("/oauth/token"),
        "userinfo_endpoint": settings.url("/oauth/userinfo"),
        "jwks_uri": settings.url("/oauth/jwks"),
        "revocation_endpoint": settings.url("/oauth/revoke"),
        "end_session_endpoint": settings.url("/oauth/logout"),
        "scopes_supported": ["openid", *SCOPES],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": list(SUBJECT_TYPES),
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": [
            *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "sid", "at_hash"),
            *("name", "given_name", "family_name", "locale", "email", "email_verified"),
        ],
        "claim_types_supported": ["normal"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
