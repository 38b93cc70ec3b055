"""The list of statements keeps itself up to date, until it is told to stand still."""

from playwright.sync_api import Page, expect

from hub.clock import SettableClock
from tests.browser.conftest import Site


def sentences(page: Page) -> list[str]:
    return page.locator("#statements .entry-sentence").all_inner_texts()


def test_new_statements_appear_on_top_and_not_while_paused(site: Site) -> None:
    clock = site.world.hub.clock
    assert isinstance(clock, SettableClock)
    page = site.open("olga")
    page.goto("/admin/statements")
    expect(page.get_by_text("No statements yet")).to_be_visible()
    site.world.complete("ana", "needs", "south")
    expect(page.locator("#statements li")).to_have_count(1)
    expect(page.get_by_text("No statements yet")).to_have_count(0)
    expect(page.locator("#live-news")).to_have_text("1 new statement")
    site.world.complete("ana", "price", "south")
    expect(page.locator("#statements li")).to_have_count(2)
    assert "Price Talks" in sentences(page)[0]
    live = page.get_by_role("button", name="Live")
    live.click()
    expect(page.get_by_role("button", name="Paused")).to_have_attribute("aria-pressed", "false")
    site.world.complete("ana", "battery", "north")
    page.wait_for_timeout(4000)
    assert len(sentences(page)) == 2
    page.get_by_role("button", name="Paused").click()
    expect(page.locator("#statements li")).to_have_count(3)
    page.context.close()


def test_it_works_without_scripts(site: Site) -> None:
    site.world.complete("ana", "needs", "south")
    context = site.browser.new_context(java_script_enabled=False, base_url=site.url)
    context.add_cookies([{"name": "hub_session", "value": site.world.session("olga"), "url": site.url}])
    page = context.new_page()
    page.goto("/admin/statements")
    expect(page.locator("#statements li")).to_have_count(1)
    expect(page.locator("#live")).to_be_hidden()
    page.get_by_label("Verb").fill("answered")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("No statement fits these filters.")).to_be_visible()
    context.close()
