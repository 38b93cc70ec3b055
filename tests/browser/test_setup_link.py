"""A partner's administrator connects an LMS by a setup link: from the operator's form to the end, wide and narrow."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site
from tests.browser.test_credentials import assert_fit


@pytest.mark.requirement("D16")
@pytest.mark.parametrize("width", [1280, 400])
def test_d16_from_the_link_to_the_connection(site: Site, width: int) -> None:
    page = site.open("olga", width)
    page.goto("/admin/setup-links")
    page.get_by_label("Partner", exact=False).first.fill("Harbor Auto Group")
    for ticked in ("Their sign-in", "The list of their people"):
        page.get_by_label(ticked).uncheck()
    for wanted in ("The hub opens courses of their LMS", "Their LMS opens courses of the hub"):
        page.get_by_label(wanted).check()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_fit(page)
    page.get_by_label("What to connect").fill("Harbor LMS")
    page.get_by_role("button", name="Make the link").click()
    address = page.locator("#address").inner_text()
    assert_fit(page)

    theirs = site.open("", width)
    asked: list[str] = []
    theirs.on("request", lambda request: asked.append(request.url))
    theirs.goto(address)
    assert_fit(theirs)
    theirs.get_by_role("button", name="Begin").click()
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Connect Harbor LMS")
    assert_fit(theirs)
    theirs.get_by_role("link", name="Enter it by hand").first.click()
    theirs.get_by_label("Login address").fill("https://lms.example/login")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.get_by_role("alert")).to_be_focused()
    expect(theirs.get_by_label("Login address")).to_have_value("https://lms.example/login")
    assert_fit(theirs)
    theirs.get_by_label("Launch address").fill("https://lms.example/launch")
    theirs.get_by_label("Keys (JWKS)").fill("https://lms.example/jwks")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.get_by_role("term").filter(has_text="Client id")).to_be_visible()
    theirs.get_by_role("link", name="Enter it by hand").click()
    for label, value in (
        ("Issuer", "https://lms.example"),
        ("Client id", "hub-1"),
        ("Authentication address", "https://lms.example/auth"),
        ("Token address", "https://lms.example/token"),
        ("Keys (JWKS)", "https://lms.example/jwks"),
    ):
        theirs.get_by_role("textbox", name=label).fill(value)
    assert_fit(theirs)
    theirs.get_by_role("button", name="Save").click()
    theirs.get_by_role("button", name="Try it").click()
    expect(theirs.locator("#exchange-result")).to_be_focused()
    assert_fit(theirs)
    theirs.get_by_role("button", name="Finish").click()
    expect(theirs.get_by_role("heading", level=1)).to_contain_text("Harbor LMS is connected")
    assert {url.startswith(site.url) for url in asked if not url.startswith("data:")} == {True}
    page.goto("/admin/connections/harbor-lms")
    expect(page.get_by_text("The hub opens its courses, and it opens courses of the hub")).to_be_visible()
    assert_fit(page)
