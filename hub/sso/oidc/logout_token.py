"""Deciding whether a logout token is one (OpenID Connect Back-Channel Logout 1.0, section 2.6)."""

import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from joserfc.util import urlsafe_b64decode

from hub.sso.oidc.id_token import (
    LEEWAY,
    Claims,
    Header,
    check_sender,
    is_subject,
    plain_text,
    read_claims,
    read_payload,
)
from hub.sso.oidc.keys import PublicKey
from hub.sso.refusals import not_verified

EVENT = "http://schemas.openid.net/event/backchannel-logout"
MAX_SECONDS = 86_400
"""For how long a token may be valid: so long its jti is kept."""


class LogoutClaims(Claims, frozen=True):
    """The claims that decide (section 2.4)."""

    jti: str | None = None
    events: object = None


@dataclass(frozen=True)
class LoggedOut:
    """Whose sessions end: of a subject, or of one session of the provider, at least one of them.

    ``message_id`` may be used once until ``valid_until``.
    """

    subject: str
    provider_session: str
    message_id: str
    valid_until: datetime


def check_type(token: str) -> None:
    """The header's ``typ``, where there is one, must not be that of another kind of token (RFC 8725, section 3.11)."""
    try:
        header = msgspec.json.decode(urlsafe_b64decode(token.partition(".")[0].encode()))
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
        raise not_verified("malformed_id_token") from None
    kind = header.get("typ") if isinstance(header, dict) else None
    if kind is not None and str(kind).lower() not in {"logout+jwt", "jwt", "application/logout+jwt"}:
        raise not_verified("not_a_logout_token")


def verify_logout_token(
    token: str, header: Header, key: PublicKey, issuer: str, client_id: str, now: datetime
) -> LoggedOut:
    """Whom the token signs out; refuses with a reason of its own whatever does not hold. Its jti is not looked up here."""
    told = read_payload(token, header.alg, key)
    claims = read_claims(told, LogoutClaims)
    check_sender(claims, issuer, client_id, now)
    if "nonce" in told:
        raise not_verified("nonce_in_logout_token")
    if not isinstance(claims.events, dict) or not isinstance(claims.events.get(EVENT), dict):
        raise not_verified("no_logout_event")
    if not claims.jti:
        raise not_verified("missing_jti")
    expires = claims.exp or 0
    if expires > now.timestamp() + MAX_SECONDS:
        raise not_verified("valid_too_long")
    session = plain_text(claims.sid)
    if claims.sub is not None and not is_subject(claims.sub):
        raise not_verified("bad_subject")
    if not claims.sub and not session:
        raise not_verified("no_sub_and_no_sid")
    valid_until = datetime.fromtimestamp(expires + LEEWAY, UTC)
    return LoggedOut(claims.sub or "", session, claims.jti, valid_until)
