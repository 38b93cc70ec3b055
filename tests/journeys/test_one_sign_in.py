"""One sign-in at the employer, and from there into systems of three kinds: LTI with AGS, LTI with xAPI, and OpenID Connect."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import flask
import pytest
import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug import Response

from hub.network.systems.connections import create_connection
from hub.sso.provider.clients import add_client
from hub.testing.demo.browser import Browser, Page
from hub.testing.demo.story import NADIA, PASSWORD
from hub.testing.serve import serve
from tests.journeys.play import Play


class Watched(Browser):
    """A browser that keeps every page which asks for a password or an e-mail address."""

    def __init__(self, home: str) -> None:
        super().__init__(home)
        self.asked: list[str] = []

    def _page(self, response: requests.Response) -> Page:
        page = super()._page(response)
        if 'type="password"' in page.html or 'name="email"' in page.html:
            self.asked.append(page.url)
        return page


@contextmanager
def lms_east(play: Play) -> Iterator[str]:
    """An LMS that knows OpenID Connect and nothing else; its address."""
    client: dict[str, str] = {}
    begun: dict[str, str] = {}
    issuer = play.stage.hub_url

    def create(base_url: str) -> flask.Flask:
        app = flask.Flask("east")
        back = f"{base_url}/back"
        with play.hub.unit_of_work() as uow:
            slug = f"east-{secrets.token_hex(4)}"
            connection_id = create_connection(uow, slug, "lms", "LMS East")
            made = add_client(uow, connection_id, name="LMS East", redirect_uris=[back])
        client.update(id=made.client_id, secret=made.secret)

        @app.get("/course")
        def course() -> Response:
            begun.update(state=secrets.token_urlsafe(8), nonce=secrets.token_urlsafe(8), verifier="v" * 50)
            asked = {
                "response_type": "code",
                "client_id": client["id"],
                "redirect_uri": back,
                "scope": "openid profile",
                "state": begun["state"],
                "nonce": begun["nonce"],
                "code_challenge": create_s256_code_challenge(begun["verifier"]),
                "code_challenge_method": "S256",
            }
            return flask.redirect(f"{configuration()['authorization_endpoint']}?{urlencode(asked)}")

        @app.get("/back")
        def signed_in() -> str:
            assert flask.request.args["state"] == begun["state"]
            form = {
                "grant_type": "authorization_code",
                "code": flask.request.args["code"],
                "redirect_uri": back,
                "code_verifier": begun["verifier"],
            }
            auth = (client["id"], client["secret"])
            found = configuration()
            answer = requests.post(found["token_endpoint"], data=form, auth=auth, timeout=15).json()
            keys = KeySet.import_key_set(requests.get(found["jwks_uri"], timeout=15).json())
            claims = jwt.decode(answer["id_token"], keys, algorithms=["RS256"]).claims
            assert (claims["iss"], claims["aud"], claims["nonce"]) == (issuer, client["id"], begun["nonce"])
            bearer = {"Authorization": f"Bearer {answer['access_token']}"}
            return str(requests.get(found["userinfo_endpoint"], headers=bearer, timeout=15).json()["name"])

        return app

    def configuration() -> dict[str, Any]:
        found = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=15).json()
        return dict(found)

    with serve(create) as address:
        yield address


def launch(browser: Browser, into: str) -> Page:
    """Start courses on My training until one of them is in the LMS at this address."""
    for form in browser.get("/my-training").forms:
        if "/launch/" in form.action:
            page = browser.submit(form)
            if page.url.startswith(into):
                return page
    raise AssertionError(f"no course is in {into}")


@pytest.mark.requirement("B41")
def test_b41_one_sign_in_opens_three_systems_without_another_password(play: Play) -> None:
    browser = Watched(play.stage.hub_url)
    login = browser.submit(browser.get("/sign-in").form("/sign-in"), email=NADIA.email)
    assert browser.submit(login.form("/login"), username=NADIA.email, password=PASSWORD).status == 200
    once = list(browser.asked)
    assert len(once) == 2, "the work e-mail at the hub, the password at the employer"
    for address in (play.stage.north_url, play.stage.south_url):
        assert NADIA.name in launch(browser, address).text
    with lms_east(play) as east:
        page = browser.get(f"{east}/course")
        assert (page.url.split("?")[0], page.html) == (f"{east}/back", NADIA.name)
        assert browser.get(f"{east}/course").html == NADIA.name
    assert browser.asked == once
