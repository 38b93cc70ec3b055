"""What managers give and waive, what learners choose, and who gets to know of it (I13, I14, I22, B33, B53, B61, B71)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from hub.access import decide
from hub.access.team import TeamPage, read_team
from hub.access.visibility import appointments_for_goals
from hub.clock import SettableClock
from hub.errors import BadInput, Conflict, HubError, Missing, NotAllowed
from hub.ids import new_id
from hub.network.people.appointments import leave
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.goals import decide_goals
from hub.training.goals.decisions import Decision, record_decisions
from hub.training.goals.goal import GoalKey
from hub.training.goals.waived import read_waived
from hub.training.my_training.plan import may_launch, read_plan
from hub.training.my_training.why import read_why
from tests.world import World, days


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann is an internal trainer at Riverside and a technician at Hillside; Sara looks after both in service, Sam after Hillside.

    Of the two, only Sara looks after an internal appointment.
    """
    world = World(hub).begin()
    world.add(brands=["B"], positions=["technician", "trainer"])
    for location in ("Riverside", "Hillside", "Faraway"):
        world.add_location(location, brands={"B": ["service"]})
    world.add_courses("south", "brakes", "batteries", "law")
    for person in ("ann", "bob", "sara", "sam"):
        world.add_person(person)
    world.appoint("ann", "trainer", "Riverside", audience_class="internal")
    world.appoint("ann", "technician", "Hillside", brands=["B"])
    world.appoint("bob", "technician", "Faraway", brands=["B"])
    world.look_after("sara", "service", location="Riverside")
    world.look_after("sara", "service", location="Hillside")
    world.look_after("sam", "service", location="Hillside")
    world.add_rule("brakes", "brakes", "service", positions=("technician",), due_days=30)
    world.add_rule("law", "law", "service", positions=("technician",), kind="compliance")
    world.link("ann")
    world.drain()
    return world


def give(world: World, by: str, target: str, kind: str = "development", **more: object) -> str:
    with world.hub.unit_of_work() as uow:
        id = decide.give_goal(
            uow,
            world.ids[by],
            world.ids[str(more.pop("to", "ann"))],
            "service",
            ("offering", world.ids[target]),
            kind,
            **more,  # type: ignore[arg-type]
        )
    world.drain()
    return id


def goal_id(world: World, target: str, kind: str = "brand", of: str = "ann") -> str:
    return GoalKey(world.ids[of], "offering", world.ids[target], kind, "service").id


def waive(world: World, by: str, target: str, kind: str = "brand", **more: object) -> str:
    with world.hub.unit_of_work() as uow:
        goal = goal_id(world, target, kind)
        id = decide.waive_goal(uow, world.ids[by], goal, reason="Knows it", **more)  # type: ignore[arg-type]
    world.drain()
    return id


def refused(world: World, error: type[HubError], what: Callable[[UnitOfWork], object]) -> str:
    with pytest.raises(error) as caught, world.hub.unit_of_work() as uow:
        what(uow)
    return caught.value.code


def refuses(error: type[HubError], what: Callable[[], object]) -> str:
    with pytest.raises(error) as caught:
        what()
    return caught.value.code


def team(world: World, manager: str) -> TeamPage:
    with world.hub.reading() as uow:
        return read_team(uow, world.ids[manager], "service", search="ann")


@pytest.mark.requirement("S2.11", "B53")
def test_what_a_manager_gives_is_one_more_source_of_the_same_goal(world: World) -> None:
    give(world, "sam", "brakes", "brand", reason="Before the season")
    with world.hub.reading() as uow:
        (line,) = (x for x in read_plan(uow, world.ids["ann"]).open if x.title == "Brakes")
        (goal,) = line.goals
        assert {(r.source_kind, r.location) for r in goal.reasons} == {
            ("rule", "Hillside"),
            ("manager", "Hillside"),
        }
        (given,) = (r for r in goal.reasons if r.source_kind == "manager")
        assert (given.title, given.words) == ("sam Tester", "Before the season")
        assert "given by sam Tester" in given.sentence


