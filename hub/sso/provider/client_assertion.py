"""A client that signs who it is: ``private_key_jwt`` (RFC 7523; OpenID Connect Core 1.0, section 9)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from joserfc import jws, jwt
from joserfc.errors import JoseError

from hub.errors import NotAllowed
from hub.runtime import Hub
from hub.sso.oidc.keys import PublicKey, UnknownKid
from hub.sso.provider.client_keys import with_key
from hub.sso.provider.clients import Client
from hub.sso.provider.refusals import Refused
from hub.sso.replays import is_first_use

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("RS256", "PS256")
LONGEST_LIFETIME = timedelta(hours=1)
SKEW = timedelta(seconds=60)
MAX_LENGTH = 8 * 1024
MAX_TEXT = 300


def claimed_client(assertion: str) -> str:
    """The client_id that an assertion claims, to find out whose key to verify it with; nothing of it is believed."""
    try:
        if len(assertion) > MAX_LENGTH:
            raise ValueError("too long")
        claims = json.loads(jws.extract_compact(assertion.encode()).payload)
        issuer = claims["iss"]
        if not isinstance(issuer, str) or issuer != claims["sub"]:
            raise ValueError("iss and sub")
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise _refused(
            "malformed", "The client_assertion is not a JWT whose iss and sub are the client_id."
        ) from None
    return issuer


def check_assertion(hub: Hub, client: Client, assertion: str, endpoint: str) -> None:
    """Verify an assertion with the client's own keys, and that it comes for the first time; outside any unit.

    Keys that its header brings along are never looked at. Raises Refused ``invalid_client``.
    """
    claims = _verified(hub, client, assertion)
    now = int(hub.clock.now().timestamp())
    skew = int(SKEW.total_seconds())
    audiences = claims.get("aud")
    named = audiences if isinstance(audiences, list) else [audiences]
    issuer = hub.settings.public_url
    if not {endpoint, issuer, issuer + "/oauth/token"} & {one for one in named if isinstance(one, str)}:
        raise _refused("audience", "The assertion is for somebody else.", client)
    expires, jti = claims.get("exp"), claims.get("jti")
    if not _is_time(expires) or expires + skew <= now:
        raise _refused("expired", "The assertion has expired, or says not when it does.", client)
    if expires > now + LONGEST_LIFETIME.total_seconds() + skew:
        raise _refused("lifetime", "An assertion lives for one hour at most.", client)
    for name in ("iat", "nbf"):
        if name in claims and not (_is_time(claims[name]) and claims[name] <= now + skew):
            raise _refused(name, f"The assertion's {name} lies in the future.", client)
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_TEXT:
        raise _refused("jti", "The assertion needs a jti.", client)
    with hub.unit_of_work() as uow:
        until = datetime.fromtimestamp(expires, UTC) + SKEW
        is_first = is_first_use(uow, client.connection_id, f"{client.client_id} {jti}", until)
    if not is_first:
        raise _refused("replayed", "This assertion was used before.", client)


def _verified(hub: Hub, client: Client, assertion: str) -> dict[str, Any]:
    header = jws.extract_compact(assertion.encode()).headers()  # ``claimed_client`` could read it
    algorithm, kid = header.get("alg"), header.get("kid")

    def verify(key: PublicKey) -> dict[str, Any]:
        return dict(jwt.decode(assertion, key.import_key(), algorithms=list(ALGORITHMS)).claims)

    try:
        if algorithm not in ALGORITHMS or not isinstance(kid, str | None):
            raise UnknownKid
        return with_key(hub, client, kid, algorithm, verify)
    except (UnknownKid, NotAllowed):
        raise _refused(
            "key", "The assertion names no key of this client, or another algorithm.", client
        ) from None
    except (JoseError, ValueError, TypeError):
        raise _refused("signature", "The signature does not verify.", client) from None


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11


def _refused(reason: str, message: str, client: Client | None = None) -> Refused:
    connection_id = client.connection_id if client else None
    return Refused(f"assertion_{reason}", message, "invalid_client", status=401, connection_id=connection_id)
