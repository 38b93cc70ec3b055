"""A new partner's sign-in and list of people are connected by a setup link, end to end: no operator after the link is made."""

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from hub.testing.idp import IdpConfig, create_idp
from hub.testing.idp_store import Person
from hub.testing.serve import serve
from tests.browser.conftest import Site
from tests.browser.test_credentials import assert_fit

NORA = Person("sub-nora", "nora", "correct horse", "nora@cove.example", "Nora", "Berg")
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
def provider(site: Site) -> Iterator[str]:
    """The issuer of the new partner's own provider."""
    clock = site.world.hub.clock
    with serve(
        lambda url: create_idp(
            IdpConfig(
                base_url=url,
                client_id="hub",
                client_secret="the secret of the client",
                redirect_uris=(f"{site.url}/sso/oidc/cove-motors/callback",),
                people=(NORA,),
            ),
            clock=lambda: clock.now().timestamp(),
        ),
        port=site.provider_port,
    ) as issuer:
        yield issuer


def sign_in_there(page: Page, site: Site) -> None:
    """On the provider's own page."""
    page.locator("input[name=username]").fill(NORA.username)
    page.locator("input[name=password]").fill(NORA.password)
    page.get_by_role("button", name="Sign in").click()


def do(page: Page, title: str) -> None:
    page.get_by_role("link", name=title).click()


def make_link(operator: Page) -> str:
    """The operator's only part: the partner and its link, on one page."""
    operator.goto("/admin/setup-links")
    operator.get_by_text("The partner is not in the list yet").click()
    operator.get_by_label("Name of the new partner").fill("Cove Motors")
    operator.get_by_label("What to connect").fill("Sign-in of Cove Motors")
    assert_fit(operator)
    operator.get_by_text("The partner is not in the list yet").click()
    operator.get_by_role("button", name="Make the link").click()
    return operator.locator("#address").inner_text()


def enter_with_a_wrong_secret(page: Page, site: Site, provider: str) -> None:
    do(page, "Choose what your people sign in with")
    assert_fit(page)
    page.get_by_label("Keycloak with OpenID Connect").check()
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#redirect-uri")).to_have_text(f"{site.url}/sso/oidc/cove-motors/callback")
    page.get_by_role("textbox", name="Issuer").fill(provider)
    page.get_by_role("textbox", name="Client id").fill("hub")
    page.get_by_role("button", name="Ask the provider and save").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Client secret: is missing.")
    assert_fit(page)
    page.get_by_label("Client secret").fill("a wrong secret")
    page.get_by_label("The secret expires on").fill("2026-05-20")
    page.get_by_role("button", name="Ask the provider and save").click()


def see_what_is_wrong_and_correct_it(page: Page, site: Site, provider: str) -> None:
    """A real sign-in says it; nobody has to be asked."""
    page.get_by_role("button", name="Try it").click()
    sign_in_there(page, site)
    expect(page.locator("#exchange-result")).to_be_focused()
    expect(page.get_by_text("client_refused")).to_be_visible()
    assert_fit(page)
    page.get_by_role("link", name="← Steps").click()
    page.get_by_role("link", name="Connect your identity provider").click()
    page.get_by_role("textbox", name="Issuer").fill(f"{provider}/.well-known/openid-configuration")
    page.get_by_role("textbox", name="Client id").fill("hub")
    page.get_by_label("Client secret").fill("the secret of the client")
    page.get_by_label("The secret expires on").fill("2026-05-20")
    page.get_by_role("button", name="Ask the provider and save").click()
    page.get_by_role("link", name="Which attributes mean what").click()
    expect(page.get_by_role("textbox", name="Given name")).to_have_value("given_name")
    assert_fit(page)
    page.get_by_label("Add people when they first sign in").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Try it").click()
    sign_in_there(page, site)
    expect(page.get_by_text("It works. You can switch it on now.")).to_be_visible()
    expect(page.get_by_text("Nora Berg").first).to_be_attached()
    assert_fit(page)
    page.get_by_role("link", name="← Steps").click()


def prove_the_domain(page: Page, site: Site) -> None:
    do(page, "Prove your e-mail domains")
    page.get_by_role("textbox", name="Domain").fill("gmail.com")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#domain-problem")).to_be_visible()
    page.get_by_role("textbox", name="Domain").fill("cove.example")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Look it up now").click()
    expect(page.get_by_text("There is no such record yet.")).to_be_visible()
    assert_fit(page)
    site.names.texts[page.locator("#name-1").inner_text()] = [page.locator("#value-1").inner_text()]
    page.get_by_role("button", name="Look it up now").click()
    expect(page.get_by_text("cove.example is proved.")).to_be_visible()
    page.get_by_role("link", name="← Steps").click()
    do(page, "Who is told before something expires")
    page.get_by_role("textbox", name="E-mail address").fill("identity@cove.example")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("identity@cove.example").first).to_be_visible()
    assert_fit(page)
    page.get_by_role("link", name="← Steps").click()


def let_scim_tell(page: Page) -> None:
    """The token is shown once, and works."""
    do(page, "Let your systems tell who works for you")
    assert_fit(page)
    page.get_by_role("button", name="Make a token").click()
    token, scim = page.locator("#scim-token").inner_text(), page.locator("#scim-address").inner_text()
    assert_fit(page)
    told = requests.post(
        f"{scim}/Users",
        json={
            "schemas": [USER],
            "userName": "pia@cove.example",
            "name": {"givenName": "Pia", "familyName": "Ek"},
        },
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"},
        timeout=20,
    )
    assert told.status_code == 201, told.text
    page.get_by_role("link", name="← Steps").click()


@pytest.mark.requirement("D16")
@pytest.mark.parametrize("width", [1280, 390])
def test_d16_a_new_partner_from_the_link_to_the_first_person(site: Site, provider: str, width: int) -> None:
    operator = site.open("olga", width)
    address = make_link(operator)

    page = site.open("", width)
    page.goto(address)
    expect(page.get_by_text("People of Cove Motors will sign in")).to_be_visible()
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("#progress")).to_have_text("0 of 8 done")
    assert_fit(page)

    enter_with_a_wrong_secret(page, site, provider)
    see_what_is_wrong_and_correct_it(page, site, provider)
    prove_the_domain(page, site)
    let_scim_tell(page)
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator("#progress")).to_have_text("8 of 8 done")
    expect(page.get_by_text("Everything is in place.")).to_be_visible()
    assert_fit(page)
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign-in of Cove Motors is connected")

    nora = site.open("", width)
    nora.goto("/")
    nora.get_by_label("Work e-mail").fill(NORA.email)
    nora.get_by_label("Work e-mail").press("Enter")
    nora.locator("input[name=password]").fill(NORA.password)
    nora.get_by_role("button", name="Sign in").click()
    expect(nora.get_by_role("heading", name="Hello, Nora")).to_be_visible()

    for path, words in (
        ("/admin/connections/cove-motors/domains", "cove.example"),
        ("/admin/expiring", "Client secret of the OpenID provider"),
        ("/admin/setup-links", "Sign-in of Cove Motors"),
    ):
        operator.goto(path)
        expect(operator.get_by_text(words).first).to_be_visible()
        assert_fit(operator)
