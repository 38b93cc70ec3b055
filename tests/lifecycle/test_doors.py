"""The doors of append-only tables: only retention and erasure open them, for themselves, and they shut behind them."""

import ast
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

import hub
from hub.journal.tables import statement
from hub.store import UnitOfWork
from hub.store.append_only import open_door
from tests.journeys.eventful import BRAKES
from tests.journeys.world import World

ROOT = Path(hub.__file__).parent


def test_nobody_but_retention_and_erasure_opens_doors() -> None:
    opening = {
        file.relative_to(ROOT).parent.as_posix()
        for file in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.module == "hub.store.append_only"
        and any(name.name == "open_door" for name in node.names)
    }
    assert opening == {"lifecycle"}


def through(uow: UnitOfWork, door: str, command: str) -> None:
    with open_door(uow.connection, door):
        uow.connection.exec_driver_sql(command)


def refused(world: World, *steps: Callable[[UnitOfWork], None]) -> str:
    """What the database says to these steps of one unit, which changes nothing."""
    with pytest.raises(sa.exc.DBAPIError) as error, world.hub.unit_of_work() as uow:
        _take(uow, steps)
    with world.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(statement.c.id).where(statement.c.id == BRAKES.id))
    return str(error.value.orig)


def _take(uow: UnitOfWork, steps: Sequence[Callable[[UnitOfWork], None]]) -> None:
    for step in steps:
        step(uow)


def delete(uow: UnitOfWork) -> None:
    uow.connection.execute(sa.delete(statement))


def test_a_door_is_open_for_its_table_and_its_unit_alone(world: World) -> None:
    message = "statement is append-only"
    assert message in refused(world, lambda uow: through(uow, "change", "DELETE FROM statement"))
    nothing = "DELETE FROM statement WHERE position < 0"
    assert message in refused(world, lambda uow: through(uow, "statement", nothing), delete)
    with world.hub.unit_of_work() as uow:
        through(uow, "statement", nothing)
    assert message in refused(world, delete)


def test_a_unit_that_fails_leaves_no_door_open(world: World) -> None:
    assert "nothing" in refused(world, lambda uow: through(uow, "statement", "DELETE FROM nothing"))
    assert "statement is append-only" in refused(world, delete)


@pytest.mark.parametrize("table", ["statement_id", "audit", "credit_ledger"])
def test_tables_without_a_door_have_none(world: World, table: str) -> None:
    assert f"{table} is append-only" in refused(
        world, lambda uow: through(uow, table, f"DELETE FROM {table}")
    )


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_no_door_lets_a_table_be_emptied_at_once(world: World) -> None:
    emptied = refused(world, lambda uow: through(uow, "statement", "TRUNCATE statement"))
    assert "statement is append-only" in emptied
