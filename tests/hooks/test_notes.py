"""What a plugin notes about an appointment comes back when it is asked, follows the person, and a replay gets the same."""

from collections.abc import Iterator, Sequence

import pytest
import sqlalchemy as sa

from hub.api import Candidate, Opinion, hookimpl, reads
from hub.audiences.assigning.notes import NOTE_BYTES, apply_removed_plugin, read_notes, set_notes
from hub.audiences.rules.rule import switch_plugin
from hub.audiences.tables import asked, opinion, plugin_note
from hub.errors import BadInput, Missing
from hub.ids import new_id
from hub.journal.tables import audit, change
from hub.lifecycle.erase import erase
from hub.lifecycle.subject import subject_of_person
from hub.network.tables import appointment
from hub.rebuild.apply_journal import apply_journal
from tests.hooks.conftest import MakeWorld
from tests.world import World


class Approved:
    """Wants a course for every appointment that was approved."""

    hub_api = "1.1"

    def __init__(self) -> None:
        self.asked = 0

    @hookimpl
    @reads("starts", "notes")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        self.asked += len(candidates)
        for each in candidates:
            if each.notes.get("decision") == "approved":
                reason = f"approved on {each.notes['on']}"
                yield Opinion(each.appointment_id, "offering", "brakes", reason, each.starts)


class ReadsNone(Approved):
    """Forgets to say that it reads notes."""

    @hookimpl
    @reads("starts")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        assert not any(each.notes for each in candidates)
        return iter(())


APPROVED = {"decision": "approved", "on": "2026-05-04"}


def of(world: World, person: str) -> str:
    with world.hub.reading() as uow:
        mine = sa.select(appointment.c.id).where(appointment.c.person_id == world.ids[person])
        return str(uow.connection.scalars(mine).one())


def note(world: World, person: str, value: dict[str, str] | None) -> int:
    with world.hub.unit_of_work() as uow:
        changed = set_notes(uow, "approved", {of(world, person): value}, world.ids["sam"])
    world.drain()
    return changed


def begun(world_with: MakeWorld, plugin: Approved | None = None) -> World:
    world = world_with(approved=plugin or Approved())
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "technicians", "approved", on=True)
    world.drain()
    return world


def test_noting_has_the_plugin_asked_again_about_that_person_alone(world_with: MakeWorld) -> None:
    plugin = Approved()
    world = begun(world_with, plugin)
    before = plugin.asked
    assert note(world, "ann", APPROVED) == 1
    assert plugin.asked == before + 1
    assert set(world.live_goals("ann")) == {("brakes", "general")}
    assert set(world.live_goals("tom")) == set()
    with world.hub.reading() as uow:
        assert uow.connection.scalars(sa.select(opinion.c.reason)).all() == ["approved on 2026-05-04"]


def test_the_same_note_again_is_no_change_and_forgetting_withdraws(world_with: MakeWorld) -> None:
    world = begun(world_with)
    assert [note(world, "ann", APPROVED), note(world, "ann", dict(APPROVED))] == [1, 0]
    assert [note(world, "ann", None), note(world, "ann", None)] == [1, 0]
    assert set(world.live_goals("ann")) == set()


def test_a_note_is_a_fact_of_the_journal_with_who_and_when_and_a_replay_has_it(
    world_with: MakeWorld,
) -> None:
    world = begun(world_with)
    note(world, "ann", APPROVED)
    with world.hub.reading() as uow:
        kept = uow.connection.execute(sa.select(change).where(change.c.kind == "plugin_noted")).one()
        live = uow.connection.execute(sa.select(plugin_note)).one()
        trail = uow.connection.execute(sa.select(audit).where(audit.c.action == "plugin_noted")).one()
    assert (trail.actor_id, trail.subject_id) == (world.ids["sam"], of(world, "ann"))
    assert (kept.actor_id, kept.person_id, kept.at) == (
        world.ids["sam"],
        world.ids["ann"],
        world.hub.clock.now(),
    )
    assert (live.noted_by, live.noted_at, live.value) == (world.ids["sam"], kept.at, APPROVED)
    with world.hub.unit_of_work() as uow:
        uow.connection.execute(sa.delete(plugin_note))
        apply_journal(uow, [kept])
        assert uow.connection.execute(sa.select(plugin_note)).one() == live


def test_who_does_not_say_that_it_reads_notes_gets_none(world_with: MakeWorld) -> None:
    world = begun(world_with, ReadsNone())
    note(world, "ann", APPROVED)
    with world.hub.reading() as uow:
        assert read_notes(uow, "approved", [of(world, "ann")]) == {of(world, "ann"): APPROVED}
        assert read_notes(uow, "another", [of(world, "ann")]) == {}


@pytest.mark.parametrize(
    "value", [["approved"], {"at": object()}, {"long": "x" * NOTE_BYTES}, {"n": float("nan")}]
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # nothing of this reaches the database
def test_a_note_is_a_short_json_object_about_an_appointment_there_is(
    world_with: MakeWorld, value: object
) -> None:
    world = world_with()
    with world.hub.unit_of_work() as uow:
        with pytest.raises(BadInput, match="JSON object"):
            set_notes(uow, "approved", {of(world, "ann"): value})  # type: ignore[dict-item]
        for nobody in (new_id(), "no-id"):
            with pytest.raises(Missing, match="no such appointment"):
                set_notes(uow, "approved", {nobody: APPROVED})


def test_erasure_takes_notes_out_of_the_journal_too(world_with: MakeWorld) -> None:
    world = begun(world_with)
    note(world, "ann", APPROVED)
    note(world, "tom", APPROVED)
    with world.hub.reading() as uow:
        subject = subject_of_person(uow, world.ids["ann"])
    receipt = erase(world.hub, subject)
    world.drain()
    assert receipt.counts["notes of plugins"] == 1
    with world.hub.unit_of_work() as uow:
        changes = uow.connection.execute(
            sa.select(change).where(change.c.kind == "plugin_noted").order_by(change.c.position)
        ).all()
        assert [row.body["value"] for row in changes] == [None, APPROVED]
        uow.connection.execute(sa.delete(plugin_note))
        apply_journal(uow, changes)
        assert uow.connection.scalars(sa.select(plugin_note.c.appointment_id)).all() == [of(world, "tom")]


def test_a_removed_plugin_leaves_nothing_to_decide_by(world_with: MakeWorld) -> None:
    world = begun(world_with)
    note(world, "ann", APPROVED)
    with world.hub.unit_of_work() as uow:
        apply_removed_plugin(uow, {"plugin": "approved"})
        for table in (plugin_note, opinion, asked):
            assert uow.connection.execute(sa.select(table)).all() == []
