"""Pages on which somebody decides something for good: accessible and narrow enough, like all the others."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_pages import overflow, severe


def check(page: Page) -> None:
    """What every page must be, wide and narrow."""
    assert severe(page) == []
    for width in (1280, 390, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert overflow(page) == 0, width
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_completion_policy_is_planned_and_put_into_force(site: Site) -> None:
    site.world.appoint("ana", "seller", "hilltop")
    site.world.complete("ana", "needs", "south")
    page = site.open("olga")
    page.goto("/admin/policies")
    page.get_by_role("link", name=re.compile("Lay down.*LMS South")).click()
    page.get_by_label("success: true").first.check()
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Put into force").click()
    expect(page.get_by_role("status")).to_contain_text("version 1, is in force")
    page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true })")
    check(page)
    page.context.close()


def test_a_person_is_erased(site: Site) -> None:
    site.world.complete("ana", "needs", "south")
    page = site.open("olga")
    page.goto("/admin/erasure")
    page.get_by_label("Name, e-mail address, or identifier").fill("ana lopes")
    page.get_by_role("button", name="Look for").click()
    check(page)
    page.get_by_label("Type “Ana Lopes” to confirm").fill("Ana Lopes")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("heading", name="Receipt of an erasure")).to_be_visible()
    check(page)
    page.context.close()
