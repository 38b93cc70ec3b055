"""Operators let people sign in at other systems with the hub."""

import re
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from hub.network.systems.connections import find_connection
from hub.sso.provider.clients import Client, list_clients
from hub.sso.provider.tables import oidc_client
from hub.sso.tokens import token_hash
from tests.web.test_connections import text
from tests.web.world import Browser, World

NEW = {
    "connection_name": "Wiki of the service manuals",
    "slug": "manuals",
    "partner": "",
    "redirect_uris": "https://manuals.example/callback\nhttps://manuals.example/silent",
    "auth_method": "client_secret_post",
    "scopes": "profile",
    "subject_type": "pairwise",
    "logout_url": "https://manuals.example/backchannel",
}


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


def only_client(world: World, slug: str = "manuals") -> Client:
    with world.hub.reading() as uow:
        (client,) = list_clients(uow, find_connection(uow, slug).id)
    return client


def add(olga: Browser) -> str:
    """Add the system; the page that shows its secret."""
    made = olga.send("/admin/clients/new", "/admin/clients/new", **NEW)
    assert made.status_code == 200, made.text
    assert made.headers["Cache-Control"] == "no-store"
    return made.text


def test_a_system_is_added_and_its_secret_is_shown_once(world: World, olga: Browser) -> None:
    assert "No system signs people in here yet" in olga.get("/admin/clients").text
    page = add(olga)
    secret = re.search(r'id="client-secret">([^<]+)<', page)
    client = only_client(world)
    assert secret
    assert client.secret_hash == token_hash(secret[1])
    assert (client.scopes, client.auth_method, client.name) == (
        ("profile",),
        "client_secret_post",
        NEW["connection_name"],
    )
    assert client.redirect_uris == tuple(NEW["redirect_uris"].split("\n"))
    shown = olga.get(f"/admin/clients/{client.client_id}").text
    assert secret[1] not in shown
    for words in (
        client.client_id,
        "/.well-known/openid-configuration",
        "nobody",
        "https://manuals.example/backchannel",
    ):
        assert words in shown or words in olga.get("/admin/clients").text
    assert "manuals" in olga.get("/admin/clients?q=wiki").text
    assert "Nothing found" in olga.get("/admin/clients?q=zzz").text


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(world: World, olga: Browser) -> None:
    wrong = {**NEW, "redirect_uris": "http://manuals.example/callback", "partners": "Nobody Inc", "slug": ""}
    refused = olga.send("/admin/clients/new", "/admin/clients/new", **{**wrong, "partners": ""})
    assert refused.status_code == 400
    assert 'id="redirect_uris-problem"' in refused.text or 'id="slug-problem"' in refused.text
    refused = olga.send("/admin/clients/new", "/admin/clients/new", **{**NEW, "partners": "Nobody Inc"})
    assert 'id="partners-problem"' in refused.text
    refused = olga.send("/admin/clients/new", "/admin/clients/new", **{**NEW, "redirect_uris": "ftp://x"})
    assert 'id="redirect_uris-problem"' in refused.text
    with world.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(oidc_client)) == 0


def test_a_system_is_changed_switched_off_and_given_a_new_secret(world: World, olga: Browser) -> None:
    add(olga)
    before = only_client(world)
    page = f"/admin/clients/{before.client_id}"
    form = {**NEW, "name": "Manuals", "partners": "Harbor Auto Group", "refreshes": "1"}
    assert "Harbor" not in olga.get(page).text
    assert olga.send(f"{page}/change", f"{page}/change", **form).status_code == 303
    assert "Harbor Auto Group" in olga.get(page).text
    assert "Harbor Auto Group" in olga.get(f"{page}/change").text
    assert olga.send(f"{page}/change", f"{page}/change", **{**form, "name": ""}).status_code == 400
    renewed = olga.send(f"{page}/secret", page, overlap="1")
    assert "good for 24 h more" in text(renewed.text), text(renewed.text)
    after = only_client(world)
    assert (after.name, after.refreshes, after.old_secret_hash) == ("Manuals", True, before.secret_hash)
    assert olga.send(f"{page}/secret", page, overlap="99").status_code == 400
    assert olga.send(f"{page}/switch", page, disabled="1").status_code == 303
    assert only_client(world).disabled
    assert "Switched off" in olga.get("/admin/clients").text
    assert olga.send(f"{page}/switch", page, disabled="0").status_code == 303
    assert olga.get("/admin/clients/nobody").status_code == 404
    unsigned = {**form, "auth_method": "none"}
    assert olga.send(f"{page}/change", f"{page}/change", **unsigned).status_code == 303
    assert only_client(world).secret_hash == ""
    assert 'id="client-secret"' in olga.send(f"{page}/change", f"{page}/change", **form).text


def test_trying_tells_what_the_system_would_learn_and_writes_nothing(world: World, olga: Browser) -> None:
    add(olga)
    page = f"/admin/clients/{only_client(world).client_id}"
    tried = text(olga.send(f"{page}/try", page).text)
    assert "You may sign in there" in tried
    assert "is made when you first sign in there" in tried
    assert "What to change" in tried, "its address cannot be reached from here"


def test_a_system_that_publishes_its_keys_gets_no_secret_and_the_hint_it_sends_fills_in_the_door(
    world: World, olga: Browser
) -> None:
    keys = "https://manuals.example/jwks"
    made = olga.send(
        "/admin/clients/new",
        "/admin/clients/new",
        **{**NEW, "auth_method": "private_key_jwt", "jwks_uri": keys},
    )
    assert (made.status_code, 'id="client-secret"' in made.text) == (200, False)
    client = only_client(world)
    assert client.jwks_uri == keys
    assert keys in olga.get(f"/admin/clients/{client.client_id}").text
    assert keys in olga.get(f"/admin/clients/{client.client_id}/change").text
    asked = {
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uris[0],
        "response_type": "code",
        "scope": "openid",
        "code_challenge": "a" * 43,
        "code_challenge_method": "S256",
        "login_hint": 'olga"@manuals.example',
    }
    nobody = world.browser()
    door = nobody.get(f"/oauth/authorize?{urlencode(asked)}").headers["Location"]
    assert "olga" not in door
    for address in (door, door.replace("/sign-in", "/sign-in/local")):
        assert 'value="olga&#34;@manuals.example"' in nobody.get(address).text


def test_only_operators_see_them(world: World) -> None:
    lena = world.browser("ana")
    for path in ("/admin/clients", "/admin/clients/new", f"/admin/clients/{world.ids['ana']}"):
        assert lena.get(path).status_code == 403


def test_an_lms_that_is_connected_gets_its_sign_in_too(world: World, olga: Browser) -> None:
    form = {**NEW, "known": "1", "slug": "lms-north", "connection_name": "LMS North", "name": "LMS North"}
    page = "/admin/clients/new?slug=lms-north"
    assert "LMS North" in olga.get(page).text
    assert olga.send("/admin/clients/new", page, **form).status_code == 200
    assert only_client(world, "lms-north").name == "LMS North"
    assert "/admin/clients?q=lms-north" in olga.get("/admin/connections/lms-north").text
