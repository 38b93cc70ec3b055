"""Access tokens for the record store: OAuth 2 client credentials (RFC 6749, section 4.4). Opaque, stored as hashes.

A token stands for its credential with the same scopes or fewer, and ends with it: revoking or rotating the credential,
or switching its connection off, ends its tokens at once.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from hub.errors import HubError
from hub.ids import content_hash
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.xapi.callers.authenticate import check_secret, decode_basic
from hub.xapi.callers.credentials import Credential
from hub.xapi.callers.scopes import SCOPES, in_order, with_implied
from hub.xapi.http.refusals import BASIC, Unauthorized
from hub.xapi.tables import xapi_token

LIFETIME = timedelta(hours=1)


class TokenRefused(HubError):
    """A token request that is refused. ``error`` is OAuth's code (RFC 6749, section 5.2), ``code`` the audited reason."""

    def __init__(
        self,
        code: str,
        error: str,
        message: str,
        *,
        status: int = 400,
        challenge: str = "",
        connection_id: str | None = None,
    ) -> None:
        super().__init__(code, message)
        self.status = status
        self.error = error
        self.challenge = challenge
        self.connection_id = connection_id


@dataclass(frozen=True)
class AccessToken:
    """A new access token, known in clear only here, with the scopes it was narrowed to; ``seconds`` until it expires."""

    token: str
    scopes: Sequence[str]
    seconds: int
    credential: Credential


def grant_token(hub: Hub, form: Mapping[str, Sequence[str]], authorization: str | None) -> AccessToken:
    """Answer a token request. The client is known by HTTP Basic, or by client_id and client_secret in the form.

    The scopes asked for are narrowed to those of the credential; without ``scope``, all of them. Raises TokenRefused.
    """
    given = _read_form(form)
    key, secret = _read_client(given, authorization)
    with hub.reading() as uow:  # whoever is refused takes no lock
        _authenticate(uow, key, secret)
    with hub.unit_of_work() as uow:
        credential = _authenticate(uow, key, secret, hold=True)
        scopes = _narrow(credential, given.get("scope"))
        ends = min(uow.now + LIFETIME, credential.expires_at or datetime.max.replace(tzinfo=UTC))
        token = secrets.token_urlsafe(32)
        row = {
            "token_hash": content_hash(token.encode()),
            "credential_id": credential.id,
            "scopes": scopes,
            "expires_at": ends,
        }
        # Those of a client that asks before every request would pile up until the worker's next round.
        is_over = sa.and_(xapi_token.c.credential_id == credential.id, xapi_token.c.expires_at <= uow.now)
        uow.connection.execute(sa.delete(xapi_token).where(is_over))
        uow.connection.execute(sa.insert(xapi_token).values(row))
        return AccessToken(token, scopes, int((ends - uow.now).total_seconds()), credential)


def _read_form(form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Each parameter once; what has no value counts as left out (RFC 6749, section 3.2)."""
    if any(len(values) > 1 for values in form.values()):
        raise TokenRefused("repeated_parameter", "invalid_request", "A parameter was given more than once.")
    given = {name: values[0] for name, values in form.items() if values and values[0]}
    if "grant_type" not in given:
        raise TokenRefused("no_grant_type", "invalid_request", "grant_type is missing.")
    if given["grant_type"] != "client_credentials":
        raise TokenRefused(
            "bad_grant_type", "unsupported_grant_type", "Only client_credentials is granted here."
        )
    return given


def _read_client(given: Mapping[str, str], authorization: str | None) -> tuple[str, str]:
    """Key and secret, sent in one way and not in two (RFC 6749, section 2.3)."""
    scheme, _, encoded = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic" or not encoded:
        if "client_id" in given and "client_secret" in given:
            return given["client_id"], given["client_secret"]
        raise _unknown_client(
            "no_credentials", "Send key and secret as HTTP Basic, or as client_id and client_secret."
        )
    if "client_secret" in given:
        raise TokenRefused(
            "two_authentications",
            "invalid_request",
            "The secret was sent twice: in the Authorization header and in the form.",
        )
    key, secret = decode_basic(encoded)
    if given.get("client_id", key) != key:
        raise TokenRefused(
            "other_client_id", "invalid_request", "client_id is not the key of the Authorization header."
        )
    return key, secret


def _authenticate(uow: UnitOfWork, key: str, secret: str, *, hold: bool = False) -> Credential:
    try:
        return check_secret(uow, key, secret, hold=hold)
    except Unauthorized as refused:
        raise _unknown_client(refused.code, refused.message, refused.connection_id) from None


def _unknown_client(code: str, message: str, connection_id: str | None = None) -> TokenRefused:
    return TokenRefused(
        code, "invalid_client", message, status=401, challenge=BASIC, connection_id=connection_id
    )


def _narrow(credential: Credential, scope: str | None) -> list[str]:
    """The granted ones of those asked for, or all that the credential has. TokenRefused when none asked for is granted."""
    if scope is None:
        return in_order(credential.scopes)
    asked = frozenset(scope.split(" "))
    granted = in_order(asked & with_implied(credential.scopes))
    if granted:
        return granted
    reason = "scope_not_granted" if asked & SCOPES else "scope_unknown"
    raise TokenRefused(
        reason,
        "invalid_scope",
        f"None of the scopes asked for is granted. The credential has: {' '.join(in_order(credential.scopes))}",
        connection_id=credential.connection_id,
    )
