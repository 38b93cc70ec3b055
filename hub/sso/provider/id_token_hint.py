"""ID tokens that come back as hints: what the hub once signed for a client, however old (OpenID Connect RP-Initiated Logout 1.0, section 4)."""

from dataclasses import dataclass

from joserfc import jws, jwt
from joserfc.errors import JoseError

from hub.signing.keys import ALGORITHM, find_public_key
from hub.store import UnitOfWork

MAX_LENGTH = 8 * 1024


@dataclass(frozen=True)
class Hint:
    """Whose session an ID token was about, and for which client."""

    client_id: str
    subject: str
    sid: str


def read_hint(uow: UnitOfWork, token: str) -> Hint | None:
    """What an ID token of this hub says, also when it has expired or its key is retired; None for anything else."""
    try:
        if len(token) > MAX_LENGTH:
            return None
        header = jws.extract_compact(token.encode()).headers()
        kid = header.get("kid")
        key = find_public_key(uow, "oidc", kid) if isinstance(kid, str) else None
        if key is None or header.get("typ", "JWT") != "JWT":  # a logout token is no hint
            return None
        claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError, RecursionError):
        return None
    texts = [claims.get(name) for name in ("aud", "sub", "sid")]
    if claims.get("iss") != uow.settings.public_url or not all(isinstance(text, str) for text in texts):
        return None
    return Hint(*map(str, texts))
