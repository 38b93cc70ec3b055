"""Journals and ledgers only grow: the database itself refuses anything else."""

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa

import hub as hub_package
from hub.runtime import Hub
from hub.store import metadata
from tests.world import World


def append_only_tables() -> list[str]:
    """What every room's tables.py declares."""
    rooms = [room.name for room in pkgutil.iter_modules(hub_package.__path__, "hub.") if room.ispkg]
    found: list[str] = []
    for room in rooms:
        names = [module.name for module in pkgutil.iter_modules(importlib.import_module(room).__path__)]
        if "tables" in names:
            found += getattr(importlib.import_module(f"{room}.tables"), "APPEND_ONLY", ())
    return found


def test_every_journal_and_ledger_is_declared() -> None:
    assert {"statement", "statement_id", "change", "audit", "credit_ledger"} <= set(append_only_tables())


@pytest.fixture
def filled(hub: Hub) -> Hub:
    """A hub on which somebody earned a credit."""
    world = World(hub).begin()
    world.add(positions=["technician"])
    world.add_location("Riverside")
    world.add_courses("south", "brakes")
    world.add_person("ann")
    world.appoint("ann", "technician", "Riverside")
    world.link("ann")
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.send("ann", "brakes")
    world.drain()
    return hub


def rows(hub: Hub, table: str) -> Sequence[sa.Row[Any]]:
    with hub.reading() as uow:
        return uow.connection.execute(sa.select(metadata.tables[table])).all()


def test_rows_can_be_neither_changed_nor_replaced_nor_deleted(filled: Hub) -> None:
    for table in append_only_tables():
        before = rows(filled, table)
        assert before, table
        key = next(iter(metadata.tables[table].primary_key)).name
        is_sqlite = filled.engine.dialect.name == "sqlite"
        statements = [
            f"UPDATE {table} SET {key} = {key}",
            f"DELETE FROM {table}",
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" if is_sqlite else f"TRUNCATE {table}",
        ]
        for statement in statements:
            with (
                pytest.raises(sa.exc.DBAPIError, match=f"{table} is append-only"),
                filled.unit_of_work() as uow,
            ):
                uow.connection.exec_driver_sql(statement)
        assert rows(filled, table) == before