def test_nobody_gives_what_lies_outside_the_own_scope(world: World) -> None:
    assert refuses(Missing, lambda: give(world, "sam", "batteries", to="bob")) == "no_person"
    assert refuses(Missing, lambda: give(world, "sam", "batteries", to="sam")) == "no_person"
    assert refuses(NotAllowed, lambda: give(world, "ann", "batteries")) == "not_your_dimension"
    for target in (new_id(), "no id", world.ids["ann"]):
        world.ids["none"] = target
        assert refuses(Missing, lambda: give(world, "sam", "none")) == "no_target"
    assert refuses(BadInput, lambda: give(world, "sam", "batteries", "fun")) == "bad_decision"
    late = world.hub.clock.now() - days(1)
    assert refuses(BadInput, lambda: give(world, "sam", "batteries", due_at=late)) == "bad_decision"
    give(world, "sam", "batteries")
    assert refuses(Conflict, lambda: give(world, "sam", "batteries")) == "already_given"
    give(world, "sara", "batteries")


@pytest.mark.requirement("B71", "I22")
def test_a_review_is_seen_by_managers_of_the_internal_appointment_alone(world: World) -> None:
    assert refuses(Missing, lambda: give(world, "sam", "batteries", "review")) == "no_person"
    before = team(world, "sam")
    review = give(world, "sara", "batteries", "review")
    seen = {goal.kind for member in team(world, "sara").members for goal in member.goals}
    assert "review" in seen
    assert team(world, "sam") == before
    goal = goal_id(world, "batteries", "review")
    sam = world.ids["sam"]
    assert refused(world, Missing, lambda uow: decide.preview_waiver(uow, sam, goal)) == "no_goal"
    assert refused(world, Missing, lambda uow: decide.waive_goal(uow, sam, goal, reason="x")) == "no_goal"
    assert refused(world, Missing, lambda uow: decide.withdraw_decision(uow, sam, review)) == "no_decision"
    with world.hub.reading() as uow:
        assert read_why(uow, world.ids["ann"], goal).line is not None


@pytest.mark.requirement("B33", "I8")
def test_a_waived_goal_leaves_the_plan_says_so_and_comes_back(world: World, clock: SettableClock) -> None:
    with world.hub.reading() as uow:
        preview = decide.preview_waiver(uow, world.ids["sam"], goal_id(world, "brakes"))
        assert preview.may
        assert [r.source_key for r in preview.reasons] == ["brakes"]
    decision = waive(world, "sam", "brakes", until=clock.now() + days(10), evidence="Certificate 7")
    with world.hub.reading() as uow:
        assert [x.title for x in read_plan(uow, world.ids["ann"]).open] == ["Law"]
        assert not may_launch(uow, world.ids["ann"], world.ids["brakes"])
        (waived,) = read_waived(uow, world.ids["ann"])
        assert (waived.title, waived.reason, waived.evidence) == ("Brakes", "Knows it", "Certificate 7")
        assert (waived.by, waived.until) == ("sam Tester", clock.now() + days(10))
        (again,) = decide.preview_end(uow, world.ids["sara"], decision).reasons
        assert again.source_key == "brakes"
    assert refuses(Conflict, lambda: waive(world, "sara", "brakes")) == "goal_waived"
    assert refuses(Conflict, lambda: give(world, "sara", "brakes", "brand")) == "goal_waived"
    clock.advance(days=10)
    assert ("brakes", "service") in world.live_goals("ann")
    waive(world, "sara", "brakes")
    assert ("brakes", "service") not in world.live_goals("ann")


def test_a_waiver_that_is_taken_back_was_none(world: World, clock: SettableClock) -> None:
    decision = waive(world, "sam", "brakes")
    clock.advance(hours=1)
    for changed in (True, False):
        with world.hub.unit_of_work() as uow:
            assert decide.withdraw_decision(uow, world.ids["sara"], decision) is changed
    world.drain()
    with world.hub.reading() as uow:
        (line,) = (x for x in read_plan(uow, world.ids["ann"]).open if x.title == "Brakes")
        assert [r.source_key for r in line.goals[0].reasons] == ["brakes"]
        assert line.due_at is not None
        assert line.due_at < clock.now()  # it was due before, and it is again
        assert read_waived(uow, world.ids["ann"]) == []


@pytest.mark.requirement("I13", "B33", "B71")
def test_what_nobody_waives_is_refused_and_a_later_binding_source_ends_a_waiver(world: World) -> None:
    sara, law = world.ids["sara"], goal_id(world, "law", "compliance")
    assert refuses(Conflict, lambda: waive(world, "sara", "law", "compliance")) == "not_waivable"
    with world.hub.reading() as uow:
        assert not decide.preview_waiver(uow, sara, law).may
    give(world, "sara", "batteries", binding=True)
    code = refuses(Conflict, lambda: waive(world, "sam", "batteries", "development"))
    assert code == "not_waivable"
    waive(world, "sam", "brakes")
    with world.hub.unit_of_work() as uow:  # by a door that does not look for waivers first
        goal = decide_goals.read_goal(uow, goal_id(world, "brakes"))
        one = Decision(
            new_id(), verdict="give", actor_id=sara, valid_from=uow.now, binding=True, **goal._asdict()
        )
        a = appointments_for_goals(uow, sara, "service", "").subquery()
        ids = uow.connection.scalars(sa.select(a.c.id)).all()
        record_decisions(uow, [replace(one, appointments=tuple(ids))])
    world.drain()
    assert ("brakes", "service") in world.live_goals("ann")
    with world.hub.reading() as uow:
        assert read_waived(uow, world.ids["ann"]) == []


