"""What a simulated LMS needs to launch the hub: the platform side of LTI 1.3, on joserfc.

It is written from the standards and shares no code with ``hub.lti``, so that a misreading there is not repeated here.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from hub.testing.configuration import OutsideConfig
from hub.testing.faults import Faults
from hub.testing.keys import SigningKeys, public_pem

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"
SCOPES = (
    f"{AGS}scope/lineitem",
    f"{AGS}scope/lineitem.readonly",
    f"{AGS}scope/score",
    f"{AGS}scope/result.readonly",
    f"{NRPS}scope/contextmembership.readonly",
)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_SECONDS = 3600
BIG = 50 * 1024 * 1024

Claims = dict[str, Any]

PLATFORM_FAULTS: dict[str, str] = {
    "down": "Every address of the protocols answers 503.",
    "token_500": "The token endpoint answers 500.",
    "jwks_500": "The JWKS answers 500.",
    "jwks_text": "The JWKS is a page and no JSON.",
    "jwks_slow": "The JWKS waits `slow_seconds` before it answers.",
    "jwks_big": "The JWKS is 50 MB.",
    "jwks_loop": "The JWKS redirects to itself.",
    "server_error": "The services answer 500.",
    "forbidden": "The services answer 403.",
    "not_found": "The services answer 404.",
    "not_gradable": "The services answer 422.",
    "too_many": "The services answer 429 and ask for a minute of patience.",
    "hang": "The services wait `slow_seconds` before they answer.",
    "other_key": "id_tokens are signed by another key under the published kid.",
    "alg_none": "id_tokens are not signed.",
    "alg_hs256": "id_tokens are signed by HS256 with the public key as the secret.",
    "no_kid": "id_tokens name no key.",
    "wrong_iss": "id_tokens are of another issuer.",
    "wrong_aud": "id_tokens are for another tool.",
    "wrong_nonce": "id_tokens have a nonce nobody asked for.",
    "expired": "id_tokens ended ten minutes ago.",
    "old_iat": "id_tokens were issued yesterday.",
    "other_deployment": "id_tokens are of a deployment the tool does not know.",
    "other_target": "id_tokens have another target_link_uri than the login had.",
    "anonymous": "id_tokens do not say who it is.",
}

_CHANGES: dict[str, Callable[[Claims, int], object]] = {
    "wrong_iss": lambda claims, now: claims.update(iss=claims["iss"] + "/"),
    "wrong_aud": lambda claims, now: claims.update(aud="another-tool"),
    "wrong_nonce": lambda claims, now: claims.update(nonce="made-up"),
    "expired": lambda claims, now: claims.update(iat=now - 900, exp=now - 600),
    "old_iat": lambda claims, now: claims.update(iat=now - 86_400),
    "other_deployment": lambda claims, now: claims.update({f"{CLAIM}deployment_id": "another"}),
    "other_target": lambda claims, now: claims.update({f"{CLAIM}target_link_uri": "https://evil.example/"}),
    "anonymous": lambda claims, now: [claims.pop(name, None) for name in ("sub", "name", "email")],
}
_SERVICE_STATUS = {
    "server_error": 500,
    "forbidden": 403,
    "not_found": 404,
    "not_gradable": 422,
    "too_many": 429,
}


@dataclass(frozen=True, kw_only=True)
class PlatformConfig(OutsideConfig):
    """An LMS as LTI platform, and the one tool in it: the hub.

    `client_id` and `deployment_id` are what this LMS gave the hub. `timeout` is how many seconds it waits for the hub's keys.
    """

    hub_url: str
    client_id: str = "training-hub"
    deployment_id: str = "west-1"
    name: str = "LMS"
    timeout: float = 10.0

    @property
    def tool_launch_url(self) -> str:
        """The hub's redirect URI."""
        return f"{self.hub_url}/lti/tool/launch"


