"""Signing in through the whole web application: its form, its form tokens (row WB5) and its page for errors."""

import re

import flask
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.app import create_app
from hub.limits import Limit
from hub.runtime import Hub
from hub.sso import routes
from tests.sso.rig import BORIS, TESS, Browser, Idp, Record


@pytest.fixture
def app(hub: Hub) -> flask.Flask:
    return create_app(hub)


@pytest.fixture
def client(app: flask.Flask, browser: Browser) -> FlaskClient:
    """The browser, looking at the whole application."""
    browser.client = app.test_client()
    return browser.client


def open_form(client: FlaskClient, browser: Browser) -> str:
    """The form token of the sign-in page."""
    page = client.get("/sign-in", base_url=browser.base_url)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def send_form(client: FlaskClient, browser: Browser, email: str) -> TestResponse:
    return browser.post("/sign-in", email=email, csrf_token=open_form(client, browser))


def test_from_the_form_to_a_page_and_out_again(client: FlaskClient, browser: Browser, riverside: Idp) -> None:
    away = send_form(client, browser, TESS.email)
    assert away.status_code == 303, away.text
    back = browser.come_back(riverside, browser.log_in(away.headers["Location"]))
    assert (back.status_code, back.headers["Location"]) == (303, "/")
    inside = client.get("/sign-in", base_url=browser.base_url)
    assert (inside.status_code, inside.headers["Location"]) == (303, "/")


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_wb5_forms_without_a_token_do_nothing(
    client: FlaskClient, browser: Browser, riverside: Idp, path: str
) -> None:
    browser.sign_in(riverside)
    token = browser.cookie("hub_session")
    record = Record(browser.hub)
    for form in ({}, {"csrf_token": "forged"}):
        assert browser.post(path, email=TESS.email, **form).status_code == 400
    assert browser.cookie("hub_session") == token
    assert record.changed_tables() == set()


def test_a_form_token_from_before_signing_in_is_over(
    client: FlaskClient, browser: Browser, riverside: Idp
) -> None:
    planted = open_form(client, browser)
    browser.sign_in(riverside)
    assert browser.post("/sign-out", csrf_token=planted).status_code == 400
    assert browser.cookie("hub_session")


def test_a_refusal_is_a_page_that_says_what_to_do(
    client: FlaskClient, browser: Browser, riverside: Idp
) -> None:
    answer = browser.sign_in(riverside, BORIS)
    assert answer.status_code == 403
    assert answer.mimetype == "text/html"
    assert "you are not in the training network yet" in answer.text
    assert "training administrator" in answer.text
    assert BORIS.email not in answer.text


def test_wb9_a_flood_is_told_when_to_come_back(
    client: FlaskClient, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "LOOKUPS", Limit("sign_in_lookup", 1, 60))
    assert send_form(client, browser, TESS.email).status_code == 303
    answer = send_form(client, browser, TESS.email)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert "Wait a minute" in answer.text
