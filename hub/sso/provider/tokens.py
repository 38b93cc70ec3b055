"""Tokens of clients: the token endpoint's two grants, userinfo and revocation (OpenID Connect Core 1.0, sections 3.1.3, 5.3, 12)."""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.runtime import Hub
from hub.signing.keys import sign
from hub.sso.provider.access import refuse_outsider
from hub.sso.provider.clients import Client, read_client
from hub.sso.provider.grants import (
    Grant,
    grant_of,
    invalid_grant,
    is_session_live,
    note_use,
    redeem_code,
    revoke_grant,
)
from hub.sso.provider.refusals import Refused
from hub.sso.provider.subjects import claims_about, subject_of
from hub.sso.provider.tables import oidc_grant, oidc_token
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork
from hub.store.driver import Command, Question

ACCESS_LIFETIME = timedelta(minutes=15)
ID_TOKEN_LIFETIME = timedelta(minutes=5)
_BEARER = re.compile(r"Bearer +([A-Za-z0-9_-]{43})", re.IGNORECASE)


@dataclass(frozen=True)
class Tokens:
    """The answer of the token endpoint; ``refresh_token`` is empty where the client gets none."""

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    scopes: tuple[str, ...]


def grant_tokens(hub: Hub, client: Client, given: Mapping[str, str]) -> Tokens:
    """Answer a token request of a client that showed who it is. Raises Refused with OAuth's error codes."""
    grant_type = given.get("grant_type", "")
    if grant_type == "authorization_code":
        missing = [name for name in ("code", "redirect_uri", "code_verifier") if name not in given]
        if missing:
            raise Refused(f"no_{missing[0]}", f"{missing[0]} is missing.", connection_id=client.connection_id)
        with hub.unit_of_work() as uow:
            tokens = _exchange(uow, client, given)
        if tokens is None:
            raise invalid_grant("code_reused", "This code was used before.", client)
        return tokens
    if grant_type == "refresh_token":
        if not client.refreshes:
            raise Refused("no_refresh", "This client gets no refresh tokens.", "unauthorized_client")
        with hub.unit_of_work() as uow:
            tokens = _refresh(uow, client, given)
        if tokens is None:
            raise invalid_grant("refresh_reused", "This refresh token was used before.", client)
        return tokens
    if not grant_type:
        raise Refused("no_grant_type", "grant_type is missing.", connection_id=client.connection_id)
    raise Refused("bad_grant_type", "This grant_type is not offered.", "unsupported_grant_type")


def read_userinfo(hub: Hub, authorization: str) -> dict[str, str | bool]:
    """The claims about the person whose access token is in the Authorization header (section 5.3).

    Raises Refused 401 with the challenge of RFC 6750, section 3.
    """
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise _no_access("no_token" if not authorization else "malformed_token", "An access token is needed.")
    with hub.unit_of_work() as uow:
        row = _TOKEN.ask(uow.connection, token_hash=token_hash(match[1]))
        if row is None or row.kind != "access":
            raise _no_access("unknown_token", "This access token was not given out here.")
        client = read_client(uow, row.client_id)
        if client.disabled:
            raise _no_access("client_disabled", "This client is switched off.", client)
        grant = grant_of(row)
        if row.expires_at <= uow.now or not grant.is_good(uow.now) or not is_session_live(uow, grant):
            raise _no_access("token_over", "This access token has expired, or was revoked.", client)
        try:
            person = refuse_outsider(uow, client, row.person_id)
        except Refused as refused:
            raise _no_access(refused.code, refused.message, client) from None
        return {"sub": subject_of(uow, client, person.id), **claims_about(uow, person, row.token_scopes)}


def revoke_token(hub: Hub, client: Client, given: Mapping[str, str]) -> None:
    """Revoke a token of this client (RFC 7009): a refresh token with all of its grant, an access token alone.

    What is no token is no error (section 2.2); a token of another client is refused (section 2.1).
    """
    if "token" not in given:
        raise Refused("no_token", "token is missing.", connection_id=client.connection_id)
    with hub.unit_of_work() as uow:
        row = _TOKEN.ask(uow.connection, token_hash=token_hash(given["token"]))
        if row is None:
            return
        if row.client_id != client.client_id:
            raise Refused(
                "token_of_another_client",
                "This token was not given to this client.",
                "unauthorized_client",
                connection_id=client.connection_id,
            )
        if row.kind == "refresh":
            revoke_grant(uow, row.id)
        else:
            uow.connection.execute(sa.delete(oidc_token).where(oidc_token.c.token_hash == row.token_hash))


def _exchange(uow: UnitOfWork, client: Client, given: Mapping[str, str]) -> Tokens | None:
    redeemed = redeem_code(uow, client, given["code"], given["redirect_uri"], given["code_verifier"])
    if redeemed is None:
        return None
    grant = redeemed.grant
    refuse_outsider_as_grant(uow, client, grant)
    return _issue(uow, client, grant, grant.scopes, redeemed.nonce)


