"""Plugins that hang while a page is made: the page is there in time, with everything else on it."""

import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from hub.audiences.rules.rule import switch_plugin
from hub.hooks import Hooks, Plugin, contract, hookimpl
from hub.hooks.watch import Overran, sheltered, watching
from hub.runtime import Hub
from tests.hooks.catalogue import color_found
from tests.web.world import FirstNinetyDays, build_world

LIMIT, PATIENCE = 0.5, 20.0


def loops(come_back: threading.Event) -> None:
    while not come_back.is_set():
        pass


def waits(come_back: threading.Event) -> None:
    come_back.wait()


@pytest.mark.parametrize("hangs", [loops, waits])
def test_page_is_shown_without_the_panel_that_hangs(
    hub: Hub, hangs: Callable[[threading.Event], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(contract.LIMITS, "show", LIMIT)
    come_back = threading.Event()
    monkeypatch.setattr(FirstNinetyDays, "fails", property(lambda _: hangs(come_back)))
    world = build_world(hub)
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "new-technicians", "first_90_days", on=True)
    world.appoint("ana", "technician", "riverside")
    browser = world.browser("ana")
    with watching():
        begun = time.monotonic()
        page = browser.get("/my-training")
        taken = time.monotonic() - begun
        come_back.set()
    assert page.status_code == 200
    assert "A part of this page could not be shown (first_90_days)" in page.text
    assert "Brake Safety Essentials" in page.text
    assert taken < PATIENCE
    errors = world.hub.hooks.drain_timings()["first_90_days", "plan_panels"]
    assert "Overran" in errors.last_error


def test_what_the_hub_does_for_a_plugin_is_not_interrupted_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(contract.LIMITS, "tell", 0.2)
    ended: list[str] = []

    class Asks:
        hub_api = "1.1"

        @hookimpl
        def color_found(self, thing: str) -> None:
            with sheltered():
                until = time.monotonic() + 1
                while time.monotonic() < until:
                    pass
                ended.append("sheltered")
            while True:
                pass

    catalogue: Any = ModuleType("catalogue")
    catalogue.color_found = color_found
    with watching(), pytest.raises(Exception, match=Overran.__name__):
        Hooks(catalogue, [Plugin("asks", "1", Asks())]).tell("color_found", "asks", thing="rose")
    assert ended == ["sheltered"]
