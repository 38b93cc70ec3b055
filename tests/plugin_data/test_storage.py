"""A plugin's storage: rows and notes together or not at all, and no way to any other table."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.audiences.assigning.notes import read_notes
from hub.audiences.tables import plugin_note
from hub.cli.dry import dry
from hub.errors import Conflict, Missing, NotAllowed
from hub.ids import new_id
from hub.journal.tables import change
from hub.network.tables import appointment, person
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


def test_rows_and_notes_of_a_dry_hub_are_undone(shelved: World) -> None:
    dry(shelved.hub)  # which lends the plugin another storage
    with storage(shelved).writing() as unit:
        unit.connection.execute(book(shelved))
        unit.remember(of_ann(shelved), {"lent": True})
        assert len(unit.connection.execute(sa.select(books)).all()) == 1
    with storage(shelved).reading() as connection:
        assert connection.execute(sa.select(books)).all() == []
    with shelved.hub.reading() as uow:
        assert read_notes(uow, "shelf", [of_ann(shelved)]) == {}


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


ENDING = [
    "COMMIT",
    "END",
    "ROLLBACK",
    "/* now */ commit",
    "-- now\nEND TRANSACTION",
    "COMMIT AND CHAIN",
    "ABORT",
]
DISABLE = "UPDATE person SET disabled = (1 = 1)"


def try_all(connection: sa.Connection, statements: list[str]) -> None:
    """Run them one after the other, whatever happens to each."""
    for statement in statements:
        with suppress(Exception):
            connection.exec_driver_sql(statement)


def disabled(world: World) -> int:
    with world.hub.reading() as uow:
        return int(uow.connection.scalar(sa.select(sa.func.count()).where(person.c.disabled)) or 0)


def refused_as(is_sqlite: bool, ending: str) -> str:
    """SQLite knows no ABORT: there is nothing to refuse."""
    return "syntax error" if is_sqlite and ending == "ABORT" else "by itself"


@pytest.mark.parametrize("ending", ENDING)
def test_no_statement_ends_the_transaction_and_gets_behind_the_fence(
    shelved: World, ending: str, database_kind: str
) -> None:
    told = refused_as(database_kind == "sqlite", ending)
    with pytest.raises((NotAllowed, sa.exc.DBAPIError), match=told):
        write(shelved, lambda unit: unit.connection.exec_driver_sql(ending))
    with pytest.raises(NotAllowed):
        write(shelved, lambda unit: try_all(unit.connection, [ending, DISABLE, "BEGIN"]))
    with pytest.raises(NotAllowed), storage(shelved).reading() as connection:
        try_all(connection, [ending, DISABLE, "BEGIN"])
    assert disabled(shelved) == 0
    with storage(shelved).reading() as connection:
        assert connection.execute(sa.select(books)).all() == []


@pytest.mark.parametrize("ending", ["COMMIT", "END", "ROLLBACK"])
def test_no_statement_hides_behind_another(shelved: World, ending: str) -> None:
    for hidden in (f"{ending}; {DISABLE}; COMMIT; BEGIN", f"SELECT 1; {ending}; {DISABLE}; COMMIT; BEGIN"):
        with pytest.raises((NotAllowed, sa.exc.DBAPIError)):
            write(shelved, lambda unit, hidden=hidden: unit.connection.exec_driver_sql(hidden))  # type: ignore[misc]
        with pytest.raises((NotAllowed, sa.exc.DBAPIError)), storage(shelved).reading() as connection:
            connection.exec_driver_sql(hidden)
    assert disabled(shelved) == 0


@pytest.mark.parametrize("how", ["commit", "rollback"])
def test_the_connection_neither_commits_nor_rolls_back_by_itself(shelved: World, how: str) -> None:
    def end(unit: Writing) -> None:
        getattr(unit.connection, how)()
        try_all(unit.connection, [DISABLE])

    with pytest.raises(NotAllowed, match="by itself"):
        write(shelved, end)
    with pytest.raises(NotAllowed, match="by itself"), storage(shelved).reading() as connection:
        end(Writing(connection, shelved.hub.clock.now()))
    assert disabled(shelved) == 0
    with storage(shelved).reading() as connection:
        assert connection.execute(sa.select(books)).all() == []


def test_savepoints_are_the_plugins(shelved: World) -> None:
    with storage(shelved).writing() as unit:
        with unit.connection.begin_nested() as savepoint:
            unit.connection.execute(book(shelved))
            savepoint.rollback()
        with suppress(sa.exc.IntegrityError), unit.connection.begin_nested():
            unit.connection.execute(book(shelved, 2))
            unit.connection.execute(book(shelved, 2))
        with unit.connection.begin_nested():
            unit.connection.execute(book(shelved, 3))
    with storage(shelved).reading() as connection:
        assert connection.scalars(sa.select(books.c.id)).all() == [3]


def test_reading_cannot_write(shelved: World) -> None:
    with pytest.raises(sa.exc.DBAPIError), storage(shelved).reading() as connection:
        connection.execute(book(shelved))


def test_storage_is_refused_in_the_middle_of_the_hubs_own_work(shelved: World) -> None:
    with shelved.hub.reading(), pytest.raises(Conflict, match="middle"), storage(shelved).reading():
        pass
    with storage(shelved).writing(), pytest.raises(Conflict, match="middle"), storage(shelved).writing():
        pass
