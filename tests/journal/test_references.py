"""Statements about statements are found by what their targets say, whichever comes first."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.journal import STATEMENTS, VOIDED, NewStatement, append_statements
from hub.journal import references as module
from hub.journal.find_keys import read_keys
from hub.journal.tables import statement_id, statement_term
from hub.journal.terms import AGENT, VERB, hash_term
from hub.runtime import Hub

SOUTH, NORTH = new_id(), new_id()


def statement(id: str, *, about: str | None = None, verb: str = "x:done", agent: str = "ana") -> NewStatement:
    """A statement about an activity, or about another statement."""
    thing = {"id": "x:course"} if about is None else {"objectType": "StatementRef", "id": about}
    told = {"actor": {"mbox": f"mailto:{agent}@x"}, "verb": {"id": verb}, "object": thing}
    payload = json.dumps(told).encode()
    return NewStatement(
        id=id,
        timestamp=datetime(2026, 5, 4, tzinfo=UTC),
        actor_form="mbox",
        actor_subject=f"mailto:{agent}@x",
        verb=verb,
        object_id=thing["id"],
        payload=payload,
        content_hash=id,
        keys=read_keys(payload),
    )


def put(hub: Hub, *statements: NewStatement, connection_id: str = SOUTH) -> None:
    with hub.unit_of_work() as uow:
        append_statements(uow, connection_id, statements)


def found(hub: Hub, kind: str, value: str, connection_id: str = SOUTH) -> set[str]:
    """Ids of what has a term."""
    with hub.reading() as uow:
        return set(
            uow.connection.scalars(
                sa.select(statement_id.c.id)
                .join(statement_term, statement_term.c.position == statement_id.c.position)
                .where(statement_term.c.term == hash_term(connection_id, kind, value))
            )
        )


def test_a_target_that_comes_later_gives_its_terms_to_all_that_refer_to_it(hub: Hub) -> None:
    target, about, about_that = sorted(new_id() for _ in range(3))
    put(hub, statement(about_that, about=about, verb="x:third"))
    put(hub, statement(about, about=target, verb="x:second", agent="ben"))
    assert found(hub, AGENT, "mbox:mailto:ben@x") == {about, about_that}
    assert found(hub, VERB, "x:first") == set()
    put(hub, statement(target, verb="x:first"))
    assert found(hub, VERB, "x:first") == {target, about, about_that}


def test_another_systems_statement_gives_nothing_to_those_that_name_its_id(hub: Hub) -> None:
    target, about = new_id(), new_id()
    put(hub, statement(about, about=target, verb="x:second"))
    put(hub, statement(target, verb="x:first"), connection_id=NORTH)
    assert found(hub, VERB, "x:first") == set()
    assert found(hub, VERB, "x:first", NORTH) == {target}


def test_a_batch_that_stands_for_a_chain_in_any_order(hub: Hub) -> None:
    ids = [new_id() for _ in range(4)]
    chain = [statement(ids[0], verb="x:first")]
    chain += [statement(id, about=before, verb="x:y") for before, id in pairwise(ids)]
    put(hub, *chain[::-1])
    assert found(hub, VERB, "x:first") == set(ids)


def test_a_chain_ends_after_so_many_steps(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REFERENCES", 2)
    ids = [new_id() for _ in range(5)]
    put(hub, statement(ids[0], verb="x:first"))
    for before, id in pairwise(ids):
        put(hub, statement(id, about=before, verb="x:y"))
    assert found(hub, VERB, "x:first") == set(ids[:3])


def test_a_statement_that_was_there_already_changes_nothing(hub: Hub) -> None:
    target, about = new_id(), new_id()
    put(hub, statement(target, verb="x:first"))
    for _ in range(2):
        put(hub, statement(about, about=target), statement(target, verb="x:first"))
    assert found(hub, VERB, "x:first") == {target, about}


def test_any_number_of_statements_refers_to_one_and_few_are_held_at_a_time(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some refer to the target, some to one that does, and the last is the first of a circle that leads nowhere."""
    target, about, *ids = [new_id() for _ in range(30)]
    put(hub, *(statement(id, about=target, verb="x:y") for id in (*ids[:10], about)))
    put(hub, *(statement(id, about=about, verb="x:z") for id in ids[10:-1]))
    put(hub, statement(ids[-1], about=ids[-1], verb="x:z"))
    monkeypatch.setattr(module, "_CHUNK", 4)
    written: list[int] = []

    def note(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        if sql.startswith("INSERT INTO statement_term") and many:
            written.append(len(parameters))

    sa.event.listen(hub.engine, "before_cursor_execute", note)
    put(hub, statement(target, verb="x:first"))
    sa.event.remove(hub.engine, "before_cursor_execute", note)
    assert found(hub, VERB, "x:first") == {target, about, *ids[:-1]}
    assert max(written) <= 4


def test_who_announces_before_it_waits_for_something_else_waits_for_nobody(hub: Hub) -> None:
    """And takes its turn with units that append references when it appends itself."""
    target, about = new_id(), new_id()
    with ThreadPoolExecutor(1) as pool:
        with hub.unit_of_work() as uow:
            STATEMENTS.announce_append(uow)
            append_statements(uow, SOUTH, [statement(target, verb="x:first")])
            later = pool.submit(put, hub, statement(about, about=target, verb="x:y"))
            if not uow.is_sqlite:
                _wait_until_blocked(hub)
                with hub.unit_of_work() as other:
                    other.connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
                    STATEMENTS.announce_append(other)
        later.result()
    assert found(hub, VERB, "x:first") == {target, about}


def test_a_voiding_is_found_by_what_it_voids(hub: Hub) -> None:
    target, voiding = new_id(), new_id()
    put(hub, statement(target, verb="x:first"))
    put(hub, statement(voiding, about=target, verb=VOIDED))
    assert found(hub, VERB, "x:first") == {target, voiding}


def test_target_and_reference_that_are_stored_at_the_same_moment_find_each_other(hub: Hub) -> None:
    pairs = [(new_id(), new_id()) for _ in range(12)]
    together = threading.Barrier(2)

    def send(side: int) -> None:
        for target, about in pairs:
            together.wait()
            put(
                hub, statement(target, verb="x:first") if side else statement(about, about=target, verb="x:y")
            )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, range(2)))
    assert found(hub, VERB, "x:first") == {id for pair in pairs for id in pair}


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_a_reference_waits_for_what_is_on_its_way_and_a_target_for_a_reference(hub: Hub) -> None:
    """Neither unit can see the other's rows, so without taking turns both would store half of what is to be found."""
    first, second = (new_id(), new_id()), (new_id(), new_id())
    with ThreadPoolExecutor(1) as pool:
        with hub.unit_of_work() as uow:
            append_statements(uow, SOUTH, [statement(first[0], verb="x:first")])
            later = pool.submit(put, hub, statement(first[1], about=first[0], verb="x:y"))
            _wait_until_blocked(hub)
        later.result()
        with hub.unit_of_work() as uow:
            append_statements(uow, SOUTH, [statement(second[1], about=second[0], verb="x:y")])
            later = pool.submit(put, hub, statement(second[0], verb="x:first"))
            _wait_until_blocked(hub)
        later.result()
    assert found(hub, VERB, "x:first") == {*first, *second}


def _wait_until_blocked(hub: Hub) -> None:
    blocked = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    while True:
        with hub.reading() as uow:
            if uow.connection.scalar(blocked):
                return
