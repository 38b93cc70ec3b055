"""Signing out at the simulated OpenID provider, and telling the client of it (RP-Initiated and Back-Channel Logout 1.0)."""

import secrets
import urllib.request
from urllib.parse import urlencode

from flask import Flask, Response, redirect, request
from joserfc import jws, jwt
from joserfc.errors import JoseError

from hub.testing.idp_grants import Provider
from hub.testing.idp_tokens import Claims
from hub.testing.outside import message_page

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_SECONDS = 120


def logout_metadata(provider: Provider) -> dict[str, object]:
    """What the metadata says of it, where it is switched on."""
    if not provider.has_logout:
        return {}
    return {
        "end_session_endpoint": f"{provider.issuer}/logout",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }


def logout_claims(provider: Provider, sub: str, sid: str) -> Claims:
    """A right logout token's claims (Back-Channel Logout 1.0, section 2.4)."""
    now = int(provider.store.clock())
    return {
        "iss": provider.issuer,
        "aud": provider.store.client.client_id,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": secrets.token_hex(8),
        "events": {EVENT: {}},
        **({"sub": sub} if sub else {}),
        **({"sid": sid} if sid else {}),
    }


def sign_logout_token(provider: Provider, claims: Claims, **header: object) -> str:
    """The token over these claims, signed by the provider's current key."""
    head = {"alg": "RS256", "typ": "logout+jwt", "kid": provider.keys.current.kid} | header
    return jwt.encode(head, claims, provider.keys.current, ["RS256"])


def add_logout(app: Flask, provider: Provider) -> None:
    """The address at which clients sign people out."""

    def logout() -> Response:
        asked = request.values
        client_id, back = asked.get("client_id", ""), asked.get("post_logout_redirect_uri", "")
        hint = _read_hint(provider, asked.get("id_token_hint", ""))
        if client_id != provider.store.client.client_id or hint is None:
            return message_page("Not signed out", "This request is not of a client of this provider.", 400)
        if back and back not in provider.post_logout_redirect_uris:
            return message_page("Not signed out", "The address to go back to is not registered.", 400)
        sub = provider.store.end_session(str(hint.get("sid", "")))
        if sub:
            tell_client(provider, sub, str(hint["sid"]))
        if not back:
            return message_page("Signed out", "You are signed out here.")
        state = urlencode({"state": asked["state"]}) if "state" in asked else ""
        answer = redirect(f"{back}?{state}" if state else back, 303)
        assert isinstance(answer, Response)  # noqa: S101  (Flask's redirect is typed as Werkzeug's)
        return answer

    app.add_url_rule("/logout", "logout", logout, methods=["GET", "POST"])


def tell_client(provider: Provider, sub: str, sid: str) -> None:
    """Post a logout token to the client (section 2.5), where it wants one."""
    if provider.backchannel_logout_uri:
        token = sign_logout_token(provider, logout_claims(provider, sub, sid))
        body = urlencode({"logout_token": token}).encode()
        with urllib.request.urlopen(provider.backchannel_logout_uri, body, timeout=5):  # noqa: S310
            pass


def _read_hint(provider: Provider, id_token: str) -> Claims | None:
    """The claims of an ID token of this provider, expired or not; empty without one, None for a foreign one."""
    if not id_token:
        return {}
    try:
        jws.deserialize_compact(id_token, provider.keys.current, ["RS256"])
        claims: Claims = dict(jwt.decode(id_token, provider.keys.current, ["RS256"]).claims)
    except (JoseError, ValueError):
        return None
    return claims