@dataclass(frozen=True)
class LoginForm:
    """What the browser sends to the tool to begin a launch (OpenID Connect Core section 4), by GET or by POST."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class _Begun:
    sub: str
    claims: Claims


class LtiPlatform:
    """Launches, keys and service tokens of one LMS. `clock` gives seconds since 1970; a test may set another."""

    def __init__(self, config: PlatformConfig, faults: Faults) -> None:
        self.config = config
        self.faults = faults
        self.keys = SigningKeys(config.private_key_pem)
        self.clock: Callable[[], float] = time.time
        self._begun: dict[str, _Begun] = {}
        self._tokens: dict[str, tuple[frozenset[str], float]] = {}
        self._seen_jti: set[str] = set()

    def begin(self, sub: str, target: str, claims: Mapping[str, Any], **more: str) -> LoginForm:
        """Start a launch of `target` for `sub` ("" for nobody known); `claims` say what the message is.

        `more` are further parameters of the login, `lti_storage_target` for example.
        """
        hint = secrets.token_urlsafe(16)
        whole = {f"{CLAIM}target_link_uri": target, **claims}
        self._begun[hint] = _Begun(sub, whole)
        return LoginForm(
            f"{self.config.hub_url}/lti/tool/login",
            {
                "iss": self.config.base_url,
                "login_hint": hint,
                "target_link_uri": target,
                "client_id": self.config.client_id,
                "lti_deployment_id": self.config.deployment_id,
                "lti_message_hint": hint,
                **more,
            },
        )

    def authorize(self, asked: Mapping[str, str]) -> dict[str, str]:
        """Answer an authentication request (LTI 1.3 section 5.1.1.2) with `state` and `id_token`; 400 for a wrong one."""
        expected = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": self.config.client_id,
            "redirect_uri": self.config.tool_launch_url,
        }
        wrong = sorted(name for name, value in expected.items() if asked.get(name) != value)
        hint = asked.get("login_hint", "")
        if wrong or not asked.get("nonce") or not asked.get("state"):
            abort(400, f"This authentication request is wrong: {', '.join(wrong) or 'no nonce or state'}.")
        if hint not in self._begun or asked.get("lti_message_hint") != hint:
            abort(400, "This launch was not started here, or was used before.")
        begun = self._begun.pop(hint)
        return {"state": asked["state"], "id_token": self._id_token(begun, asked["nonce"])}

    def claims(self, sub: str, nonce: str, claims: Mapping[str, Any]) -> Claims:
        """The claims of an id_token, good for five minutes from now; those given come last and win."""
        now = int(self.clock())
        whole: Claims = {
            "iss": self.config.base_url,
            "aud": self.config.client_id,
            "sub": sub,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            f"{CLAIM}version": "1.3.0",
            f"{CLAIM}deployment_id": self.config.deployment_id,
            f"{CLAIM}tool_platform": {"guid": self.config.base_url, "name": self.config.name},
            **claims,
        }
        return whole if sub else {name: value for name, value in whole.items() if name != "sub"}

    def sign(self, claims: Mapping[str, Any], key: RSAKey | None = None, **header: Any) -> str:
        """A JWT of any claims. `header` is added to alg and kid; None takes a member out. `alg` none and HS256 are made too."""
        head = {"alg": "RS256", "typ": "JWT", "kid": self.keys.current.kid} | header
        head = {name: value for name, value in head.items() if value is not None}
        if head["alg"] in {"none", "HS256"}:
            secret = public_pem(self.keys.current).encode() if head["alg"] == "HS256" else b""
            return _compact(head, claims, secret)
        return jwt.encode(head, dict(claims), key or self.keys.current, algorithms=[head["alg"]])

    def grant_token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """A service token for a good client assertion (Security Framework section 4.1); 400 or 401 otherwise."""
        if (
            form.get("grant_type") != "client_credentials"
            or form.get("client_assertion_type") != ASSERTION_TYPE
        ):
            abort(400, "unsupported_grant_type")
        claims = self.verify(form.get("client_assertion", ""))
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        now, jti = self.clock(), str(claims.get("jti", ""))
        if claims.get("iss") != self.config.client_id or claims.get("sub") != self.config.client_id:
            abort(401, "invalid_client: another iss or sub")
        if f"{self.config.base_url}/lti/token" not in named:
            abort(401, "invalid_client: another aud")
        if not jti or jti in self._seen_jti or not now - 300 < float(claims.get("exp", 0)) < now + 3700:
            abort(401, "invalid_client: jti or exp")
        self._seen_jti.add(jti)
        scopes = [scope for scope in form.get("scope", "").split() if scope in SCOPES]
        if not scopes:
            abort(400, "invalid_scope")
        token = secrets.token_urlsafe(24)
        self._tokens[token] = (frozenset(scopes), now + TOKEN_SECONDS)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": " ".join(scopes),
        }

    def verify(self, token: str) -> Claims:
        """The claims of a JWT that the hub signed, by its published keys; 401 for any other."""
        with requests.Session() as session:
            session.trust_env = False
            published = session.get(f"{self.config.hub_url}/lti/jwks", timeout=self.config.timeout).json()
        try:
            return dict(jwt.decode(token, KeySet.import_key_set(published), algorithms=["RS256"]).claims)
        except (JoseError, ValueError) as error:
            abort(401, f"invalid_client: {type(error).__name__}")

    def check_service(self, *scopes: str) -> None:
        """Refuse a service call without a token of one of these scopes, and suffer the faults of services."""
        if "hang" in self.faults:
            time.sleep(self.faults.slow_seconds)
        for name, status in _SERVICE_STATUS.items():
            if name in self.faults:
                answer = make_response(jsonify(error=name), status)
                answer.headers["Retry-After"] = "60"
                abort(answer)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        granted, until = self._tokens.get(token, (frozenset(), 0.0))
        if scheme.lower() != "bearer" or until < self.clock():
            abort(401, "A good service token is needed.")
        if not granted & set(scopes):
            abort(403, "The token has another scope.")

    def _id_token(self, begun: _Begun, nonce: str) -> str:
        claims = self.claims(begun.sub, nonce, begun.claims)
        for name, change in _CHANGES.items():
            if name in self.faults:
                change(claims, int(self.clock()))
        if "alg_none" in self.faults:
            return self.sign(claims, alg="none")
        if "alg_hs256" in self.faults:
            return self.sign(claims, alg="HS256")
        if "no_kid" in self.faults:
            return self.sign(claims, kid=None)
        return self.sign(claims, self.keys.rogue if "other_key" in self.faults else None)


def add_platform_routes(app: Flask, platform: LtiPlatform) -> None:
    """/lti/jwks, /lti/authorize and /lti/token."""
    faults = platform.faults

    def suffer() -> None:
        if "down" in faults and request.path.startswith("/lti/"):
            abort(503, "This learning system is down for maintenance. Try again later.")

    def jwks() -> Response:
        if "jwks_slow" in faults:
            time.sleep(faults.slow_seconds)
        if "jwks_500" in faults:
            abort(500, "The JWKS is broken (a switched-on fault).")
        if "jwks_loop" in faults:
            return make_response(redirect("/lti/jwks"))
        if "jwks_text" in faults:
            return make_response("<html>Sign in first</html>")
        if "jwks_big" in faults:
            return Response((b" " * 65_536 for _ in range(BIG // 65_536)), mimetype="application/json")
        return jsonify(platform.keys.public_set())

    def authorize() -> Response:
        fields = platform.authorize(request.values.to_dict())
        page = render_template("west_post.html", url=platform.config.tool_launch_url, fields=fields)
        return make_response(page)

    def token() -> Response:
        if "token_500" in faults:
            abort(500, "The token endpoint is broken (a switched-on fault).")
        return jsonify(platform.grant_token(request.form.to_dict()))

    app.before_request(suffer)
    app.add_url_rule("/lti/jwks", "lti_jwks", jwks)
    app.add_url_rule("/lti/authorize", "lti_authorize", authorize, methods=["GET", "POST"])
    app.add_url_rule("/lti/token", "lti_token", token, methods=["POST"])


def _compact(header: Mapping[str, Any], claims: Mapping[str, Any], secret: bytes) -> str:
    """A compact JWS by hand, because a library rightly refuses to make these. No secret: no signature."""
    signed = f"{_encode(json.dumps(header).encode())}.{_encode(json.dumps(claims).encode())}"
    return (
        f"{signed}.{_encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b'')}"
    )


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
