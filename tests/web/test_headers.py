"""What every answer tells browsers, and which cookies it leaves."""

from dataclasses import replace

import flask
import pytest

from hub.app import create_app
from hub.config import Settings
from tests.web.world import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def on_https(world: World, trusted_proxies: int = 0) -> flask.Flask:
    """The same hub behind a TLS proxy."""
    changed = Settings(
        database_url=world.hub.settings.database_url,
        secret_key="x" * 40,
        public_url="https://hub.example.com",
        trusted_proxies=trusted_proxies,
    )
    return create_app(replace(world.hub, settings=changed))


def test_nothing_is_loaded_from_elsewhere_or_framed(world: World) -> None:
    for path in ("/sign-in", "/my-training", "/nothing", "/admin", "/healthz"):
        headers = world.browser("ana").get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_only_pages_whose_forms_lead_outside_may_leave(world: World) -> None:
    def form_action(path: str, who: str) -> str:
        return world.browser(who).get(path).headers["Content-Security-Policy"].rpartition("form-action ")[2]

    assert form_action("/sign-in", "").startswith("'self' https:")
    assert form_action("/my-training", "ana").startswith("'self' https:")
    assert form_action("/admin", "olga") == form_action("/team", "sofia") == "'self'"


def test_pages_hold_no_inline_script_or_style(world: World) -> None:
    world.appoint("ana", "seller", "hilltop")
    for who, path in (
        ("", "/sign-in"),
        ("ana", "/my-training"),
        ("olga", "/admin"),
        ("olga", "/admin/plugins"),
    ):
        page = world.browser(who).get(path).text
        assert " style=" not in page
        assert "<style" not in page
        assert "<script>" not in page
        assert " onclick" not in page


def test_pages_are_not_kept_and_named_files_are(world: World) -> None:
    browser = world.browser("ana")
    page = browser.get("/my-training")
    assert page.headers["Cache-Control"] == "no-store"
    style = next(part for part in page.text.split('"') if part.startswith("/assets/hub.css"))
    assert "immutable" in browser.get(style).headers["Cache-Control"]
    assert browser.get("/assets/hub.css").headers["Cache-Control"] == "no-cache"


def test_wb4_cookies_on_https(world: World) -> None:
    client = on_https(world).test_client()
    answer = client.get("/sign-in", base_url="https://hub.example.com")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-hub_form=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def test_wb4_cookies_on_loopback(world: World) -> None:
    cookie = world.browser().get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("hub_form=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_another_name_of_this_machine_leads_to_the_public_address(world: World) -> None:
    for path in ("/", "/sign-in?problem=unknown_domain", "/my-training", "/admin"):
        answer = world.browser().get(path, base_url="http://localhost:8000")
        assert answer.status_code == 302
        assert answer.location == f"http://127.0.0.1:8000{path}"


def test_machines_may_use_any_name(world: World) -> None:
    for path in ("/healthz", "/metrics", "/assets/hub.css", "/lti/jwks"):
        assert world.browser().get(path, base_url="http://localhost:8000").status_code == 200


def test_behind_an_undeclared_proxy_nobody_is_sent_in_circles(world: World) -> None:
    client = on_https(world).test_client()
    assert client.get("/sign-in", base_url="http://10.0.0.7:8000").status_code == 200


def test_behind_a_declared_proxy_other_names_lead_to_the_public_one(world: World) -> None:
    client = on_https(world, trusted_proxies=1).test_client()
    headers = {"X-Forwarded-Host": "alias.example.com", "X-Forwarded-Proto": "https"}
    answer = client.get("/sign-in", base_url="http://10.0.0.7:8000", headers=headers)
    assert answer.location == "https://hub.example.com/sign-in"
