"""decide_assignments: what plugins say about people becomes goals, is kept, and is fenced."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from hub.api import Candidate, Opinion, hookimpl, reads
from hub.audiences.rules.rule import switch_plugin
from hub.audiences.tables import opinion as opinion_table
from hub.errors import BadInput, Missing
from hub.journal import Change, record_changes
from hub.journal.views import list_timings
from hub.network.tables import appointment, appointment_brand
from hub.training.goals.decide_goals import choose_goal
from hub.training.goals.waived import read_waived
from hub.training.my_training.plan import read_plan
from hub.training.tables import goal_source
from tests.hooks.conftest import MakeWorld
from tests.world import World, days


class Wishes:
    """Wants one course for everybody it is asked about; ``answer`` replaces that."""

    hub_api = "1.1"

    def __init__(self, target: str = "brakes", kind: str = "offering") -> None:
        self.target, self.kind = target, kind
        self.answer: Callable[[Sequence[Candidate]], Any] | None = None
        self.asked: list[list[str]] = []

    def decide(self, candidates: Sequence[Candidate]) -> Any:
        self.asked.append([c.person_id for c in candidates])
        return self.answer(candidates) if self.answer else [self.opinion(c) for c in candidates]

    def opinion(self, candidate: Candidate, **other: Any) -> Opinion:
        values = {
            "appointment_id": candidate.appointment_id,
            "target_kind": self.kind,
            "target": self.target,
            "reason": f"you work as {candidate.position}",
            "since": candidate.starts,
        }
        return Opinion(**{**values, **other})

    @hookimpl
    @reads("position")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterable[Opinion]:
        answer: Iterable[Opinion] = self.decide(candidates)
        return answer


class ReadsEverything(Wishes):
    """As Wishes, without saying what it reads."""

    hub_api = "1.1"

    @hookimpl
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterable[Opinion]:
        answer: Iterable[Opinion] = self.decide(candidates)
        return answer


def switch(world: World, audience: str, plugin: str, on: bool = True) -> None:
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, audience, plugin, on=on)
    world.drain()


def touch(world: World, person: str, *updates: sa.Executable) -> None:
    """Let a person be worked out anew, after these updates."""
    with world.hub.unit_of_work() as uow:
        for update in updates:
            uow.connection.execute(update)
        record_changes(uow, [Change("person_changed", world.ids[person], {}, person_id=world.ids[person])])
    world.drain()


def goals(world: World, *people: str) -> list[list[str]]:
    """What each of these people has to do."""
    return [sorted(target for target, _ in world.live_goals(person)) for person in people]


def errors(world: World) -> dict[str, str]:
    """What the admin page shows of this hook, by plugin; only where there was an error."""
    with world.hub.reading() as uow:
        rows = [row for row in list_timings(uow) if row.hook == "decide_assignments"]
    return {row.plugin: row.last_error for row in rows if row.errors}


def test_decide_assignments_reaches_its_audience_and_nobody_else(world_with: MakeWorld) -> None:
    world = world_with(wishes=Wishes())
    world.drain()
    assert goals(world, "ann", "tom", "sam") == [[], [], []]
    switch(world, "technicians", "wishes")
    assert goals(world, "ann", "tom", "sam") == [["brakes"], ["brakes"], []]
    switch(world, "sellers", "wishes")
    switch(world, "technicians", "wishes", on=False)
    assert goals(world, "ann", "tom", "sam") == [[], [], ["brakes"]]


def test_decide_assignments_is_kept_with_its_reason_and_the_version_of_the_plugin(
    world_with: MakeWorld,
) -> None:
    world = world_with(version="3.1", wishes=Wishes())
    switch(world, "sellers", "wishes")
    with world.hub.reading() as uow:
        said = uow.connection.execute(sa.select(opinion_table)).one()
        source = uow.connection.execute(sa.select(goal_source)).one()
    assert (said.plugin, said.plugin_version, said.reason) == ("wishes", "3.1", "you work as salesperson")
    assert (source.kind, source.source_key, source.version) == ("plugin", "wishes", "3.1")
    assert source.reason == {"text": "you work as salesperson", "audience": "sellers"}


def test_all_answers_to_decide_assignments_count(world_with: MakeWorld) -> None:
    world = world_with(one=Wishes(), other=Wishes("welcome", "path"))
    for plugin in ("one", "other"):
        switch(world, "technicians", plugin)
    assert goals(world, "ann") == [["brakes", "welcome"]]


def test_decide_assignments_is_asked_again_only_when_what_it_reads_has_changed(world_with: MakeWorld) -> None:
    reads_position, reads_everything = Wishes(), ReadsEverything("batteries")
    world = world_with(position=reads_position, everything=reads_everything)
    world.add_audience("everybody")
    for plugin in ("position", "everything"):
        switch(world, "everybody", plugin)
    ann = appointment.c.person_id == world.ids["ann"]
    of_ann = appointment_brand.c.appointment_id.in_(sa.select(appointment.c.id).where(ann))

    def asked_after(*updates: sa.Executable) -> tuple[int, int]:
        reads_position.asked.clear()
        reads_everything.asked.clear()
        touch(world, "ann", *updates)
        only_ann = [[world.ids["ann"]]]
        assert reads_position.asked in ([], only_ann)
        assert reads_everything.asked in ([], only_ann)
        return len(reads_position.asked), len(reads_everything.asked)

    assert asked_after() == (0, 0)
    assert asked_after(sa.update(appointment_brand).values(brand_id=world.ids["B"]).where(of_ann)) == (0, 1)
    ends = world.hub.clock.now() + days(9)
    assert asked_after(sa.update(appointment).values(valid_to=ends).where(ann)) == (0, 1)
    position = world.ids["salesperson"]
    assert asked_after(sa.update(appointment).values(position_id=position).where(ann)) == (1, 1)
    assert asked_after() == (0, 0)


def test_decide_assignments_is_asked_again_by_another_version_or_with_other_settings(
    world_with: MakeWorld,
) -> None:
    wishes = Wishes()
    switch(world_with(wishes=wishes), "technicians", "wishes")
    for restarted in (
        world_with(wishes=wishes),
        world_with(wishes=wishes, version="2"),
        world_with(wishes=wishes, version="2", settings={"wishes": {"days": 30}}),
        world_with(wishes=wishes, version="2", settings={"wishes": {"days": 30}}),
    ):
        touch(restarted, "ann")
    assert len(wishes.asked) == 3


def test_decide_assignments_that_raises_keeps_the_last_answer_and_is_shown(world_with: MakeWorld) -> None:
    broken, other = Wishes(), Wishes("batteries")
    world = world_with(broken=broken, other=other)
    for plugin in ("broken", "other"):
        switch(world, "technicians", plugin)

    def fail(candidates: Sequence[Candidate]) -> Any:
        raise RuntimeError("the list of wishes is gone")

    broken.answer = fail
    world.add_person("eve")
    world.appoint("eve", "technician", "Riverside")
    touch(world, "ann", sa.update(appointment).values(position_id=world.ids["technician"]))
    assert goals(world, "ann", "eve") == [["batteries", "brakes"], ["batteries"]]
    assert errors(world) == {"broken": "RuntimeError: the list of wishes is gone"}
    broken.answer = None
    touch(world, "eve")
    assert goals(world, "eve") == [["batteries", "brakes"]]


UNUSABLE: dict[str, Callable[[Wishes, Candidate], Any]] = {
    "not a list": lambda w, c: 7,
    "a word": lambda w, c: "brakes",
    "nothing in a list": lambda w, c: [None],
    "unknown target": lambda w, c: [w.opinion(c, target="no-such-course")],
    "unknown dimension": lambda w, c: [w.opinion(c, dimension="finance")],
    "appointment of nobody": lambda w, c: [
        w.opinion(c, appointment_id="0190a7a0-0000-7000-8000-000000000001")
    ],
    "unhashable appointment": lambda w, c: [w.opinion(c, appointment_id=[])],
}


@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # nothing of this reaches the database
def test_unusable_answer_to_decide_assignments_counts_as_an_error_and_stops_nobody(
    world_with: MakeWorld, answer: Callable[[Wishes, Candidate], Any]
) -> None:
    wishes = Wishes()
    world = world_with(wishes=wishes)
    world.add_rule("batteries", "batteries", "service", positions=("technician",))
    wishes.answer = lambda candidates: answer(wishes, candidates[0])
    switch(world, "technicians", "wishes")
    assert goals(world, "ann", "tom") == [["batteries"], ["batteries"]]
    assert list(errors(world)) == ["wishes"]
    assert errors(world)["wishes"]


def test_unusable_answer_about_one_person_leaves_the_answers_about_others(world_with: MakeWorld) -> None:
    wishes = Wishes()
    world = world_with(wishes=wishes)
    wishes.answer = lambda candidates: [
        wishes.opinion(c, target="brakes" if c.person_id == world.ids["ann"] else "steering")
        for c in candidates
    ]
    switch(world, "technicians", "wishes")
    assert goals(world, "ann", "tom") == [["brakes"], []]
    world.add_courses("south", "brakes", "batteries", "steering")
    touch(world, "tom")  # asked again although nothing about him changed, because there is no answer yet
    assert goals(world, "ann", "tom") == [["brakes"], ["steering"]]


def test_plugin_switched_off_withdraws_what_it_wanted_and_its_credits_stay(world_with: MakeWorld) -> None:
    world = world_with(wishes=Wishes())
    switch(world, "technicians", "wishes")
    statement = world.send("ann", "brakes")
    world.drain()
    then = world.hub.clock.now()
    world.hub.clock.advance(days=1)  # type: ignore[attr-defined]
    switch(world, "technicians", "wishes", on=False)
    assert goals(world, "ann", "tom") == [[], []]
    assert world.live_goals("ann", at=then) == {("brakes", "general"): statement}
    switch(world, "technicians", "wishes")
    assert world.live_goals("ann") == {("brakes", "general"): statement}


def test_only_a_plugin_that_is_on_can_be_switched_and_only_for_an_audience_there_is(
    world_with: MakeWorld,
) -> None:
    world = world_with(wishes=Wishes())
    with pytest.raises(BadInput, match="standard_completion"):
        switch(world, "technicians", "standard_completion")
    with pytest.raises(Missing, match="nobody"):
        switch(world, "nobody", "wishes")


def test_switching_twice_is_switching_once(world_with: MakeWorld) -> None:
    world = world_with(wishes=Wishes())
    with world.hub.unit_of_work() as uow:
        done = [switch_plugin(uow, "technicians", "wishes", on=on) for on in (True, True, False, False)]
    assert done == [True, False, True, False]


def test_plugin_is_asked_about_people_in_batches_of_whole_persons(world_with: MakeWorld) -> None:
    wishes = Wishes()
    world = world_with(wishes=wishes)
    world.appoint("ann", "technician", "Riverside", since=world.hub.clock.now() + days(1))
    switch(world, "technicians", "wishes")
    (batch,) = wishes.asked
    assert sorted(batch) == sorted([world.ids["ann"]] * 2 + [world.ids["tom"]])


@pytest.mark.requirement("B34")
def test_decide_assignments_can_waive_what_is_asked_through_the_appointment(world_with: MakeWorld) -> None:
    """What a person decided, and what nobody waives, stays; switched off, everything is asked again."""
    wishes = Wishes()
    world = world_with(wishes=wishes)
    kinds = ("brand", "compliance")
    wishes.answer = lambda candidates: [
        wishes.opinion(c, kind=kind, dimension="service", verdict="waive")
        for c in candidates
        for kind in kinds
    ]
    world.add_rule("brakes", "brakes", "service", positions=("technician",))
    world.add_rule("law", "brakes", "service", positions=("technician",), kind="compliance")
    world.drain()
    with world.hub.unit_of_work() as uow:
        choose_goal(uow, world.ids["ann"], "offering", world.ids["brakes"])
    switch(world, "technicians", "wishes")
    assert kinds_of(world, "ann") == {"compliance", "development"}
    with world.hub.reading() as uow:
        (waived,) = read_waived(uow, world.ids["ann"])
    assert (waived.plugin, waived.reason, waived.decision_id) == ("wishes", "you work as technician", None)
    assert "brakes, which is compliance" in errors(world)["wishes"]
    switch(world, "technicians", "wishes", on=False)
    assert kinds_of(world, "ann") == {"brand", "compliance", "development"}


def kinds_of(world: World, person: str) -> set[str]:
    """The kinds of goals somebody has now."""
    with world.hub.reading() as uow:
        plan = read_plan(uow, world.ids[person])
    return {goal.kind for line in plan.open for goal in line.goals}
