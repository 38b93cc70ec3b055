"""The pages on which operators connect SAML providers, and look after the hub's keys towards them."""

import io
from typing import Any

import pytest
import sqlalchemy as sa

from hub.sso.saml.providers import read_saml_provider
from hub.sso.saml.sp_keys import signing_key
from hub.sso.saml.tables import saml_provider
from tests.sso.saml.forge import stranger
from tests.sso.saml.test_metadata import provider
from tests.web.world import World

FORM = {
    "name": "Riverside",
    "slug": "riverside",
    "signed_part": "assertion",
    "name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
}


def upload(raw: bytes) -> dict[str, Any]:
    return {"metadata_file": (io.BytesIO(raw), "metadata.xml")}


@pytest.fixture
def connected(world: World) -> World:
    answer = world.browser("olga").send(
        "/admin/connect/saml",
        "/admin/connect/saml",
        **FORM,
        **upload(provider().metadata()),
        domains="r.example",
    )
    assert (answer.status_code, answer.headers.get("Location")) == (303, "/admin/connections/riverside")
    return world


def test_a_provider_is_connected_by_its_metadata_as_a_file(connected: World) -> None:
    page = connected.browser("olga").get("/admin/connections/riverside").text
    for shown in (
        "https://idp.riverside.example/metadata",
        "http://127.0.0.1:8000/sso/saml/riverside/acs",
        "http://127.0.0.1:8000/sso/saml/riverside/start",
        "uploaded as a file",
        "are signed",
        "Try a sign-in",
    ):
        assert shown in page


CANNOT_BE_MEANT: list[tuple[dict[str, str], bytes, str]] = [
    ({}, b"", "an address or a file is needed"),
    ({"name": ""}, b"<x/>", "is missing"),
    ({}, b"<html/>", "This is no SAML metadata"),
    ({"slug": "Not A Slug"}, provider().metadata(), "cannot name a connection"),
    ({"signer": "nonsense"}, provider().metadata(), "cannot be read"),
    ({"signer": stranger().pem}, provider().metadata(), "The metadata is not signed"),
    ({"entity_id": "https://other.example"}, provider().metadata(), "another system"),
    ({"partner": "Nobody"}, provider().metadata(), "partner-problem"),
]


def test_what_cannot_be_meant_stands_beside_its_field(world: World) -> None:
    browser = world.browser("olga")
    for changes, raw, told in CANNOT_BE_MEANT:
        form = {**FORM, **changes, **(upload(raw) if raw else {})}
        answer = browser.send("/admin/connect/saml", "/admin/connect/saml", **form)
        assert answer.status_code == 400, told
        assert told.lower() in answer.text.lower()
        assert 'class="field-problem"' in answer.text, told
    with world.hub.reading() as uow:
        assert uow.connection.execute(sa.select(saml_provider)).all() == []


def test_a_provider_is_changed(connected: World) -> None:
    browser = connected.browser("olga")
    path = "/admin/connections/riverside/saml"
    assert "Another entity id" in browser.get(path).text
    new = provider(stranger()).metadata()
    form = {**FORM, "signed_part": "response", "subject_attribute": "employee", "idp_initiated": "1"}
    assert browser.send(path, path, **form, **upload(new)).status_code == 303
    with connected.hub.reading() as uow:
        found = read_saml_provider(uow, "riverside")
    assert found.metadata.certificates == (stranger().encoded,)
    assert (found.choices.signed_part, found.choices.subject_attribute) == ("response", "employee")
    page = browser.get("/admin/connections/riverside").text
    assert "Takes what nobody asked for" in page


def test_metadata_is_tried_from_the_page(connected: World) -> None:
    browser = connected.browser("olga")
    answer = browser.send("/admin/connections/riverside/try", "/admin/connections/riverside", what="provider")
    assert "Every step works" in answer.text
    assert "Simulated provider" in answer.text


def test_a_trial_sends_the_browser_there(connected: World) -> None:
    browser = connected.browser("olga")
    answer = browser.send("/admin/connections/riverside/try-sign-in", "/admin/connections/riverside")
    assert answer.headers["Location"].startswith("https://idp.riverside.example/sso?SAMLRequest=")


def test_keys_change_in_two_steps(connected: World) -> None:
    browser = connected.browser("olga")
    signing_key(connected.hub)
    page = browser.get("/admin/saml-keys").text
    assert "Signs" in page
    assert browser.send("/admin/saml-keys", "/admin/saml-keys", do="publish").status_code == 303
    assert "Waits" in browser.get("/admin/saml-keys").text
    assert browser.send("/admin/saml-keys", "/admin/saml-keys", do="publish").status_code == 409
    assert browser.send("/admin/saml-keys", "/admin/saml-keys", do="use").status_code == 303
    page = browser.get("/admin/saml-keys").text
    assert "Still opens" in page
    assert "Waits" not in page


def test_no_key_yet_says_what_to_expect(world: World) -> None:
    assert "No key yet" in world.browser("olga").get("/admin/saml-keys").text


@pytest.mark.parametrize("path", ["/admin/connect/saml", "/admin/saml-keys"])
def test_learners_do_not_get_there(world: World, path: str) -> None:
    assert world.browser("ana").get(path).status_code == 403
