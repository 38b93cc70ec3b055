"""Pages of a plugin as people see them: asking and approving with real buttons, wide and narrow, light and dark."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from hub import hookspecs
from hub.access.roles import grant_partner_admin
from hub.app import load_plugins
from hub.audiences.rules.rule import switch_plugin
from hub.hooks import Hooks
from hub.plugin_data.migrate import migrate_plugins
from hub.plugin_data.storage import lend_storage
from hub.runtime import Hub
from tests.browser.conftest import Site, _serve
from tests.packages import installed
from tests.web.world import World, build_world

NAME = "distributor_onboarding"
PROJECT = Path(__file__).parents[2] / "plugins_contrib" / NAME
REQUESTS = f"/plugins/{NAME}/requests"


def build(hub: Hub) -> World:
    """Ana and Nils are new, Sofia manages Ana; Pia looks after the people of their company."""
    plugins = [*hub.hooks.plugins, *load_plugins([NAME])]
    hooks = Hooks(hookspecs, plugins)
    hooks.configure({NAME: {"path": "first-90-days"}})
    world = build_world(dataclasses.replace(hub, hooks=hooks))
    migrate_plugins(world.hub.engine, world.hub.hooks)
    lend_storage(world.hub)
    world.person("pia", "Pia", "Roth")
    for who in ("ana", "nils"):
        world.appoint(who, "technician", "riverside", ["borealis"], days=3)
    with world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, world.ids["pia"], world.ids["dealer"])
        switch_plugin(uow, "new-technicians", NAME, on=True)
    world.work()
    return world


@pytest.fixture
def onboarding(chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    """A hub of the test's own with the plugin on."""
    with installed(PROJECT):
        yield from _serve(chromium, tmp_path, build)


def assert_fine(page: Page) -> None:
    """Nothing sticks out and nothing is inaccessible, at 1280 and 390, in light and dark."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            sticks_out = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert sticks_out <= 0, (page.url, width)
            found = Axe().run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["target"]) for each in found] == [], (
                page.url,
                width,
                scheme,
            )
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")


def test_somebody_asks_and_a_partner_admin_approves(onboarding: Site) -> None:
    ana, pia = onboarding.open("ana"), onboarding.open("pia")
    ana.goto("/my-training")
    ana.get_by_role("link", name="Onboarding").click()
    assert_fine(ana)
    ana.get_by_role("button", name="Ask for it").click()
    expect(ana.get_by_role("status")).to_have_text("You have asked. You see here what is decided.")
    pia.goto("/partner")
    pia.get_by_role("link", name="Onboarding requests").click()
    pia.get_by_label("Who").select_option(label="Nils Holm, Service Technician, Riverside")
    pia.get_by_role("button", name="Propose").click()
    expect(pia.get_by_role("row", name="Nils Holm")).to_be_visible()
    onboarding.world.hub.clock.advance(days=9)  # type: ignore[attr-defined]
    ana, pia = onboarding.open("ana"), onboarding.open("pia")  # their sign-ins have ended since then
    pia.goto(REQUESTS)
    expect(pia.get_by_text("2 people have waited for 7 days or longer.")).to_be_visible()
    assert_fine(pia)
    pia.get_by_role("button", name="Approve Ana Lopes").click()
    expect(pia.get_by_role("status")).to_have_text("The onboarding of Ana Lopes is approved.")
    expect(pia.get_by_role("row", name="Ana Lopes")).to_contain_text("Pia Roth")
    assert_fine(pia)
    ana.goto(f"/plugins/{NAME}/")
    expect(ana.get_by_text("approved by Pia Roth")).to_be_visible()
    assert_fine(ana)
    onboarding.world.work()
    ana.goto("/my-training")
    expect(ana.get_by_text("a partner admin approved it").first).to_be_visible()


def test_on_a_narrow_screen_a_decision_is_made_with_the_keyboard_alone(onboarding: Site) -> None:
    ana, sofia = onboarding.open("ana", width=390), onboarding.open("sofia", width=390)
    ana.goto(f"/plugins/{NAME}/")
    ana.get_by_role("button", name="Ask for it").press("Enter")
    expect(ana.get_by_role("status")).to_be_visible()
    sofia.goto("/team")
    sofia.get_by_role("link", name="Onboarding requests").press("Enter")
    sofia.wait_for_url(f"**{REQUESTS}")
    sofia.get_by_role("button", name="Decline Ana Lopes").press("Enter")
    expect(sofia.get_by_role("status")).to_have_text("The onboarding of Ana Lopes is declined.")