def test_waivers_need_a_reason_an_end_after_the_beginning_and_something_to_waive(world: World) -> None:
    sam, brakes, now = world.ids["sam"], goal_id(world, "brakes"), world.hub.clock.now()
    for reason, until in (("", None), ("x" * 1_001, None), ("x", now)):
        code = refused(
            world,
            BadInput,
            lambda uow, reason=reason, until=until: decide.waive_goal(  # type: ignore[misc]
                uow, sam, brakes, reason=reason, until=until
            ),
        )
        assert code == "bad_decision"
    for id in (new_id(), "no id", goal_id(world, "brakes", of="bob")):
        assert refused(world, Missing, lambda uow, id=id: decide.waive_goal(uow, sam, id, reason="x"))  # type: ignore[misc]
    world.send("ann", "brakes")
    world.drain()
    assert refuses(Conflict, lambda: waive(world, "sam", "brakes")) == "goal_reached"


@pytest.mark.requirement("I14")
def test_what_one_chose_stays_when_nothing_else_does(world: World, clock: SettableClock) -> None:
    with world.hub.unit_of_work() as uow:
        chosen = decide_goals.choose_goal(uow, world.ids["ann"], "offering", world.ids["batteries"])
    give(world, "sam", "law", "development")
    world.send("ann", "brakes")
    world.drain()
    with world.hub.unit_of_work() as uow:
        leave(uow, world.ids["ann"])
    world.drain()
    clock.advance(seconds=1)
    assert list(world.live_goals("ann")) == [("batteries", "general")]
    world.send("ann", "batteries")
    world.drain()
    assert world.live_goals("ann")["batteries", "general"]
    with world.hub.reading() as uow:
        (line,) = read_plan(uow, world.ids["ann"]).done
        (reason,) = line.goals[0].reasons
        assert (reason.source_kind, reason.role) == ("self", "")
        assert reason.sentence.startswith("chosen by yourself, since")
        assert any(read_why(uow, world.ids["ann"], goal_id(world, "brakes")).ledger.values())
    assert refused(world, Missing, lambda uow: decide_goals.drop_choice(uow, world.ids["bob"], chosen))
    with world.hub.unit_of_work() as uow:
        assert decide_goals.drop_choice(uow, world.ids["ann"], chosen)
    world.drain()
    assert world.live_goals("ann") == {}


@pytest.mark.requirement("B63")
def test_what_does_not_count_is_told_with_its_reason(world: World, clock: SettableClock) -> None:
    world.send("ann", "batteries", at=clock.now() - days(30))
    world.drain()
    with world.hub.unit_of_work() as uow:
        goal = GoalKey(world.ids["ann"], "offering", world.ids["batteries"], "brand", "service")
        a = appointments_for_goals(uow, world.ids["sam"], "service", "").subquery()
        ids = uow.connection.scalars(sa.select(a.c.id)).all()
        decide_goals.give_goal(uow, goal, ids, reason="", actor_id=world.ids["sam"], look_back_days=10)
    world.drain()
    assert world.live_goals("ann")["batteries", "service"] is None
    with world.hub.reading() as uow:
        (told,) = read_why(uow, world.ids["ann"], goal.id).uncounted[goal.id]
        assert told.counts_from == clock.now() - days(10)
        assert told.completed_at == clock.now() - days(30)


def test_a_choice_is_nobody_elses_business(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        chosen = decide_goals.choose_goal(uow, world.ids["ann"], "offering", world.ids["batteries"])
    world.drain()
    assert all(goal.title != "Batteries" for m in team(world, "sara").members for goal in m.goals)
    sara = world.ids["sara"]
    assert refused(world, Missing, lambda uow: decide.withdraw_decision(uow, sara, chosen)) == "no_decision"
    ann, batteries = world.ids["ann"], world.ids["batteries"]
    again = refused(world, Conflict, lambda uow: decide_goals.choose_goal(uow, ann, "offering", batteries))
    assert again == "already_chosen"
