"""A browser and a strict client for the simulated OpenID provider."""

import html
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub.testing.idp_store import Person
from hub.testing.idp_tokens import half_hash

CALLBACK = "http://127.0.0.1:9/sso/oidc/riverside/callback"
VERIFIER = "v" * 50
ANA = Person("sub-ana", "ana", "correct horse", "ana@riverside.example", "Ana", "Silva")


@dataclass
class Idp:
    """A running provider and the browser that talks to it."""

    app: Flask
    issuer: str
    session: requests.Session

    def ask(self, **changes: str | None) -> requests.Response:
        """Open the authorize page; a change to None leaves the parameter out."""
        request = {
            "response_type": "code",
            "client_id": "hub",
            "redirect_uri": CALLBACK,
            "scope": "openid profile email",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": create_s256_code_challenge(VERIFIER),
            "code_challenge_method": "S256",
        } | changes
        params = {name: value for name, value in request.items() if value is not None}
        return self.session.get(f"{self.issuer}/authorize", params=params, allow_redirects=False)

    def log_in(self, password: str = ANA.password, username: str = "ana", **more: str) -> requests.Response:
        """Fill the sign-in form of a right authorization request."""
        return self.submit(self.ask(), username=username, password=password, **more)

    def submit(self, page: requests.Response, **fields: str) -> requests.Response:
        hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        form = {name: html.unescape(value) for name, value in hidden} | fields
        return self.session.post(f"{self.issuer}/login", data=form, allow_redirects=False)

    def fetch_token(self, code: str, verifier: str = VERIFIER, secret: str = "s3cret") -> requests.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": verifier,
        }
        return self.session.post(f"{self.issuer}/token", data=form, auth=("hub", secret))

    def sign_in(self) -> dict[str, str]:
        """The token answer of a right sign-in."""
        answer = self.fetch_token(callback_of(self.log_in())["code"])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def key_set(self) -> KeySet:
        return KeySet.import_key_set(self.session.get(f"{self.issuer}/jwks").json())

    def refusal(self, tokens: dict[str, str]) -> str:
        """Why a strict client refuses the ID token, or "" when it takes it."""
        try:
            token = jwt.decode(tokens["id_token"], self.key_set(), ["RS256"])
        except (JoseError, ValueError) as error:
            return repr(error)
        claims = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": "hub"},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": "nonce-1"},
            at_hash={"essential": True, "value": half_hash(tokens["access_token"])},
        )
        try:
            claims.validate(token.claims)
        except JoseError as error:
            return repr(error)
        return "" if isinstance(token.claims["aud"], str) else "several audiences"


def callback_of(answer: requests.Response) -> dict[str, str]:
    """The parameters with which the browser is sent back to the client."""
    assert answer.status_code == 302, answer.text
    location = answer.headers["Location"]
    assert location.startswith(f"{CALLBACK}?")
    return dict(parse_qsl(urlsplit(location).query))