def _refresh(uow: UnitOfWork, client: Client, given: Mapping[str, str]) -> Tokens | None:
    """None for a token that was used before: somebody has a copy, and all that came of its grant is revoked."""
    row = _TOKEN.ask(uow.connection, token_hash=token_hash(given.get("refresh_token", "")))
    if row is None or row.kind != "refresh" or row.client_id != client.client_id:
        raise invalid_grant("unknown_refresh", "This refresh token was not given to this client.", client)
    scopes = tuple(row.token_scopes)
    asked = given.get("scope", "").split()
    if not set(asked) <= set(scopes):
        raise Refused("scope_wider", "The scope is wider than before.", "invalid_scope")
    if _USE_TOKEN.run(uow.connection, token=row.token_hash, now=uow.now) != 1:
        revoke_grant(uow, row.id)
        return None
    grant = grant_of(row)
    if row.expires_at <= uow.now or not grant.is_good(uow.now):
        raise invalid_grant("refresh_over", "This refresh token has expired, or was revoked.", client)
    refuse_outsider_as_grant(uow, client, grant)
    note_use(uow, grant)
    narrowed = tuple(scope for scope in scopes if not asked or scope in asked)
    return _issue(uow, client, grant, narrowed, "", refresh_scopes=scopes)


def refuse_outsider_as_grant(uow: UnitOfWork, client: Client, grant: Grant) -> None:
    """Who may sign in there is asked again each time tokens are given; Refused ``invalid_grant`` for who may not."""
    if not is_session_live(uow, grant):
        raise invalid_grant("refresh_over", "The session at the hub is over.", client)
    try:
        refuse_outsider(uow, client, grant.person_id)
    except Refused as refused:
        raise invalid_grant(refused.code, refused.message, client) from None


def _issue(
    uow: UnitOfWork,
    client: Client,
    grant: Grant,
    scopes: tuple[str, ...],
    nonce: str,
    refresh_scopes: tuple[str, ...] = (),
) -> Tokens:
    access, refresh = new_token(), new_token() if client.refreshes else ""
    ends = min(uow.now + ACCESS_LIFETIME, grant.session_ends_at)
    _keep(uow, access, "access", grant, scopes, ends)
    if refresh:
        _keep(uow, refresh, "refresh", grant, refresh_scopes or scopes, grant.session_ends_at)
    claims = {
        "iss": uow.settings.public_url,
        "sub": subject_of(uow, client, grant.person_id),
        "aud": client.client_id,
        "iat": int(uow.now.timestamp()),
        "exp": int((uow.now + ID_TOKEN_LIFETIME).timestamp()),
        "sid": grant.sid,
        "at_hash": at_hash(access),
    }
    claims |= {name: value for name, value in (("nonce", nonce), ("acr", grant.acr)) if value}
    if (
        grant.time_is_told
    ):  # section 2: it may be left out, and what is not known is; with max_age it is known
        claims["auth_time"] = int(grant.authenticated_at.timestamp())
    expires_in = int((ends - uow.now).total_seconds())
    return Tokens(access, sign(uow, "oidc", claims), refresh, expires_in, scopes)


def at_hash(access_token: str) -> str:
    """The left half of its SHA-256, as RS256 wants it (section 3.1.3.6)."""
    return urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()[:16]).rstrip(b"=").decode()


def _keep(
    uow: UnitOfWork, token: str, kind: str, grant: Grant, scopes: tuple[str, ...], expires_at: Any
) -> None:
    uow.insert(
        oidc_token,
        token_hash=token_hash(token),
        kind=kind,
        grant_id=grant.id,
        scopes=list(scopes),
        expires_at=expires_at,
    )


_TOKEN = Question(
    sa.select(
        *(oidc_grant.c[name] for name in Grant.__dataclass_fields__),
        oidc_token.c.token_hash,
        oidc_token.c.kind,
        oidc_token.c.scopes.label("token_scopes"),
        oidc_token.c.expires_at,
    )
    .join(oidc_grant, oidc_grant.c.id == oidc_token.c.grant_id)
    .where(oidc_token.c.token_hash == sa.bindparam("token_hash"))
)
_USE_TOKEN = Command(
    sa.update(oidc_token)
    .where(oidc_token.c.token_hash == sa.bindparam("token"), oidc_token.c.used_at.is_(None))
    .values(used_at=sa.bindparam("now"))
)


def _no_access(reason: str, message: str, client: Client | None = None) -> Refused:
    """The header says the same for every reason: it holds ASCII alone (RFC 6750, 3), and messages have names in them."""
    told = 'Bearer error="invalid_token", error_description="The access token is not accepted."'
    challenge = "Bearer" if reason == "no_token" else told
    return Refused(
        reason,
        message,
        "invalid_token",
        status=401,
        headers={"WWW-Authenticate": challenge},
        connection_id=client.connection_id if client else None,
    )
