"""Readers: a batch happens once and whole, or not at all and is shown."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.journal import CHANGES, EVENTS, Change, Reader, record_changes
from hub.journal.readers import MAX_RETRY_SECONDS, register_readers, run_reader, with_work
from hub.journal.tables import reader as reader_table
from hub.runtime import Hub
from hub.store import UnitOfWork
from tests.journal.following import Follower, append_change, handled, note_each


def register(hub: Hub, reader: Reader) -> None:
    with hub.unit_of_work() as uow:
        register_readers(uow, [reader])


def append(hub: Hub, *names: str) -> None:
    with hub.unit_of_work() as uow:
        append_change(uow, *names)


def state(hub: Hub, name: str = "noting") -> sa.Row[Any]:
    with hub.reading() as uow:
        return uow.connection.execute(sa.select(reader_table).where(reader_table.c.name == name)).one()


def waits(hub: Hub, reader: Reader) -> bool:
    with hub.reading() as uow:
        return with_work(uow, [reader]) == [reader]


def test_reader_gets_rows_in_order_and_no_more_than_a_batch(hub: Hub) -> None:
    append(hub, *"abcde")
    follower = Follower(hub, batch=2)
    assert [len(follower.read()) for _ in range(4)] == [2, 2, 1, 0]
    assert follower.positions == sorted(follower.positions)


def test_new_reader_begins_at_the_start_and_a_known_one_goes_on_where_it_was(hub: Hub) -> None:
    append(hub, "early")
    assert len(Follower(hub).read()) == 1
    append(hub, "late")
    assert len(Follower(hub).read()) == 1


def test_reader_of_some_kinds_passes_the_others_by(hub: Hub) -> None:
    reader = Reader("noting", CHANGES, note_each, batch=2, kinds=frozenset({"noted"}))
    register(hub, reader)
    for name in "abc":
        append(hub, name)
        with hub.unit_of_work() as uow:
            record_changes(uow, [Change("other", name, {}), Change("other", name, {})])
    assert [run_reader(hub.unit_of_work, reader, "test") for _ in range(3)] == [2, 1, 0]
    assert not waits(hub, reader)
    with hub.unit_of_work() as uow:
        record_changes(uow, [Change("other", "d", {})])
    assert waits(hub, reader)
    assert run_reader(hub.unit_of_work, reader, "test") == 0
    assert not waits(hub, reader)


def test_reader_is_spared_bodies_that_it_does_not_read(hub: Hub) -> None:
    bodies: dict[str, Any] = {}

    def note(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> None:
        bodies.update({row.kind: row.body for row in rows})

    with hub.unit_of_work() as uow:
        record_changes(uow, [Change(kind, "a", {"deep": [kind]}) for kind in ("read", "noted")])
    reader = Reader("noting", CHANGES, note, without_body=frozenset({"noted"}))
    register(hub, reader)
    assert run_reader(hub.unit_of_work, reader, "test") == 2
    assert bodies == {"read": {"deep": ["read"]}, "noted": None}


def test_reader_has_work_only_while_rows_wait(hub: Hub) -> None:
    reader = Reader("noting", CHANGES, note_each)
    register(hub, reader)
    assert not waits(hub, reader)
    append(hub, "a")
    assert waits(hub, reader)
    run_reader(hub.unit_of_work, reader, "test")
    assert not waits(hub, reader)


def test_asking_who_has_work_takes_no_more_statements_for_more_readers(hub: Hub) -> None:
    readers = [
        Reader(f"{log.name} {number}", log, note_each) for number in range(20) for log in (CHANGES, EVENTS)
    ]
    with hub.unit_of_work() as uow:
        register_readers(uow, readers)
    append(hub, "a")
    asked: list[str] = []
    with hub.reading() as uow:
        listener = lambda *about: asked.append(about[2])  # noqa: E731
        sa.event.listen(uow.connection, "before_cursor_execute", listener)
        found = with_work(uow, readers)
    assert {reader.log for reader in found} == {CHANGES}
    assert len(found) == 20
    assert len(asked) == 3


def test_handler_that_raises_changes_nothing_waits_and_is_tried_again(hub: Hub, clock: SettableClock) -> None:
    broken = True

    def note_and_raise(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> None:
        note_each(uow, rows)
        if broken:
            raise RuntimeError("the plugin of today is bad")

    reader = Reader("noting", CHANGES, note_and_raise)
    register(hub, reader)
    append(hub, "a", "b")
    assert run_reader(hub.unit_of_work, reader, "test") == 0
    assert handled(hub) == []
    shown = state(hub)
    assert (shown.position, shown.failures) == (0, 1)
    assert shown.last_error == "RuntimeError: the plugin of today is bad"
    assert not waits(hub, reader)
    broken = False
    assert run_reader(hub.unit_of_work, reader, "test") == 0  # its time has not come
    clock.advance(seconds=1)
    assert waits(hub, reader)
    assert run_reader(hub.unit_of_work, reader, "test") == 2
    assert handled(hub) == ["a", "b"]
    shown = state(hub)
    assert (shown.failures, shown.retry_at, shown.last_error, shown.worker) == (0, None, None, "test")


def test_waits_between_attempts_grow_up_to_a_limit(hub: Hub, clock: SettableClock) -> None:
    def fail(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> None:
        raise RuntimeError

    reader = Reader("noting", CHANGES, fail)
    register(hub, reader)
    append(hub, "a")
    seen = []
    for failures in (0, 1, 8, 2000):
        with hub.unit_of_work() as uow:
            uow.connection.execute(sa.update(reader_table).values(failures=failures, retry_at=None))
        run_reader(hub.unit_of_work, reader, "test")
        seen.append((state(hub).retry_at - clock.now()).total_seconds())
    assert seen == [1, 2, 256, MAX_RETRY_SECONDS]


def test_two_workers_at_once_never_handle_a_row_twice(hub: Hub) -> None:
    names = [f"{number:03}" for number in range(60)]
    append(hub, *names)
    reader = Reader("noting", CHANGES, note_each, batch=5)
    register(hub, reader)
    together = threading.Barrier(3)

    def work(worker: int) -> int:
        together.wait()
        count = 0
        while waits(hub, reader):
            count += run_reader(hub.unit_of_work, reader, str(worker))
        return count

    with ThreadPoolExecutor(3) as pool:
        counts = list(pool.map(work, range(3)))
    assert sum(counts) == len(names)
    assert handled(hub) == names


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_second_worker_passes_by_a_reader_that_is_at_work(hub: Hub) -> None:
    second: list[int] = []

    def look_for_another(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> None:
        second.append(run_reader(hub.unit_of_work, reader, "second"))

    reader = Reader("noting", CHANGES, look_for_another)
    register(hub, reader)
    append(hub, "a")
    assert run_reader(hub.unit_of_work, reader, "first") == 1
    assert second == [0]
    assert state(hub).worker == "first"


def test_reader_that_fails_leaves_the_others_alone(hub: Hub) -> None:
    def fail(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> None:
        raise RuntimeError

    bad, good = Reader("failing", CHANGES, fail), Reader("noting", CHANGES, note_each)
    for reader in (bad, good):
        register(hub, reader)
    append(hub, "a")
    assert [run_reader(hub.unit_of_work, reader, "test") for reader in (bad, good)] == [0, 1]
    assert handled(hub) == ["a"]
