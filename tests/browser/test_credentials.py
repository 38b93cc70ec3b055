"""An operator gives a system a credential, tries it and takes it back, with the keyboard and on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_pages import overflow, severe

SOUTH = "/admin/credentials/lms-south"


def assert_fit(page: Page) -> None:
    """Nothing serious for axe, light and dark, and nothing sticks out."""
    toggle = "(open) => document.querySelectorAll('details').forEach((one) => { one.open = open })"
    page.evaluate(toggle, True)
    assert severe(page) == []
    page.emulate_media(color_scheme="dark")
    assert severe(page, "color-contrast") == []
    page.emulate_media(color_scheme="light")
    assert overflow(page) == 0
    page.evaluate(toggle, False)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_credential_from_the_form_to_its_end(site: Site, width: int) -> None:
    page = site.open("olga", width)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/admin/credentials?show=all")
    page.get_by_role("searchbox").fill("south")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="LMS South").click()
    page.get_by_label("Label").fill("Quiz server")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Send statements statements/write")).to_be_focused()
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="Make credential").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("there must be at least one")
    expect(page.get_by_label("Label")).to_have_value("Quiz server")
    assert_fit(page)

    page.get_by_label("Everything all", exact=True).press("Space")
    page.get_by_role("button", name="Make credential").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New credential")
    secret = page.locator("#secret").inner_text()
    assert re.fullmatch(r"[\w-]{43}", secret)
    page.get_by_role("button", name="Copy secret").press("Enter")
    expect(page.get_by_role("button", name="Copied secret")).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    assert_fit(page)

    page.get_by_role("button", name="Try it now").press("Enter")
    expect(page.locator("#exchange-result")).to_contain_text("Every step works")
    expect(page.locator("#exchange-result")).to_be_focused()
    assert secret not in page.content()
    assert_fit(page)

    page.get_by_label("Secret", exact=True).fill("something else")
    page.keyboard.press("Enter")
    expect(page.locator("#exchange-result")).to_have_text("1 of 2 steps failed.")
    failed = page.locator(".step", has=page.locator(".pill-bad"))
    expect(failed).to_contain_text("reason wrong_credentials")
    expect(failed).to_contain_text("What to change:")
    assert_fit(page)

    page.get_by_text("Revoke…").press("Enter")
    page.get_by_role("button", name="Revoke Quiz server").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Quiz server is revoked.")
    expect(page.get_by_text("wrong credentials")).to_be_visible()
    assert_fit(page)
    page.context.close()
