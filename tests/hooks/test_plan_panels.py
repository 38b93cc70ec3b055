"""plan_panels: what plugins add to "My training", for people of their audiences, each in a box of its own."""

from collections.abc import Sequence

from hub.api import Panel, PanelView, hookimpl
from hub.audiences.panels import PanelFailure, read_panels
from hub.audiences.rules.rule import switch_plugin
from hub.clock import SettableClock
from tests.hooks.conftest import MakeWorld
from tests.world import World


class Shows:
    """Shows one panel with its own title, or fails."""

    hub_api = "1.1"

    def __init__(self, title: str) -> None:
        self.title = title
        self.fails = False
        self.seen: list[PanelView] = []

    @hookimpl
    def plan_panels(self, view: PanelView) -> Sequence[Panel]:
        self.seen.append(view)
        if self.fails:
            raise RuntimeError("no panel today")
        return [Panel(self.title, "one sentence")]


def panels(world: World, person: str) -> list[str]:
    with world.hub.reading() as uow:
        found = read_panels(uow, world.ids[person])
    return [f"{p.plugin} failed" if isinstance(p, PanelFailure) else p.title for p in found]


def switch(world: World, audience: str, plugin: str, on: bool = True) -> None:
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, audience, plugin, on=on)


def test_plan_panels_are_shown_to_their_audience_in_the_order_of_the_settings(world_with: MakeWorld) -> None:
    world = world_with(second=Shows("Second"), first=Shows("First"))
    for plugin in ("first", "second"):
        switch(world, "technicians", plugin)
    switch(world, "sellers", "first")
    assert panels(world, "ann") == ["Second", "First"]
    assert panels(world, "sam") == ["First"]


def test_plan_panels_vanish_at_once_when_the_plugin_is_switched_off(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    world = world_with(shows=Shows("Yours"))
    switch(world, "technicians", "shows")
    assert panels(world, "ann") == ["Yours"]
    clock.advance(seconds=1)
    switch(world, "technicians", "shows", on=False)
    assert panels(world, "ann") == []


def test_plan_panels_that_raise_become_one_small_error_box(world_with: MakeWorld) -> None:
    broken = Shows("Broken")
    broken.fails = True
    world = world_with(broken=broken, fine=Shows("Fine"))
    for plugin in ("broken", "fine"):
        switch(world, "technicians", plugin)
    assert panels(world, "ann") == ["broken failed", "Fine"]


def test_plan_panels_know_the_day_and_when_the_appointments_in_the_audience_began(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    shows = Shows("Yours")
    world = world_with(shows=shows)
    switch(world, "technicians", "shows")
    began = clock.now()
    clock.advance(days=3)
    panels(world, "ann")
    assert shows.seen == [PanelView(world.ids["ann"], clock.now(), (began,))]
