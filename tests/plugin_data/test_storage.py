"""A plugin's storage: rows and notes together or not at all, and no way to any other table."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.audiences.assigning.notes import read_notes
from hub.audiences.tables import plugin_note
from hub.errors import Conflict, Missing, NotAllowed
from hub.ids import new_id
from hub.journal.tables import change
from hub.network.tables import appointment
from hub.plugin_data.migrate import migrate_plugins
from hub.plugin_data.storage import Storage, Writing, lend_storage
from tests.hooks.conftest import MakeWorld
from tests.plugin_data.shelf import TABLE, Shelf, books, write_revision
from tests.world import World


@pytest.fixture
def shelved(world_with: MakeWorld, tmp_path: Path) -> World:
    """A world whose plugin has its table."""
    world = world_with(shelf=Shelf(write_revision(tmp_path, TABLE)))
    migrate_plugins(world.hub.engine, world.hub.hooks)
    lend_storage(world.hub)
    return world


def storage(world: World) -> Storage:
    (shelf,) = [each.instance for each in world.hub.hooks.plugins if each.name == "shelf"]
    found: Storage = shelf.storage
    return found


def book(world: World, number: int = 1) -> sa.Insert:
    return sa.insert(books).values(id=number, person_id=world.ids["ann"])


def write(world: World, then: Callable[[Writing], object]) -> None:
    """A book, and more in the same transaction."""
    with storage(world).writing() as unit:
        unit.connection.execute(book(world))
        then(unit)


def of_ann(world: World) -> str:
    with world.hub.reading() as uow:
        mine = sa.select(appointment.c.id).where(appointment.c.person_id == world.ids["ann"])
        return str(uow.connection.scalars(mine).one())


def test_rows_and_notes_are_written_together_with_who_did_it(shelved: World) -> None:
    about = of_ann(shelved)
    with storage(shelved).writing(shelved.ids["sam"]) as unit:
        unit.connection.execute(book(shelved))
        unit.remember(about, {"lent": True})
    with storage(shelved).reading() as connection:
        assert connection.execute(sa.select(books)).all() == [(1, shelved.ids["ann"])]
    with shelved.hub.reading() as uow:
        assert read_notes(uow, "shelf", [about]) == {about: {"lent": True}}
        kept = uow.connection.execute(sa.select(change).where(change.c.kind == "plugin_noted")).one()
    assert (kept.actor_id, kept.person_id) == (shelved.ids["sam"], shelved.ids["ann"])


def test_a_note_that_cannot_be_takes_the_rows_back(shelved: World) -> None:
    with pytest.raises(Missing, match="appointment"):
        write(shelved, lambda unit: unit.remember(new_id(), {"lent": True}))
    with storage(shelved).reading() as connection:
        assert connection.execute(sa.select(books)).all() == []


def test_an_error_takes_rows_and_notes_back(shelved: World) -> None:
    def fail(unit: Writing) -> None:
        unit.remember(of_ann(shelved), {"lent": True})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(shelved, fail)
    with shelved.hub.reading() as uow:
        assert uow.connection.execute(sa.select(plugin_note)).all() == []


REACHING: dict[str, Callable[[sa.Connection], object]] = {
    "reads": lambda c: c.execute(sa.text("SELECT * FROM person_detail")).all(),
    "counts": lambda c: c.execute(sa.text("SELECT count(*) FROM change")).scalar(),
    "joins": lambda c: c.execute(
        sa.text("SELECT b.id FROM plugin_shelf_book b JOIN person p ON p.disabled")
    ).all(),
    "within": lambda c: c.execute(
        sa.text("DELETE FROM plugin_shelf_book WHERE id IN (SELECT 1 FROM outbox)")
    ),
    "writes": lambda c: c.execute(sa.text("UPDATE person SET disabled = (1 = 1)")),
    "deletes": lambda c: c.execute(sa.text("DELETE FROM outbox")),
    "by the driver": lambda c: c.exec_driver_sql("DELETE FROM reassign_queue"),
    "another plugin's": lambda c: c.execute(sa.text("SELECT * FROM plugin_note")).all(),
}


@pytest.mark.parametrize("reach", REACHING.values(), ids=REACHING)
def test_no_other_table_is_reached_and_what_was_written_is_taken_back(
    shelved: World, reach: Callable[[sa.Connection], object]
) -> None:
    with pytest.raises(NotAllowed, match=r"shelf reaches for \w+"):
        write(shelved, lambda unit: reach(unit.connection))
    with storage(shelved).reading() as connection:
        assert connection.execute(sa.select(books)).all() == []
    with shelved.hub.unit_of_work() as uow:  # the same connection, without its fence
        assert uow.connection.execute(sa.text("SELECT count(*) FROM person")).scalar()


def test_reading_cannot_write(shelved: World) -> None:
    with pytest.raises(sa.exc.DBAPIError), storage(shelved).reading() as connection:
        connection.execute(book(shelved))


def test_storage_is_refused_in_the_middle_of_the_hubs_own_work(shelved: World) -> None:
    with shelved.hub.reading(), pytest.raises(Conflict, match="middle"), storage(shelved).reading():
        pass
    with storage(shelved).writing(), pytest.raises(Conflict, match="middle"), storage(shelved).writing():
        pass
