"""What workflows gave through an appointment goes where the appointment goes, there and back."""

from pathlib import Path

import pytest

from hub.clock import SettableClock
from hub.lifecycle.merge_people import merge_people, undo_merge
from hub.runtime import Hub
from tests.audiences.test_workflows import LIVE, apply
from tests.world import World


@pytest.mark.requirement("B34")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_a_workflow_gave_while_two_were_one_is_somebodys_afterwards(
    hub: Hub, tmp_path: Path, clock: SettableClock
) -> None:
    world = World(hub).begin()
    world.add(brands=["A", "B"], positions=["technician", "salesperson"])
    world.add_location("Riverside", brands={"A": ["service"], "B": ["service"]})
    world.add_courses("south", "brakes", "batteries")
    world.add_path("welcome", "brakes", "batteries")
    world.add_audience("technicians", positions=("technician",))
    for name, position in (("ann", "salesperson"), ("eve", "technician")):
        world.add_person(name)
        world.appoint(name, position, "Riverside", brands=["A"])
        world.link(name)
    world.drain()
    apply(world, tmp_path, LIVE)
    clock.advance(days=1)
    with hub.unit_of_work() as uow:
        merge = merge_people(uow, world.ids["eve"], world.ids["ann"])
    world.drain()
    clock.advance(hours=1)
    world.send("eve", "brakes")
    world.drain()
    assert ("batteries", "service") in world.live_goals("ann")
    with hub.unit_of_work() as uow:
        undo_merge(uow, merge)
    world.drain()
    assert ("batteries", "service") in world.live_goals("eve")
    assert ("batteries", "service") not in world.live_goals("ann")
