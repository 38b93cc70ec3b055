"""Statements: an id belongs to the first who used it, however many try at a time."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from hub.errors import Conflict
from hub.ids import derived_id, new_id
from hub.journal import NewStatement, append_statements
from hub.journal.tables import statement as statement_table
from hub.journal.tables import statement_id as id_table
from hub.runtime import Hub
from tests.journal.following import statement

SOUTH, NORTH = new_id(), new_id()
ONE = derived_id("one")


def put(hub: Hub, *statements: NewStatement, connection_id: str = SOUTH) -> list[str]:
    with hub.unit_of_work() as uow:
        return append_statements(uow, connection_id, statements)


def stored(hub: Hub) -> dict[str, bytes]:
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(statement_table).order_by(statement_table.c.position)).all()
        claims = uow.connection.execute(sa.select(id_table)).all()
    assert {(claim.id, claim.position) for claim in claims} == {(row.id, row.position) for row in rows}
    return {row.id: row.payload for row in rows}


@pytest.mark.requirement("I1")
def test_same_statement_again_changes_nothing(hub: Hub) -> None:
    assert put(hub, statement(ONE)) == [ONE]
    assert put(hub, statement(ONE)) == []
    assert list(stored(hub)) == [ONE]


def test_same_id_with_other_content_is_refused(hub: Hub) -> None:
    put(hub, statement(ONE, "first"))
    with pytest.raises(Conflict, match="other content") as refusal:
        put(hub, statement(ONE, "second"))
    assert refusal.value.code == "statement_differs"
    assert stored(hub) == {ONE: b"first"}


def test_same_statement_from_another_system_is_refused(hub: Hub) -> None:
    put(hub, statement(ONE))
    with pytest.raises(Conflict):
        put(hub, statement(ONE), connection_id=NORTH)


def test_batch_with_one_refused_statement_leaves_nothing_behind(hub: Hub) -> None:
    put(hub, statement(ONE, "first"))
    with pytest.raises(Conflict):
        put(hub, statement(new_id()), statement(ONE, "second"), statement(new_id()))
    assert stored(hub) == {ONE: b"first"}


def test_batch_may_repeat_itself_but_not_contradict_itself(hub: Hub) -> None:
    assert put(hub, statement(ONE), statement(ONE)) == [ONE]
    two = new_id()
    with pytest.raises(Conflict):
        put(hub, statement(two, "first"), statement(two, "second"))
    assert list(stored(hub)) == [ONE]


def test_batch_of_old_and_new_gives_only_the_new_in_its_own_order(hub: Hub) -> None:
    put(hub, statement(ONE))
    ids = sorted((new_id() for _ in range(3)), reverse=True)
    assert put(hub, statement(ids[0]), statement(ONE), statement(ids[1]), statement(ids[2])) == ids


def test_empty_batch_is_no_error(hub: Hub) -> None:
    assert put(hub) == []


def at_once(hub: Hub, batches: Sequence[Sequence[NewStatement]]) -> list[list[str] | Conflict]:
    """What each of the batches got, sent at the same moment."""
    together = threading.Barrier(len(batches))

    def send(batch: Sequence[NewStatement]) -> list[str] | Conflict:
        together.wait()
        try:
            return put(hub, *batch)
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(len(batches)) as pool:
        return list(pool.map(send, batches))


def test_exactly_one_of_many_different_statements_with_one_id_wins(hub: Hub) -> None:
    for number in range(4):
        id = derived_id(str(number))
        answers = at_once(hub, [[statement(id, f"body {sender}")] for sender in range(6)])
        winners = [sender for sender, answer in enumerate(answers) if answer == [id]]
        assert len(winners) == 1
        assert sum(isinstance(answer, Conflict) for answer in answers) == 5
        assert stored(hub)[id] == f"body {winners[0]}".encode()


def test_exactly_one_of_many_equal_statements_is_stored_and_nobody_is_refused(hub: Hub) -> None:
    answers = at_once(hub, [[statement(ONE)] for _ in range(6)])
    assert sorted(map(str, answers)) == sorted(["[]"] * 5 + [str([ONE])])


def test_batches_with_the_same_ids_in_opposite_order_store_each_once(hub: Hub) -> None:
    batch = [statement(derived_id(str(place))) for place in range(40)]
    answers = at_once(hub, [batch, batch[::-1], batch, batch[::-1]])
    won = [id for answer in answers if not isinstance(answer, Conflict) for id in answer]
    assert sorted(won) == sorted(stored(hub)) == sorted(s.id for s in batch)


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_batches_in_opposite_order_wait_for_each_other_and_never_in_a_circle(hub: Hub) -> None:
    """A third unit holds the id in the middle, so that each batch has claimed its first id before they meet."""
    batch = [statement(id) for id in sorted(new_id() for _ in range(3))]
    with ThreadPoolExecutor(2) as pool:
        with hub.unit_of_work() as uow:
            append_statements(uow, SOUTH, [batch[1]])
            answers = [pool.submit(put, hub, *batch), pool.submit(put, hub, *batch[::-1])]
            wait_until_blocked(hub, 2)
        won = [id for answer in answers for id in answer.result()]
    assert sorted(won) == [batch[0].id, batch[2].id]


def wait_until_blocked(hub: Hub, count: int) -> None:
    blocked = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    while True:
        with hub.reading() as uow:
            if uow.connection.scalar(blocked) == count:
                return
