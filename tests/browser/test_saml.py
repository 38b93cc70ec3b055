"""Signing in by SAML in a real browser: there and back by another site's form, and signing out at both ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import flask
import pytest
from playwright.sync_api import Page, expect

from hub.network.people.identities import link_identity
from hub.sso.saml.connect import connect_saml_provider
from hub.sso.saml.providers import Choices
from hub.testing.idp_store import Person
from hub.testing.saml_idp import SamlIdp, SamlIdpConfig, create_saml_idp, saml_idp_of
from hub.testing.saml_messages import logout_request_xml
from hub.testing.serve import serve
from tests.browser.conftest import Site

ANA = Person("sub-ana", "ana", "correct horse", "ana@cove.example", "Ana", "Lopes")


@contextmanager
def provider(site: Site, *, posts_logout: bool) -> Iterator[SamlIdp]:
    """Ana's employer has a SAML provider that really answers."""
    hub, apps = site.world.hub, []

    def create(url: str) -> flask.Flask:
        config = SamlIdpConfig(
            base_url=url,
            slug="cove",
            name="Cove Motors",
            hubs=(site.url,),
            people=(ANA,),
            posts_logout=posts_logout,
        )
        apps.append(create_saml_idp(config, clock=lambda: hub.clock.now().timestamp()))
        return apps[0]

    with serve(create, port=site.provider_port) as url:
        choices = Choices(metadata_url=f"{url}/metadata")
        connection_id = connect_saml_provider(
            hub, "cove", "Cove Motors", None, choices, domains=["cove.example"]
        )
        with hub.unit_of_work() as uow:
            link_identity(uow, connection_id, "nameid", ANA.sub, site.world.ids["ana"], made_by="roster")
        yield saml_idp_of(apps[0])


def sign_in(site: Site, page: Page) -> None:
    """From the hub's door by e-mail to the provider, and by its form to the plan."""
    page.goto("/")
    page.get_by_label("Work e-mail").fill(ANA.email)
    page.keyboard.press("Enter")
    expect(page.locator("input[name=username]")).to_be_visible()
    assert urlsplit(page.url).port == site.provider_port
    page.locator("input[name=username]").fill(ANA.username)
    page.locator("input[name=password]").fill(ANA.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ana")
    assert page.url == f"{site.url}/my-training"


@pytest.mark.parametrize("posts_logout", [False, True], ids=["by redirect", "by form"])
def test_signing_in_and_out_again_at_both_ends(site: Site, posts_logout: bool) -> None:
    with provider(site, posts_logout=posts_logout):
        page = site.open(width=390)
        sign_in(site, page)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
        # The page goes on by itself to the provider, which sends the browser back.
        expect(page.get_by_role("status")).to_have_text(
            "You are signed out of the training hub and at Cove Motors."
        )
        page.goto("/")
        expect(page.get_by_label("Work e-mail")).to_be_visible()


@pytest.mark.parametrize("posts_logout", [False, True], ids=["by redirect", "by form"])
def test_the_provider_signs_out_and_gets_its_answer(site: Site, posts_logout: bool) -> None:
    with provider(site, posts_logout=posts_logout) as idp:
        page = site.open()
        sign_in(site, page)
        address = f"{site.url}/sso/saml/cove/slo"
        xml = logout_request_xml(
            issuer=idp.entity_id, destination=address, subject=ANA.sub, now=site.world.hub.clock.now()
        )
        page.goto(idp.redirect_to(address, "SAMLRequest", xml))
        expect(page.get_by_role("heading", level=1)).to_have_text("Signed out")
        assert urlsplit(page.url).port == site.provider_port
        page.goto("/")
        expect(page.get_by_label("Work e-mail")).to_be_visible()
