"""``make screenshots``: play the story in a real browser and take the pictures of the README, and those of plugins, anew."""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from hub.testing.demo.hub_process import running_hub
from hub.testing.demo.outside_systems import Ports
from hub.testing.demo.stage import Stage, set_stage
from hub.testing.demo.story import LENA, NADIA, OMAR, PASSWORD, SARA, DemoPerson, date_of_story

IMAGES = Path(__file__).parent / "images"
PLUGINS = Path(__file__).parents[1] / "plugins_contrib"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZE: ViewportSize = {"width": 1200, "height": 820}
LAUNCH = """
[[profile]]
key = "launch-riverside"
title = "Riverside before the launch"
audiences = ["riverside-workshop"]

[profile.plugins.brand_launch]
on = true
settings = {{ course = "high-voltage", day = "{day}" }}

[profile.plugins.first_90_days]
on = true

[profile.aspects]
launch_wave = 1
"""


def main() -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    today = date_of_story(datetime.now(UTC))
    with (
        tempfile.TemporaryDirectory(prefix="hub-pictures-") as folder,
        set_stage(
            Path(folder), Ports.free(), size="S", seed=1, today=today, progress=lambda *_: None
        ) as stage,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        with running_hub(stage):
            _take_story(browser, stage)
        _launch(stage, today)
        with running_hub(stage):
            _take_launch(browser, stage)
        browser.close()


def _take_story(browser: Browser, stage: Stage) -> None:
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
    nadia = _sign_in(browser, stage.hub_url, NADIA)
    _take(nadia, "first-days")
    _take(nadia, "my-training", PLUGINS / "first_90_days" / "images")
    sara = _sign_in(browser, stage.hub_url, SARA)
    sara.goto(f"{stage.hub_url}/team")
    _take(sara, "team")
    omar = _sign_in(browser, stage.hub_url, OMAR)
    omar.goto(f"{stage.hub_url}/admin")
    _take(omar, "admin")
    omar.goto(f"{stage.hub_url}/network/locations?q=Lakeview+Autohaus")
    omar.get_by_role("link", name="Lakeview Autohaus").first.click()
    omar.get_by_role("heading", name="Lakeview Autohaus").wait_for()
    _take(omar, "location")
    omar.goto(f"{stage.hub_url}/admin/rules/brake-safety")
    omar.get_by_text("Count them").wait_for(state="detached")
    _take(omar, "rule")


def _launch(stage: Stage, today: date) -> None:
    """Put brand_launch on the list, and let a profile say when Riverside launches what."""
    settings = stage.settings_file
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace('"first_90_days"]', '"first_90_days", "brand_launch"]'), encoding="utf-8"
    )
    profile = stage.directory / "launch.toml"
    day = (today + timedelta(days=41)).isoformat()
    profile.write_text(LAUNCH.format(day=day), encoding="utf-8")
    command = [sys.executable, "-m", "hub.cli", "profiles", "apply", str(profile)]
    done = subprocess.run(
        command, env={**os.environ, "HUB_CONFIG": str(settings)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)


def _take_launch(browser: Browser, stage: Stage) -> None:
    nadia = _sign_in(browser, stage.hub_url, NADIA)
    nadia.get_by_text("days until the launch").wait_for()
    _take(nadia, "my-training", PLUGINS / "brand_launch" / "images")
    omar = _sign_in(browser, stage.hub_url, OMAR)
    omar.goto(f"{stage.hub_url}/admin/profiles/launch-riverside")
    _take(omar, "profile", PLUGINS / "brand_launch" / "images")


def _sign_in(browser: Browser, hub_url: str, person: DemoPerson) -> Page:
    page = browser.new_context(viewport=SIZE, color_scheme="light").new_page()
    page.goto(hub_url)
    page.get_by_label("Work e-mail").fill(person.email)
    page.keyboard.press("Enter")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{hub_url}/my-training")
    return page


def _take(page: Page, name: str, folder: Path = IMAGES) -> None:
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")


if __name__ == "__main__":
    main()
