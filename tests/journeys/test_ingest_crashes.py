"""Processes that are killed while statements arrive: what was answered is there, nothing is there twice, readers go on."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from hub.journal import tables as journal
from hub.training.tables import completion
from tests.databases import Kind
from tests.journeys.ingest import Batch, Senders, Store, running_store
from tests.journeys.play import until
from tests.journeys.test_crashes import KINDS, bring_back, kill_some
from tests.journeys.world import new_world

SOME = 3
"""Batches that must be answered before and after a kill."""


@pytest.fixture
def running(database_kind: Kind, tmp_path: Path) -> Iterator[Store]:
    """A hub with web processes and a worker, on each kind of database."""
    with new_world(database_kind) as world, running_store(world, tmp_path) as store:
        yield store


@pytest.mark.timeout(300)
@pytest.mark.requirement("I1")
def test_statements_survive_kills_during_ingest(running: Store) -> None:
    kill_again_and_again(running, rounds=3)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.requirement("I1")
def test_statements_survive_twenty_kills_during_ingest(running: Store) -> None:
    kill_again_and_again(running, rounds=20)


def kill_again_and_again(store: Store, rounds: int) -> None:
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    everything: list[Batch] = []
    for number in range(rounds):
        if number % 2:  # begun afresh, or what was killed would be started again later and later
            store.process.stop()
            store.process.start()
        what = KINDS[number % len(KINDS)] if rounds < len(KINDS) else dice.choice(KINDS)
        everything += kill_once(store, dice, what)
    until(lambda: not unread(store), "every statement is recognized", 60)
    assert_each_once(store, [id for batch in everything for id in batch.ids])


def kill_once(store: Store, dice: random.Random, what: str) -> list[Batch]:
    """Kill processes while batches are sent; all batches, which are all there in the end."""
    senders = Senders(store, dice.getrandbits(32))
    with senders.sending():
        until(lambda: len(senders.answered) >= SOME, "some batches are answered", 90)
        time.sleep(dice.uniform(0, 0.3))
        print(f"killing {what} after {len(senders.answered)} batches")
        kill_some(store.process, what)
        before = len(senders.answered)
        bring_back(store.process)
        until(lambda: len(senders.answered) >= before + SOME, "batches are answered again", 90)
    assert_there(store, senders.answered)
    with requests.Session() as session:
        session.trust_env = False
        for batch in [*senders.unanswered, *senders.answered[-SOME:]]:
            assert batch.send(store, session), "what is sent again is taken, whether it was stored or not"
        for batch in [each for each in [*senders.unanswered, *senders.answered] if each.files][-5:]:
            assert_files_come_back(store, session, batch)
    assert_there(store, senders.unanswered)
    return [*senders.answered, *senders.unanswered]


def assert_there(store: Store, batches: Sequence[Batch]) -> None:
    """Every statement of these batches is stored as it was sent."""
    sent = {each["id"]: each for batch in batches for each in batch.statements}
    table = journal.statement
    with store.world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(table.c.id, table.c.payload))
        found = {row.id: json.loads(row.payload) for row in rows if row.id in sent}
    assert found.keys() == sent.keys()
    for id, told in sent.items():
        assert {name: found[id][name] for name in told} == told


def assert_files_come_back(store: Store, session: requests.Session, batch: Batch) -> None:
    for told in batch.statements:
        if "attachments" in told:
            answer = session.get(
                store.url,
                params={"statementId": told["id"], "attachments": "true"},
                headers={"X-Experience-API-Version": "1.0.3"},
                auth=store.credential,
                timeout=30,
            )
            assert answer.status_code == 200, answer.text
            assert any(b"\r\n\r\n" + file + b"\r\n--" in answer.content for file in batch.files)


def unread(store: Store) -> int:
    """How many statements no worker has recognized yet."""
    reached = sa.select(journal.reader.c.position).where(journal.reader.c.name == "recognize")
    later = journal.statement.c.position > reached.scalar_subquery()
    with store.world.hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).where(later)) or 0


def assert_each_once(store: Store, ids: Sequence[str]) -> None:
    """Each statement is stored once, was recognized as a completion once, and that was announced once."""
    expected = Counter(ids)
    assert set(expected.values()) == {1}
    announced = sa.select(journal.event.c.body).where(journal.event.c.kind == "completion_recognized")
    with store.world.hub.reading() as uow:
        for column in (journal.statement.c.id, journal.statement_id.c.id, completion.c.statement_id):
            assert Counter(uow.connection.scalars(sa.select(column))) == expected, column
        told = Counter(body["statement_id"] for body in uow.connection.scalars(announced))
        assert told == expected
