"""``make screenshots``: play the story in a real browser and take the README's pictures anew."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from hub.testing.demo.hub_process import running_hub
from hub.testing.demo.outside_systems import Ports
from hub.testing.demo.stage import set_stage
from hub.testing.demo.story import LENA, NADIA, OMAR, PASSWORD, SARA, DemoPerson, date_of_story

IMAGES = Path(__file__).parent / "images"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZE = {"width": 1200, "height": 820}


def main() -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    today = date_of_story(datetime.now(UTC))
    with (
        tempfile.TemporaryDirectory(prefix="hub-pictures-") as folder,
        set_stage(
            Path(folder), Ports.free(), size="S", seed=1, today=today, progress=lambda *_: None
        ) as stage,
        running_hub(stage),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        lena = _sign_in(browser, stage.hub_url, LENA)
        _take(lena, "my-training")
        lena.get_by_role("button", name="Start Brake systems").click()
        lena.wait_for_url(f"{stage.north_url}/**")
        _take(lena, "lms-north")
        lena.get_by_role("button", name="Finish with score").click()
        lena.get_by_text("The score was reported").wait_for()
        lena.goto(f"{stage.hub_url}/my-training")
        lena.get_by_role("link", name="Why? Brake systems").click()
        _take(lena, "why")
        _take(_sign_in(browser, stage.hub_url, NADIA), "first-days")
        sara = _sign_in(browser, stage.hub_url, SARA)
        sara.goto(f"{stage.hub_url}/team")
        _take(sara, "team")
        omar = _sign_in(browser, stage.hub_url, OMAR)
        omar.goto(f"{stage.hub_url}/admin")
        _take(omar, "admin")
        browser.close()


def _sign_in(browser: Browser, hub_url: str, person: DemoPerson) -> Page:
    page = browser.new_context(viewport=SIZE, color_scheme="light").new_page()
    page.goto(hub_url)
    page.get_by_label("Work e-mail").fill(person.email)
    page.keyboard.press("Enter")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{hub_url}/my-training")
    return page


def _take(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
