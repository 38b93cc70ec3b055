"""Who asks for a token: a JWT signed with the tool's private key (RFC 7523; 1EdTech Security Framework 1.0, section 4.1)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError

from hub.lti.refusals import Refused
from hub.lti.remote_keys import remote_key
from hub.lti.tools import Tool, find_tool, key_source
from hub.lti.vocabulary import SIGNING_ALGORITHM
from hub.runtime import Hub

LONGEST_LIFETIME = timedelta(hours=1)
SKEW = timedelta(seconds=60)
"""How far a tool's clock may be off."""
MAX_LENGTH = 8 * 1024
MAX_TEXT = 300


@dataclass(frozen=True)
class Assertion:
    """A verified assertion. ``jti`` must still be shown to be new; it has to be remembered until ``expires_at``."""

    tool: Tool
    jti: str
    expires_at: datetime


def verify_assertion(hub: Hub, assertion: str) -> Assertion:
    """Verify everything but that the jti is new, outside any unit. Raises Refused with error ``invalid_client``.

    Only the key with the header's kid from the JWKS of the tool named in the assertion is tried, and only with RS256;
    keys that the header itself brings along (jwk, jku, x5u) are never looked at.
    """
    kid, claimed = _read_unverified(assertion)
    issuer = claimed.get("iss")
    if not isinstance(issuer, str) or issuer != claimed.get("sub"):
        raise _refused("assertion_issuer", "iss and sub must both be the client_id.")
    with hub.reading() as uow:
        tool = find_tool(uow, issuer)
    if tool is None:
        raise _refused("unknown_client", "This client is not known here.")
    if tool.closed:
        raise _refused(tool.closed, f"This tool {tool.closed_words}", tool)
    try:
        claims = jwt.decode(
            assertion, remote_key(hub, key_source(tool), kid), algorithms=[SIGNING_ALGORITHM]
        ).claims
    except (JoseError, ValueError):
        raise _refused("assertion_signature", "The signature does not verify.", tool) from None
    _check_claims(hub, tool, claims)
    expires_at = datetime.fromtimestamp(claims["exp"], UTC) + SKEW
    return Assertion(tool, claims["jti"], expires_at)


def _read_unverified(assertion: str) -> tuple[str, dict[str, Any]]:
    """The kid and the claims, to find out whose key to verify with; nothing of it is believed."""
    try:
        if len(assertion) > MAX_LENGTH:
            raise ValueError("too long")
        token = jws.extract_compact(assertion.encode())
        header, claims = token.headers(), json.loads(token.payload)
    except (JoseError, ValueError, RecursionError):
        raise _refused("assertion_malformed", "The client_assertion is not a signed JWT.") from None
    if header.get("alg") != SIGNING_ALGORITHM:
        raise _refused("assertion_algorithm", f"Assertions are signed with {SIGNING_ALGORITHM}.")
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_TEXT:
        raise _refused("assertion_kid", "The header must name the key by its kid.")
    if not isinstance(claims, dict):
        raise _refused("assertion_malformed", "The client_assertion is not a signed JWT.")
    return kid, claims


def _check_claims(hub: Hub, tool: Tool, claims: dict[str, Any]) -> None:
    now = int(hub.clock.now().timestamp())
    skew = int(SKEW.total_seconds())
    audiences = [hub.settings.url("/lti/token"), hub.settings.public_url]
    registry = jwt.JWTClaimsRegistry(
        now=now,
        leeway=skew,
        aud={"essential": True, "values": audiences},
        exp={"essential": True},
        iat={"essential": True},
        jti={"essential": True},
    )
    try:
        registry.validate(claims)
    except ExpiredTokenError:
        raise _refused("assertion_expired", "The assertion has expired.", tool) from None
    except MissingClaimError as error:
        raise _refused("assertion_claim_missing", f"A claim is missing: {error.claim}.", tool) from None
    except InvalidClaimError as error:
        raise _refused(
            f"assertion_{error.claim}", f"The claim {error.claim} cannot be accepted.", tool
        ) from None
    if claims["exp"] > now + LONGEST_LIFETIME.total_seconds() + skew:
        raise _refused("assertion_lifetime", "An assertion lives for one hour at most.", tool)
    if not 0 < len(claims["jti"]) <= MAX_TEXT:
        raise _refused("assertion_jti", f"The jti must have 1 to {MAX_TEXT} characters.", tool)


def _refused(reason: str, message: str, tool: Tool | None = None) -> Refused:
    return Refused(
        reason, message, error="invalid_client", connection_id=tool.connection_id if tool else None
    )
