"""Operators let people sign in at systems that know only SAML."""

import pytest

from hub.network.systems.connections import find_connection
from hub.sso.saml_provider.systems import System, list_systems
from hub.testing.saml_signing import new_signer
from tests.sso.saml_provider.rig import ACS, ENTITY, sp_metadata
from tests.web.world import Browser, World

NEW = {
    "connection_name": "Old compliance LMS",
    "slug": "old-lms",
    "metadata": sp_metadata().decode(),
    "attribute_names": "given_name = givenName\nemail = mail",
    "subject_type": "pairwise",
}


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


def add(world: World, olga: Browser, **changes: str) -> System:
    """Add the system by the form."""
    page = "/admin/clients/saml/new"
    made = olga.send(page, page, **NEW, **changes)
    assert made.status_code == 303, made.text
    with world.hub.reading() as uow:
        (system,) = list_systems(uow, find_connection(uow, "old-lms").id)
    return system


def test_a_system_is_added_by_its_metadata_and_shown(world: World, olga: Browser) -> None:
    assert "No system signs people in here by SAML yet" in olga.get("/admin/clients/saml").text
    system = add(world, olga)
    assert system.attribute_names == {
        "given_name": "givenName",
        "email": "mail",
        "email_verified": "emailVerified",
    }
    page = olga.get(f"/admin/clients/saml/{system.client_id}").text
    for shown in (ENTITY, ACS, "/saml/metadata", "/saml/sso", "emailVerified"):
        assert shown in page
    assert "Old compliance LMS" in olga.get("/admin/clients/saml?q=old").text
    assert "Nothing found" in olga.get("/admin/clients/saml?q=lms").text


def test_what_is_wrong_stands_beside_its_field(world: World, olga: Browser) -> None:
    page = "/admin/clients/saml/new"
    for changes, told in (
        ({"metadata": "<nothing/>"}, "This is no SAML metadata"),
        ({"metadata": ""}, "neither an address nor a text"),
        ({"slug": ""}, "Is missing"),
        ({"attribute_names": "salary = x"}, "such as email = mail"),
        ({"encrypts": "1"}, "no RSA certificate"),
        ({"metadata_url": "http://lms.example.com"}, "must be an https address"),
    ):
        answer = olga.send(page, page, **{**NEW, **changes})
        assert answer.status_code == 400
        assert told.lower() in answer.text.lower()


def test_a_system_is_changed_switched_off_and_opened(world: World, olga: Browser) -> None:
    system = add(world, olga)
    page = f"/admin/clients/saml/{system.client_id}"
    raw = sp_metadata(encryption=new_signer().encoded).decode()
    form = {
        "name": "Compliance",
        "metadata": raw,
        "attribute_names": "",
        "encrypts": "1",
        "hub_initiated": "1",
    }
    assert olga.send(f"{page}/change", f"{page}/change", **form).status_code == 303
    with world.hub.reading() as uow:
        (system,) = list_systems(uow, system.connection_id)
    assert (system.name, system.encrypts, system.attribute_names) == ("Compliance", True, {})
    assert f"/saml/open/{system.client_id}" in olga.get("/my-training").text
    assert "Opening Compliance" in olga.get(f"/saml/open/{system.client_id}").text
    olga.send(f"{page}/switch", page, disabled="1")
    assert "Switched off" in olga.get(page).text
    assert "/saml/open/" not in olga.get("/my-training").text


def test_keys_towards_systems_change_in_two_steps(world: World, olga: Browser) -> None:
    olga.get("/saml/metadata")
    page = "/admin/saml-provider-keys"
    assert "Publish a new key" in olga.get(page).text
    olga.send(page, page, do="publish")
    assert "Waits" in olga.get(page).text
    olga.send(page, page, do="use")
    assert "Still published" in olga.get(page).text
