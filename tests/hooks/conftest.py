"""A small network on a hub whose plugins a test brings along."""

import dataclasses
from collections.abc import Callable

import pytest

from hub import hookspecs
from hub.hooks import Hooks, Plugin
from hub.plugins.standard_completion import Plugin as StandardCompletion
from hub.runtime import Hub
from tests.world import World

MakeWorld = Callable[..., World]


@pytest.fixture
def world_with(hub: Hub) -> MakeWorld:
    """Makes the network on first use; ``world_with(badges=Badges())`` puts plugins on it, called again it starts anew.

    Ann and Tom are technicians for brand A, Sam is a salesperson; audiences technicians and sellers; a path welcome.
    """
    worlds: list[World] = []

    def make(
        version: str = "1", settings: dict[str, dict[str, object]] | None = None, **plugins: object
    ) -> World:
        named = {"standard_completion": StandardCompletion(), **plugins}
        restarted = dataclasses.replace(
            hub,
            hooks=Hooks(hookspecs, [Plugin(name, version, instance) for name, instance in named.items()]),
            settings=hub.settings.model_copy(update={"plugin": settings or {}}),
        )
        worlds.append(World(restarted, worlds[0].ids) if worlds else _begin(restarted))
        return worlds[-1]

    return make


def _begin(hub: Hub) -> World:
    world = World(hub).begin()
    world.add(brands=["A", "B"], positions=["technician", "salesperson"])
    world.add_location("Riverside", brands={"A": ["sell", "service"], "B": ["service"]})
    world.add_courses("south", "brakes", "batteries")
    world.add_path("welcome", "brakes", "batteries")
    world.add_audience("technicians", positions=("technician",))
    world.add_audience("sellers", positions=("salesperson",))
    for name, position in (("ann", "technician"), ("tom", "technician"), ("sam", "salesperson")):
        world.add_person(name)
        world.appoint(name, position, "Riverside", brands=["A"], since=hub.clock.now())
        world.link(name)
    return world
