"""Removing a plugin: its tables, notes, opinions, switches and goals go; facts that others rest on stay; a replay agrees."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.api import Candidate, Opinion, hookimpl, reads
from hub.audiences.assigning.notes import set_notes
from hub.audiences.rules.rule import switch_plugin
from hub.audiences.tables import audience_plugin, opinion, plugin_note
from hub.exports.tables import export_queue, export_row, export_state
from hub.journal.aside import list_aside, set_plugin_aside
from hub.journal.tables import audit, change
from hub.lifecycle.erase import erase
from hub.lifecycle.erase_in_plugins import open_plugins
from hub.lifecycle.subject import subject_of_person
from hub.lifecycle.upkeep import Upkeep
from hub.network.tables import appointment
from hub.plugin_data.migrate import migrate_plugins
from hub.plugin_data.remove import remove_data, what_is_kept
from hub.plugin_data.storage import lend_storage
from hub.rebuild.apply_journal import apply_journal
from hub.training.tables import credit_ledger
from tests.hooks.conftest import MakeWorld
from tests.hooks.test_exports import Keeps, credited
from tests.plugin_data.keeper import Keeper
from tests.plugin_data.shelf import TABLE, books, tables_there, write_revision
from tests.world import World


class Decides(Keeper):
    """Keeps books, and wants a course for who was noted."""

    @hookimpl
    @reads("starts", "notes")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        for each in candidates:
            if each.notes:
                yield Opinion(each.appointment_id, "offering", "brakes", "you were noted", each.starts)


@pytest.fixture
def world(world_with: MakeWorld, tmp_path: Path) -> World:
    """Ann was noted, has the course and did it; then the plugin is taken off the list."""
    made = world_with(shelf=Decides(write_revision(tmp_path, TABLE)))
    hub = made.hub
    migrate_plugins(hub.engine, hub.hooks)
    lend_storage(hub)
    with hub.unit_of_work() as uow:
        switch_plugin(uow, "technicians", "shelf", on=True)
        mine = sa.select(appointment.c.id).where(appointment.c.person_id == made.ids["ann"])
        set_notes(uow, "shelf", {uow.connection.scalars(mine).one(): {"wants": True}})
    storage = next(each.instance.storage for each in hub.hooks.plugins if each.name == "shelf")
    with storage.writing() as unit:
        unit.connection.execute(sa.insert(books).values(id=1, person_id=made.ids["ann"]))
    made.send("ann", "brakes")
    made.drain()
    assert set(made.live_goals("ann")) == {("brakes", "general")}
    return world_with()


def kept(world: World) -> tuple[int, ...]:
    with world.hub.reading() as uow:
        return tuple(
            uow.connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (plugin_note, opinion, audience_plugin)
        )


def test_what_is_kept_tells_all_and_changes_nothing(world: World) -> None:
    with world.hub.reading() as uow:
        found = what_is_kept(uow, "shelf")
        assert what_is_kept(uow, "nobody").is_nothing
    assert dict(found.tables) == {"plugin_shelf_book": 1, "plugin_shelf_alembic_version": 1}
    assert (found.notes, found.opinions, found.audiences) == (1, 1, ("technicians",))
    assert kept(world) == (1, 1, 1)


def test_all_of_it_goes_and_credits_stay(world: World) -> None:
    remove_data(world.hub, "shelf")
    world.drain()
    assert tables_there(world.hub) == set()
    assert kept(world) == (0, 0, 0)
    assert set(world.live_goals("ann")) == set()
    with world.hub.reading() as uow:
        assert uow.connection.scalars(sa.select(credit_ledger.c.amount)).all() == [1]
        row = uow.connection.execute(sa.select(audit).where(audit.c.action == "plugin_removed")).one()
    assert (row.subject_id, row.detail["tables"]["plugin_shelf_book"]) == ("shelf", 1)


def test_a_replay_of_the_journal_has_nothing_of_it_either(world: World) -> None:
    remove_data(world.hub, "shelf")
    world.drain()
    kinds = ("plugin_noted", "opinions_given", "plugin_switched", "plugin_removed")
    with world.hub.unit_of_work() as uow:
        rows = sa.select(change).where(change.c.kind.in_(kinds)).order_by(change.c.position)
        found = uow.connection.execute(rows).all()
        assert {row.kind for row in found} == set(kinds)
        apply_journal(uow, found)
    assert kept(world) == (0, 0, 0)


def test_removing_twice_is_removing_once(world: World) -> None:
    remove_data(world.hub, "shelf")
    assert remove_data(world.hub, "shelf").is_nothing
    with world.hub.reading() as uow:
        found = uow.connection.scalars(sa.select(audit.c.id).where(audit.c.action == "plugin_removed")).all()
    assert len(found) == 1


def test_its_lists_in_other_systems_and_that_it_was_set_aside_are_forgotten(world_with: MakeWorld) -> None:
    made = credited(world_with, Keeps())
    tables = (export_row, export_queue, export_state)
    with made.hub.unit_of_work() as uow:
        set_plugin_aside(uow, "keeps", "it hung")
        waiting = {"plugin": "keeps", "export": "map", "person_id": made.ids["tom"], "since": uow.now}
        uow.connection.execute(sa.insert(export_queue).values(waiting))
    off = world_with().hub
    with off.reading() as uow:
        found = what_is_kept(uow, "keeps")
    assert (found.exported, found.is_aside, found.is_nothing) == (3, True, False)
    remove_data(off, "keeps")
    with off.reading() as uow:
        assert [uow.connection.execute(sa.select(table)).all() for table in tables] == [[], [], []]
        assert list_aside(uow) == []
        assert what_is_kept(uow, "keeps").is_nothing
    anew = Keeps()
    world_with(keeps=anew).drain()
    assert anew.names() == [("ann", "offering:brakes")]


def test_an_erasure_that_waited_for_its_tables_ends_with_them(world: World) -> None:
    with world.hub.reading() as uow:
        subject = subject_of_person(uow, world.ids["ann"])
    receipt = erase(world.hub, subject)
    with world.hub.reading() as uow:
        assert list(open_plugins(uow, receipt.id)) == ["shelf"]
    remove_data(world.hub, "shelf")
    world.hub.clock.advance(seconds=31)  # type: ignore[attr-defined]
    Upkeep(world.hub).turn()
    with world.hub.reading() as uow:
        assert open_plugins(uow, receipt.id) == {}
