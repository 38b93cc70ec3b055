"""Several workers and open transactions over one PostgreSQL: everything is credited once, and nobody waits for long."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import sqlalchemy as sa

from hub.journal.tables import reader
from hub.network.tables import brand, dimension
from hub.testing.demo.hub_process import running_hub
from tests.journeys.learners import Credits, Learner, Learners, Score
from tests.journeys.play import Play, only_on_postgres, until
from tests.journeys.processes import kill, worker_processes

SCORES = 4
ALLOWED_DELAY = 1.0
"""Seconds by which an open transaction may delay a reader."""


@only_on_postgres
@pytest.mark.requirement("I1")
def test_two_workers_credit_everything_once_and_one_goes_on_alone(play: Play, learners: Learners) -> None:
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    credits, someone = Credits(play), learners.take(1)[0]
    scores, later = learners.scores(SCORES), learners.scores(SCORES)
    (beside_web,) = worker_processes(play.process.pid)
    with running_hub(play.stage, "worker") as extra:
        until(lambda: _lets_work(play, learners, someone, extra.pid), "the extra worker takes its turn")
        send_all(scores)
        until(lambda: not credits.missing(scores), "every score is credited")
        killed = random.Random(seed).choice([beside_web, extra.pid])
        print(f"killing {'the extra worker' if killed == extra.pid else 'the worker beside the web'}")
        kill([killed])
        send_all(later)
        until(lambda: not credits.missing(later), "the other worker goes on")
        assert not worker_of(play, "recognize").endswith(f":{killed}")
        play.wait_until_quiet()
    credits.assert_once([*scores, *later])
    until(lambda: bool(worker_processes(play.process.pid)), "a worker runs beside the web")


@only_on_postgres
def test_an_open_write_in_another_transaction_delays_no_reader(play: Play, learners: Learners) -> None:
    usual, disturbed = learners.take(3), learners.take(3)
    fastest = min(seconds_to_credit(play, learners.score_in_south(each)) for each in usual)
    with play.hub.engine.connect() as other, other.begin() as transaction:
        other.execute(sa.update(brand).values(name=brand.c.name + " (renamed)"))
        other.execute(sa.insert(dimension).values(key="meanwhile", name="Meanwhile"))
        process = other.scalar(sa.select(sa.func.pg_backend_pid()))
        meanwhile = min(seconds_to_credit(play, learners.score_in_south(each)) for each in disturbed)
        play.wait_until_quiet()  # by their positions: every reader is at the end of its log
        assert _is_writing(play, process)
        transaction.rollback()
    print(f"credited after {fastest:.2f} s, and after {meanwhile:.2f} s beside an open write")
    assert meanwhile <= fastest + ALLOWED_DELAY


def send_all(scores: list[Score]) -> None:
    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(Score.send, scores))


def seconds_to_credit(play: Play, score: Score) -> float:
    """How long after the hub took it the score was credited."""
    credits = Credits(play)
    assert score.send()
    taken = time.monotonic()
    until(lambda: not credits.missing([score]), "the score is credited")
    return time.monotonic() - taken


def worker_of(play: Play, name: str) -> str:
    """Who moved this reader last, as HOST:PID."""
    with play.hub.reading() as uow:
        return str(uow.connection.scalar(sa.select(reader.c.worker).where(reader.c.name == name)))


def _lets_work(play: Play, learners: Learners, someone: Learner, pid: int) -> bool:
    """Give the readers something to read that completes nothing; whether this worker was the one who read it."""
    assert learners.score_in_south(someone).send(verb="experienced", statement_id=str(uuid4()))
    play.wait_until_quiet()
    return worker_of(play, "recognize").endswith(f":{pid}")


def _is_writing(play: Play, process: int | None) -> bool:
    """Whether the other transaction has written and is still open, as the database sees it."""
    with play.hub.engine.connect() as connection:
        return bool(
            connection.exec_driver_sql(
                "SELECT backend_xid IS NOT NULL AND state = 'idle in transaction' FROM pg_stat_activity WHERE pid = %s",
                (process,),
            ).scalar_one()
        )
