"""Units of work: all or nothing, writers wait for each other, readers cannot write."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import BadInput
from hub.network.tables import dimension
from hub.runtime import Hub
from hub.store import UnitOfWork, open_engine

only_on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


class Stop(Exception):
    """Ends a unit without success."""


def add(uow: UnitOfWork, key: str) -> None:
    uow.connection.execute(sa.insert(dimension).values(key=key, name=key))


def add_and_stop(uow: UnitOfWork, key: str) -> None:
    add(uow, key)
    raise Stop


def keys(hub: Hub) -> set[str]:
    with hub.reading() as uow:
        return set(uow.connection.scalars(sa.select(dimension.c.key))) - {"general"}


def test_unit_that_raises_leaves_nothing_behind(hub: Hub) -> None:
    with pytest.raises(Stop), hub.unit_of_work() as uow:
        add_and_stop(uow, "sales")
    assert keys(hub) == set()


def test_released_savepoint_does_not_survive_a_rollback(hub: Hub) -> None:
    def release_one_and_stop(uow: UnitOfWork) -> None:
        with uow.connection.begin_nested():
            add(uow, "sales")
        raise Stop

    with pytest.raises(Stop), hub.unit_of_work() as uow:
        release_one_and_stop(uow)
    assert keys(hub) == set()


def test_savepoint_that_is_rolled_back_leaves_the_rest_of_the_unit(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        add(uow, "sales")
        with pytest.raises(Stop), uow.connection.begin_nested():
            add_and_stop(uow, "service")
        add(uow, "parts")
    assert keys(hub) == {"sales", "parts"}


def test_units_that_read_and_then_write_wait_for_each_other(hub: Hub) -> None:
    """With deferred transactions, SQLite fails whoever read before another one wrote, whatever the timeout."""
    together = threading.Barrier(4)

    def write(worker: int) -> None:
        together.wait()
        for number in range(15):
            with hub.unit_of_work() as uow:
                uow.connection.scalar(sa.select(sa.func.count()).select_from(dimension))
                add(uow, f"{worker}-{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert len(keys(hub)) == 60


@only_on_sqlite
def test_writer_takes_its_turn_before_it_reads(hub: Hub) -> None:
    begun, other = threading.Event(), threading.Event()

    def count_twice() -> list[int]:
        begun.set()
        with hub.unit_of_work() as uow:
            assert other.is_set()  # the first writer had ended when this unit began
            return [
                uow.connection.scalar(sa.select(sa.func.count()).select_from(dimension)) or 0
                for _ in range(2)
            ]

    with ThreadPoolExecutor(1) as pool:
        with hub.unit_of_work() as uow:
            second = pool.submit(count_twice)
            begun.wait()
            add(uow, "sales")
            other.set()
        assert second.result() == [2, 2]


def test_reader_neither_waits_for_an_open_writer_nor_sees_it(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        add(uow, "sales")
        assert keys(hub) == set()
    assert keys(hub) == {"sales"}


def test_reading_unit_sees_one_state_from_beginning_to_end(hub: Hub) -> None:
    with hub.reading() as uow:
        before = uow.connection.scalars(sa.select(dimension.c.key)).all()
        with hub.unit_of_work() as other:
            add(other, "sales")
        assert uow.connection.scalars(sa.select(dimension.c.key)).all() == before


def test_reading_unit_cannot_write_and_spoils_no_later_unit(hub: Hub) -> None:
    for _ in range(2):
        with pytest.raises(sa.exc.DBAPIError, match=r"readonly|read-only"), hub.reading() as uow:
            add(uow, "sales")
    for number in range(10):  # also on the very connection that the reading unit had
        with hub.unit_of_work() as uow:
            add(uow, f"d{number}")
    assert len(keys(hub)) == 10


def test_unit_has_one_instant(hub: Hub, clock: SettableClock) -> None:
    with hub.unit_of_work() as uow:
        begun = uow.now
        clock.advance(hours=1)
        assert uow.now == begun == datetime(2026, 5, 4, 9, tzinfo=UTC)
    with hub.unit_of_work() as uow:
        assert uow.now == datetime(2026, 5, 4, 10, tzinfo=UTC)


@only_on_sqlite
def test_first_process_to_open_a_file_waits_for_whoever_is_writing_it(
    new_database: Callable[..., str],
) -> None:
    url = new_database()
    writer = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    assert writer.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    writer.execute("BEGIN IMMEDIATE")
    engine = open_engine(url)
    with ThreadPoolExecutor(1) as pool:
        opened = pool.submit(engine.connect)
        with pytest.raises(TimeoutError):
            opened.result(timeout=0.1)
        writer.execute("COMMIT")
        writer.close()
        with opened.result() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://localhost/hub", "sqlite://", "sqlite:///:memory:"])
def test_database_that_several_processes_cannot_share_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        open_engine(url)
