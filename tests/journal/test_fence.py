"""How far it is safe to read a log while others append to it.

On SQLite writers take turns, so rows cannot commit out of order there; what can differ is tested on PostgreSQL alone.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from hub.app import open_hub
from hub.config import Settings
from hub.journal import CHANGES, EVENTS, Log, audit
from hub.network.tables import dimension
from hub.runtime import Hub
from hub.store import UnitOfWork
from tests.journal.following import APPENDS, Append, Follower, append_change, append_event, positions

only_on_postgres = pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
every_log = pytest.mark.parametrize(("log", "append"), APPENDS, ids=[log.name for log, _ in APPENDS])


class Stop(Exception):
    """Ends a unit without success."""


def append_and_stop(uow: UnitOfWork, append: Append, name: str) -> None:
    append(uow, name)
    raise Stop


@only_on_postgres
@every_log
def test_rows_that_commit_out_of_order_are_read_in_order_and_none_is_skipped(
    hub: Hub, log: Log, append: Append
) -> None:
    follower = Follower(hub, log)
    with hub.unit_of_work() as slow:
        append(slow, "first")
        with hub.unit_of_work() as quick:
            append(quick, "second")
        (second,) = positions(hub, log)
        assert follower.read() == []
    first, after = positions(hub, log)
    assert first < second == after
    assert follower.read() == [first, second]


@only_on_postgres
@every_log
def test_rows_before_an_open_appender_are_not_held_back(hub: Hub, log: Log, append: Append) -> None:
    follower = Follower(hub, log)
    with hub.unit_of_work() as done:
        append(done, "before", "also before")
    with hub.unit_of_work() as slow:
        append(slow, "open")
        assert follower.read() == positions(hub, log)
    assert len(follower.read()) == 1


@only_on_postgres
@every_log
def test_appender_that_gives_up_leaves_a_gap_and_holds_nobody_back(
    hub: Hub, log: Log, append: Append
) -> None:
    follower = Follower(hub, log)
    with pytest.raises(Stop), hub.unit_of_work() as aborted:
        append_and_stop(aborted, append, "aborted")
    with hub.unit_of_work() as done:
        append(done, "done")
    assert follower.read() == positions(hub, log) == [2]


@only_on_postgres
def test_appender_whose_connection_dies_holds_nobody_back(hub: Hub) -> None:
    follower = Follower(hub)
    with ExitStack() as dying_unit:
        dying = dying_unit.enter_context(hub.unit_of_work())
        append_change(dying, "lost")
        process = dying.connection.scalar(sa.select(sa.func.pg_backend_pid()))
        with hub.unit_of_work() as uow:
            append_change(uow, "kept")
        assert follower.read() == []
        with hub.unit_of_work() as uow:
            assert uow.connection.scalar(sa.select(sa.func.pg_terminate_backend(process, 5000)))
        assert follower.read() == positions(hub, CHANGES) == [2]
        with pytest.raises(sa.exc.OperationalError):
            dying_unit.close()


@only_on_postgres
def test_lowest_of_several_open_appenders_counts(hub: Hub) -> None:
    follower = Follower(hub)
    with hub.unit_of_work() as highest:
        with hub.unit_of_work() as middle:
            with hub.unit_of_work() as lowest:
                append_change(lowest, "1")
                append_change(middle, "2")
                append_change(highest, "3")
                assert follower.read() == []
            assert follower.read() == [1]
            assert follower.read() == []
        assert follower.read() == [2]
    assert follower.read() == [3]


@only_on_postgres
def test_unit_that_appends_twice_is_held_back_from_its_first_row_on(hub: Hub) -> None:
    follower = Follower(hub)
    with hub.unit_of_work() as twice:
        append_change(twice, "1")
        with hub.unit_of_work() as other:
            append_change(other, "2")
        append_change(twice, "3")
        assert follower.read() == []
    assert follower.read() == [1, 2, 3]


@only_on_postgres
def test_savepoint_that_is_rolled_back_takes_no_protection_from_later_rows(hub: Hub) -> None:
    follower = Follower(hub)
    with hub.unit_of_work() as uow:
        with pytest.raises(Stop), uow.connection.begin_nested():
            append_and_stop(uow, append_change, "1, taken back")
        append_change(uow, "2")
        with hub.unit_of_work() as other:
            append_change(other, "3")
        assert follower.read() == []
    assert follower.read() == [2, 3]


@only_on_postgres
def test_open_transaction_that_appends_nothing_delays_nobody(hub: Hub) -> None:
    follower = Follower(hub)
    with hub.unit_of_work() as writing, hub.reading() as reading:
        audit(writing, "long_work")
        writing.connection.execute(sa.insert(dimension).values(key="sales", name="Sales"))
        reading.connection.scalar(sa.select(sa.func.count()).select_from(dimension))
        with hub.unit_of_work() as appending:
            append_change(appending, "1")
        assert follower.read() == [1]


@only_on_postgres
def test_open_appender_of_one_log_delays_no_reader_of_another(hub: Hub) -> None:
    changes, events = Follower(hub, CHANGES), Follower(hub, EVENTS)
    with hub.unit_of_work() as open_unit:
        append_event(open_unit, "open")
        with hub.unit_of_work() as other:
            append_change(other, "1")
        assert changes.read() == [1]
        assert events.read() == []


@only_on_postgres
def test_appender_in_another_database_of_the_server_delays_nobody(
    hub: Hub, new_database: Callable[..., str]
) -> None:
    elsewhere = open_hub(Settings(database_url=new_database(), secret_key="x" * 40))
    follower = Follower(hub)
    with elsewhere.unit_of_work() as open_unit:
        append_change(open_unit, "open")
        with hub.unit_of_work() as uow:
            append_change(uow, "1")
        assert follower.read() == [1]
    elsewhere.close()


@every_log
def test_nothing_is_lost_and_nothing_comes_twice_while_many_append(
    hub: Hub, log: Log, append: Append
) -> None:
    follower = Follower(hub, log, batch=7)
    appended = threading.Event()

    def append_many(worker: int) -> None:
        for number in range(10):
            try:
                with hub.unit_of_work() as uow:
                    append(uow, f"{worker}-{number}-a")
                    if number % 5 == 4:
                        raise Stop
                    append(uow, f"{worker}-{number}-b")
            except Stop:
                continue

    def follow() -> None:
        while not appended.wait(0.005):
            follower.read()
        while follower.read():
            pass

    with ThreadPoolExecutor(5) as pool:
        following = pool.submit(follow)
        list(pool.map(append_many, range(4)))
        appended.set()
        following.result()
    assert len(follower.positions) == 4 * 8 * 2
    assert follower.positions == positions(hub, log)
