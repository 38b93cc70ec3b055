"""Completion policies of source systems: planned on what is there, put into force, and kept with the credit they gave."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Conflict
from hub.runtime import Hub
from hub.training import tables
from hub.training.completing.plan_policy import Effect, PlanChanged, PolicyPlan, plan_policy, put_into_force
from hub.training.completing.policies import read_policy, read_policy_versions, set_policy
from hub.training.completing.policy import Policy, Terms
from tests.world import VERBS, World

PASSED, COMPLETED = VERBS + "passed", VERBS + "completed"


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann completed and Ben passed the brakes course, which two goals ask for; Cleo only got a score."""
    world = World(hub).begin()
    world.add(positions=["technician"])
    world.add_location("Riverside")
    world.add_courses("south", "brakes", "batteries")
    world.add_path("all", "brakes", "batteries")
    for person in ("ann", "ben", "cleo"):
        world.add_person(person)
        world.appoint(person, "technician", "Riverside")
        world.link(person)
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.add_rule("path", "all", "service", target_kind="path", positions=("technician",))
    world.send("ann", "brakes", verb="completed", result={"score": {"scaled": 0.7}})
    world.send("ben", "brakes", verb="passed", result={"score": {"scaled": 0.9}, "success": True})
    world.send("ben", "batteries", verb="passed", result={"score": {"scaled": 0.9}, "success": True})
    world.send("cleo", "brakes", verb="scored", result={"score": {"scaled": 0.95}})
    world.drain()
    return world


def draft(world: World, *verbs: str, version: int = 0, **terms: Any) -> Policy:
    return Policy(world.ids["south"], "South evidence", version, Terms(verbs, **terms))


def plan(world: World, policy: Policy) -> PolicyPlan:
    with world.hub.reading() as uow:
        return plan_policy(uow, policy)


def put(world: World, policy: Policy) -> None:
    planned = plan(world, policy)
    put_into_force(world.hub, policy, planned.hash, planned.up_to)
    world.drain()


def completions(world: World) -> set[tuple[str, str, str]]:
    names = {id: name for name, id in world.ids.items()}
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(tables.completion))
        return {(names[r.person_id], r.policy, r.policy_version) for r in rows}


def ledger(world: World) -> list[tuple[str, str, str, str]]:
    names = {id: name for name, id in world.ids.items()}
    with world.hub.reading() as uow:
        rows = uow.connection.execute(
            sa.select(tables.credit_ledger).order_by(tables.credit_ledger.c.id)
        ).all()
        return [(names[r.person_id], r.kind, r.policy, r.policy_version) for r in rows]


def test_the_plan_counts_completions_and_credits_that_come_stay_and_go(world: World) -> None:
    assert plan(world, draft(world, PASSED, COMPLETED)).completions == Effect(0, 3, 0)
    planned = plan(world, draft(world, PASSED, VERBS + "scored"))
    ann, cleo = (world.ids["ann"],), (world.ids["cleo"],)
    assert planned.completions == Effect(1, 2, 1, added_people=cleo, gone_people=ann)
    assert planned.credits == Effect(1, 2, 1, added_people=cleo, gone_people=ann)
    assert planned.by_offering[world.ids["brakes"]] == Effect(1, 1, 1, cleo, ann)
    assert completions(world) == {
        ("ann", "completed-or-passed", "1"),
        ("ben", "completed-or-passed", "1"),
    }, "a plan changes nothing"


@pytest.mark.parametrize(
    ("terms", "who"),
    [
        ({"verbs": (COMPLETED, PASSED)}, {"ann", "ben"}),
        ({"verbs": (COMPLETED, PASSED), "requires_success": True}, {"ben"}),
        ({"verbs": (COMPLETED, PASSED), "requires_completion": True}, set()),
        ({"verbs": (VERBS + "scored", COMPLETED), "minimum_scaled": 0.95}, {"cleo"}),
        ({"verbs": (VERBS + "scored", COMPLETED), "minimum_scaled": 0.96}, set()),
    ],
    ids=["verbs", "success", "completion", "minimum", "higher-minimum"],
)
def test_terms_decide_and_name_and_version_stand_with_the_completion(
    world: World, terms: dict[str, Any], who: set[str]
) -> None:
    policy = Policy(world.ids["south"], "South evidence", 0, Terms(**terms))
    put(world, policy)
    assert completions(world) == {(person, "South evidence", "1") for person in who}


