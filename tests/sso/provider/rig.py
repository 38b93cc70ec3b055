"""A system behind the hub: what it asks, what it gets, and a look at what was written."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

import sqlalchemy as sa
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from hub.journal import tables as journal
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.sso.provider.clients import add_client
from tests.sso.rig import Browser

BACK = "https://lms.example.com/back?tenant=7"
AFTER = "https://lms.example.com/goodbye"
LOGOUT = "https://lms.example.com/backchannel"
VERIFIER = "v" * 43


@dataclass
class Downstream:
    """One client and the browser of somebody who uses it."""

    hub: Hub
    browser: Browser
    client_id: str
    secret: str
    connection_id: str
    refused: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, **changes: str | None) -> TestResponse:
        """An authentication request in the browser; None leaves a parameter out."""
        asked = {
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": "openid profile email",
            "state": "st&te",
            "nonce": "n-1",
            "code_challenge": create_s256_code_challenge(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return self.browser.get(
            "/oauth/authorize", {name: value for name, value in asked.items() if value is not None}
        )

    def answer(self, **changes: str | None) -> dict[str, str]:
        """What the client is told."""
        return told(self.ask(**changes))

    def code(self, **changes: str | None) -> str:
        return self.answer(**changes)["code"]

    def token(self, headers: dict[str, str] | None = None, /, **form: str) -> TestResponse:
        """A request at the token endpoint, with the client's secret unless there are headers."""
        return self.post("/oauth/token", headers, **form)

    def post(self, path: str, headers: dict[str, str] | None = None, /, **form: str) -> TestResponse:
        return self.machine().post(
            path,
            base_url=self.browser.base_url,
            data=form,
            headers=self.basic() if headers is None else headers,
        )

    def machine(self) -> FlaskClient:
        """A program: it has no cookies."""
        return self.browser.client.application.test_client()

    def basic(self, secret: str = "") -> dict[str, str]:
        pair = f"{quote_plus(self.client_id)}:{quote_plus(secret or self.secret)}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def exchange(self, code: str, **changes: str) -> TestResponse:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.token(**form)

    def sign_in(self, **changes: str | None) -> dict[str, Any]:
        """The whole way: the answer of the token endpoint."""
        answer = self.exchange(self.code(**changes))
        assert answer.status_code == 200, answer.text
        return dict(answer.json or {})

    def refresh(self, token: str, **form: str) -> TestResponse:
        return self.token(grant_type="refresh_token", refresh_token=token, **form)

    def userinfo(self, access_token: str) -> TestResponse:
        return self.machine().get(
            "/oauth/userinfo",
            base_url=self.browser.base_url,
            headers={"Authorization": f"Bearer {access_token}"},
        )

    def claims(self, id_token: str) -> dict[str, Any]:
        """Verified with the published keys, and with nothing else."""
        keys = self.browser.get("/oauth/jwks").json
        assert keys is not None
        return dict(jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims)

    def deliveries(self) -> list[dict[str, Any]]:
        """Logout tokens on their way."""
        with self.hub.reading() as uow:
            rows = uow.connection.execute(
                sa.select(journal.outbox.c.body)
                .where(journal.outbox.c.kind == "oidc_logout")
                .order_by(journal.outbox.c.created_at)
            )
            return [dict(row.body) for row in rows]

    def audited(self) -> list[tuple[str, str, str]]:
        columns = (journal.audit.c.action, journal.audit.c.outcome, journal.audit.c.reason)
        with self.hub.reading() as uow:
            return [
                (row.action, row.outcome, row.reason)
                for row in uow.connection.execute(sa.select(*columns).order_by(journal.audit.c.position))
            ]


def connect_downstream(
    hub: Hub, browser: Browser, slug: str = "lms", partner_id: str | None = None, **settings: Any
) -> Downstream:
    """A new LMS with a client."""
    chosen: dict[str, Any] = {
        "name": slug.upper(),
        "redirect_uris": [BACK],
        "logout_redirect_uris": [AFTER],
        "logout_url": LOGOUT,
        "refreshes": True,
        **settings,
    }
    with hub.unit_of_work() as uow:
        connection_id = create_connection(uow, slug, "lms", slug.upper(), partner_id)
        made = add_client(uow, connection_id, **chosen)
    return Downstream(hub, browser, made.client_id, made.secret, connection_id)


def told(answer: TestResponse) -> dict[str, str]:
    """The parameters that a redirect to the client carries; fails for any other answer."""
    assert answer.status_code == 303, answer.text
    address = answer.headers["Location"]
    assert address.startswith(BACK + "&"), address
    parameters = dict(parse_qsl(urlsplit(address).query))
    assert parameters.pop("tenant") == "7"
    return parameters


def payload(token: str) -> dict[str, Any]:
    """The claims of a JWT, not verified."""
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))
