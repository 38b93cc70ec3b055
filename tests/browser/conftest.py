"""A real browser and a hub to look at. These tests need Chromium: ``make test-browser``."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import flask
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.runtime import Hub
from hub.testing.dns import NameServer, serve_names
from hub.testing.serve import free_port, serve
from tests.browser.busy import build_busy_world
from tests.databases import create_database
from tests.web.world import World, build_world

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
]


expect.set_options(timeout=20_000)  # milliseconds; a shared machine is slow at times


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything beside this file needs a browser; one worker shares one hub and one browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Site:
    """A served hub with its people. ``provider_port`` is where an identity provider may be served for it, ``names`` its name server."""

    world: World
    url: str
    browser: Browser
    provider_port: int
    names: NameServer

    def open(self, who: str = "", width: int = 1280) -> Page:
        """A page in a browser of its own, signed in as somebody unless nobody is named."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 800}, reduced_motion="reduce", base_url=self.url
        )
        if who:
            context.add_cookies([{"name": "hub_session", "value": self.world.session(who), "url": self.url}])
        return context.new_page()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "Chromium is needed: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def busy_site(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A hub in full use that tests only look at."""
    yield from _serve(chromium, tmp_path_factory.mktemp("busy"), build_busy_world)


@pytest.fixture
def site(chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    """A hub of the test's own."""
    yield from _serve(chromium, tmp_path, build_world)


@pytest.fixture
def named_site(chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    """A hub of the test's own that has a host name: browsers bind passkeys to names alone."""
    yield from _serve(chromium, tmp_path, build_world, "localhost")


def _serve(
    browser: Browser, folder: Path, build: Callable[[Hub], World], host: str = "127.0.0.1"
) -> Iterator[Site]:
    worlds: list[World] = []
    provider_port = free_port()

    def create(base_url: str) -> flask.Flask:
        settings = Settings(
            database_url=create_database("sqlite"),
            secret_key="only-for-tests-0123456789abcdefghij",
            public_url=base_url.replace("127.0.0.1", host),
            storage_url=f"file://{folder / 'files'}",
            outgoing_allow=[f"127.0.0.1:{provider_port}"],
            dns_resolver=names.address,
        )
        hub = open_hub(settings, clock=SettableClock(datetime(2026, 5, 4, 9, tzinfo=UTC)))
        worlds.append(build(hub))
        return worlds[0].app

    with serve_names() as names, serve(create) as url:
        yield Site(worlds[0], url.replace("127.0.0.1", host), browser, provider_port, names)
    worlds[0].hub.close()