def test_the_plan_is_what_happens_and_the_ledger_only_grows(world: World) -> None:
    before = ledger(world)
    planned = plan(world, draft(world, PASSED, VERBS + "scored"))
    put(world, planned.policy)
    after = ledger(world)
    assert after[: len(before)] == before
    assert sorted(after[len(before) :]) == [
        ("ann", "void", "completed-or-passed", "1"),
        ("cleo", "credit", "South evidence", "1"),
    ], "Ben's credit stays as it was given"


def test_a_course_may_have_terms_of_its_own(world: World) -> None:
    own = {world.ids["brakes"]: Terms((COMPLETED,))}
    put(world, replace(draft(world, PASSED), overrides=own))
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(tables.completion)).all()
        kept = read_policy(uow, world.ids["south"])
    assert {(r.person_id, r.offering_id) for r in rows} == {
        (world.ids["ann"], world.ids["brakes"]),
        (world.ids["ben"], world.ids["batteries"]),
    }
    assert kept is not None
    assert kept.overrides == own


def test_only_what_was_seen_is_put_into_force(world: World) -> None:
    policy = draft(world, VERBS + "scored", PASSED)
    seen = plan(world, policy)
    world.add_person("dan")
    world.link("dan", subject="someone")
    world.send("someone", "brakes", verb="scored")
    world.drain()
    # What came after the plan was made is no reason to make it again ...
    assert plan_with(world, policy, seen.up_to).hash == seen.hash
    world.link("cleo", subject="cleo-2")
    world.send("cleo-2", "brakes", verb="scored")
    world.drain()
    late = plan(world, policy)
    world.add_person("eve")
    with pytest.raises(PlanChanged) as refused:
        put_into_force(world.hub, policy, seen.hash, late.up_to)
    assert refused.value.status == 409
    assert refused.value.plan.hash == late.hash
    assert ledger_policies(world) == {"completed-or-passed"}
    put_into_force(world.hub, policy, late.hash, late.up_to)


def plan_with(world: World, policy: Policy, up_to: int) -> PolicyPlan:
    with world.hub.reading() as uow:
        return plan_policy(uow, policy, up_to)


def ledger_policies(world: World) -> set[str]:
    return {policy for _, _, policy, _ in ledger(world)}


def test_versions_count_and_an_overtaken_change_is_refused(world: World) -> None:
    put(world, draft(world, PASSED))
    put(world, draft(world, PASSED, COMPLETED, version=1))
    with pytest.raises(Conflict, match="version 2 is in force"), world.hub.unit_of_work() as uow:
        set_policy(uow, draft(world, COMPLETED, version=1))
    with world.hub.reading() as uow:
        versions = read_policy_versions(uow, world.ids["south"])
    assert [v.policy.version for v in versions] == [2, 1]
    assert versions[1].policy.terms.verbs == (PASSED,)


def test_every_mistake_is_told_with_its_place(world: World) -> None:
    policy = Policy(
        world.ids["south"],
        " ",
        0,
        Terms((), minimum_scaled=1.5),
        {"course": Terms(("passed", "http://example.com/a b"))},
    )
    with pytest.raises(BadInput) as refused, world.hub.unit_of_work() as uow:
        set_policy(uow, policy)
    assert [p.place for p in refused.value.problems] == [
        "name",
        "verbs",
        "minimum_scaled",
        "overrides.course.verbs",
        "overrides.course.verbs",
    ]
    with world.hub.reading() as uow:
        assert read_policy(uow, world.ids["south"]) is None


def test_a_policy_of_one_system_is_not_another_ones(world: World) -> None:
    put(world, Policy(world.ids["north"], "North", 0, Terms((VERBS + "attended",))))
    assert completions(world) == {
        ("ann", "completed-or-passed", "1"),
        ("ben", "completed-or-passed", "1"),
    }
