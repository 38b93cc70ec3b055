"""Need to know: each manager sees the goals of the own dimension and scope, and nothing else."""

import pytest

from hub.access.team import TeamPage, read_team
from hub.clock import SettableClock
from hub.errors import NotAllowed
from hub.runtime import Hub
from tests.world import World, days


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann is a technician at Riverside and a salesperson at Hillside; Sara and Sam look after one side each."""
    world = World(hub).begin()
    world.add(brands=["A", "B"], positions=["technician", "salesperson"])
    for location in ("Riverside", "Hillside", "Faraway"):
        world.add_location(location, brands={"A": ["sell"], "B": ["service"]})
    world.add_node("west", "service")
    world.add_node("riverside-service", "service", above=["west"], locations=["Riverside"])
    world.add_courses("south", "brakes", "batteries", "selling")
    for person in ("ann", "bob", "sara", "sam"):
        world.add_person(person)
    world.appoint("ann", "technician", "Riverside", brands=["B"])
    world.appoint("ann", "salesperson", "Hillside", brands=["A"])
    world.appoint("bob", "technician", "Faraway", brands=["B"])
    world.look_after("sara", "service", node="west")
    world.look_after("sam", "sales", location="Hillside")
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",), due_days=30)
    world.add_rule("batteries", "batteries", "service", positions=("technician",))
    world.add_rule("brake-promise", "brakes", "sales", positions=("salesperson",))
    world.add_rule("selling", "selling", "sales", positions=("salesperson",))
    world.link("ann")
    world.drain()
    return world


def team(world: World, manager: str, dimension: str | None = None, search: str = "") -> TeamPage:
    with world.hub.reading() as uow:
        return read_team(uow, world.ids[manager], dimension, search=search)


def goals(page: TeamPage) -> dict[str, set[tuple[str, bool]]]:
    return {m.name: {(g.title, g.reached_at is not None) for g in m.goals} for m in page.members}


@pytest.mark.requirement("B61", "S2.11")
def test_each_manager_sees_exactly_the_goals_of_the_own_dimension(world: World) -> None:
    assert goals(team(world, "sara")) == {"ann Tester": {("Brakes", False), ("Batteries", False)}}
    assert goals(team(world, "sam")) == {"ann Tester": {("Brakes", False), ("Selling", False)}}


@pytest.mark.requirement("B61")
def test_counts_and_search_tell_no_more_than_the_list(world: World) -> None:
    page = team(world, "sara")
    assert (page.people, page.goals, page.reached, page.overdue) == (1, 2, 0, 1)
    assert [m.name for m in team(world, "sara", search="ann").members] == ["ann Tester"]
    assert team(world, "sara", search="bob").members == ()
    assert team(world, "sara", search="%").members == ()


@pytest.mark.requirement("B62")
def test_one_completion_shows_to_both_managers_each_in_the_own_goal(world: World) -> None:
    world.send("ann", "brakes")
    world.drain()
    assert ("Brakes", True) in goals(team(world, "sara"))["ann Tester"]
    assert ("Brakes", True) in goals(team(world, "sam"))["ann Tester"]
    assert team(world, "sam").reached == 1


@pytest.mark.requirement("B61", "I33")
def test_what_was_reached_later_is_not_seen_as_of_before(world: World) -> None:
    world.send("ann", "brakes", at=world.hub.clock.now() - days(1))
    world.drain()
    with world.hub.reading() as uow:
        for ago, reached in ((2, 0), (0, 1)):
            page = read_team(uow, world.ids["sara"], at=uow.now - days(ago))
            assert page.reached == reached
            assert ("Brakes", bool(reached)) in goals(page)["ann Tester"]


@pytest.mark.requirement("B61")
def test_dimension_of_somebody_else_is_refused(world: World) -> None:
    for manager, dimension in (("sara", "sales"), ("sam", "service"), ("ann", None), ("ann", "service")):
        with pytest.raises(NotAllowed):
            team(world, manager, dimension)


@pytest.mark.requirement("B20")
def test_person_leaves_the_team_when_the_appointment_ends(world: World, clock: SettableClock) -> None:
    hired = world.appoint("bob", "technician", "Riverside", until=None)
    world.drain()
    assert team(world, "sara").people == 2
    world.end_appointment("bob", hired, clock.now() + days(1))
    world.drain()
    clock.advance(days=1)
    assert team(world, "sara").people == 1


def test_roles_elsewhere_are_not_shown(world: World) -> None:
    (member,) = team(world, "sara").members
    assert member.roles == ("technician, Riverside",)
