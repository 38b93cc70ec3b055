"""One's own account in a real browser: trying a connection, seeing where one is signed in, and leaving the provider too."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from hub.network.people.identities import link_identity
from hub.network.systems.connections import create_connection
from hub.sso.oidc.providers import add_provider
from hub.testing.idp import IdpConfig, create_idp
from hub.testing.idp_store import Person
from hub.testing.serve import serve
from tests.browser.conftest import Site

ANA = Person("sub-ana-2", "ana", "correct horse", "ana@lakeside.example", "Ana", "Lopes")


@pytest.fixture
def with_provider(site: Site) -> Iterator[Site]:
    """Ana's employer has a provider that signs people out, too."""
    hub = site.world.hub
    config = {
        "client_id": "hub",
        "client_secret": "s",
        "redirect_uris": (f"{site.url}/sso/oidc/lakeside/callback",),
        "post_logout_redirect_uris": (f"{site.url}/signed-out",),
        "people": (ANA,),
    }
    with serve(
        lambda url: create_idp(
            IdpConfig(base_url=url, **config),  # type: ignore[arg-type]
            clock=lambda: hub.clock.now().timestamp(),
        ),
        port=site.provider_port,
    ) as issuer:
        with hub.unit_of_work() as uow:
            connection_id = create_connection(uow, "lakeside", "oidc", "Lakeside Cars")
            add_provider(uow, connection_id, issuer, "hub", hub.sealer.seal("s"))
            link_identity(uow, connection_id, "sub", ANA.sub, site.world.ids["ana"], "roster")
        yield site


def prove(page: Page) -> None:
    """Type the password at the provider."""
    page.locator("input[name=username]").fill(ANA.username)
    page.locator("input[name=password]").fill(ANA.password)
    page.keyboard.press("Enter")


def test_out_of_the_hub_and_of_the_provider(with_provider: Site) -> None:
    page = with_provider.open()
    page.goto("/sso/oidc/lakeside/start?return_to=/account")
    prove(page)
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page.get_by_text("You are still signed in at Lakeside Cars")).to_be_visible()
    # The page goes on by itself, over the provider and back.
    expect(page.get_by_text("signed out of the training hub and at Lakeside Cars")).to_be_visible()
    page.goto("/account")
    expect(page).to_have_url(re.compile("/sign-in"))


def test_an_operator_tries_the_connection_and_sees_what_came_back(with_provider: Site) -> None:
    page = with_provider.open("olga")
    page.goto("/admin/connections/lakeside")
    page.get_by_role("button", name="Try a sign-in").click()
    prove(page)
    expect(page.get_by_text("This sign-in would let in Ana Lopes.")).to_be_visible()
    expect(page.get_by_text("Every step works")).to_be_focused()
    page.get_by_role("group").filter(has_text="sub-ana-2").first.locator("summary").click()
    expect(page.get_by_text("sub-ana-2").first).to_be_visible()
    page.goto("/admin")
    expect(page.get_by_role("link", name="Olga Berg")).to_be_visible()
