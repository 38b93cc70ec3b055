"""A web process that is killed in the middle of sign-ins: nobody is signed out, and nothing counts twice.

The hub runs with two web processes on PostgreSQL; people sign in by OpenID Connect and by SAML while one of them is killed.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from hub.journal.tables import audit
from hub.limits.tables import request_count
from hub.sso.tables import web_session
from tests.databases import create_database, drop_database
from tests.journeys.play import until
from tests.journeys.processes import kill, web_processes
from tests.sso.running import Running, Visit, running_hub_with_providers

VISITORS, VISITS = 4, 10
"""People who sign in at a time, and in each round."""
KEPT = 4
"""People who signed in before and go on working."""
REFUSED = {400, 403}


@pytest.fixture
def running(tmp_path: Path, key_pem: str) -> Iterator[Running]:
    url = create_database("postgres")
    try:
        with running_hub_with_providers(url, tmp_path, key_pem) as hub:
            yield hub
    finally:
        drop_database(url)


@pytest.mark.timeout(300)
def test_i1_nobody_is_signed_out_and_nothing_counts_twice_when_a_web_process_is_killed(
    running: Running,
) -> None:
    until(lambda: len(web_processes(running.process.pid)) == 2, "both web processes run", 90)
    kept = refuse_across_processes(running)
    kill_again_and_again(running, kept, rounds=1)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_i1_thirty_kills_in_the_middle_of_sign_ins(running: Running) -> None:
    kill_again_and_again(running, [sign_in(running.visit(number)) for number in range(KEPT)], rounds=30)


def kill_again_and_again(running: Running, kept: list[Visit], rounds: int) -> None:
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for number in range(rounds):
        if number:  # begun afresh, or what was killed would be started again later and later
            running.process.stop()
            running.process.start()
        until(lambda: len(web_processes(running.process.pid)) == 2, "both web processes run", 90)
        forget_limits(running)
        ended = kill_once(running, dice, kept[:KEPT])
        kept += ended
        forget_limits(running)
        assert_signed_in(running, [*kept[:KEPT], *ended])
        assert_each_once(running, kept)
    assert any(visit.lost or visit.interrupted for visit in kept), "every kill came between two requests"


def kill_once(running: Running, dice: random.Random, kept: Sequence[Visit]) -> list[Visit]:
    """Kill one web process while people sign in; everybody is signed in in the end."""
    victim = dice.choice(web_processes(running.process.pid))
    visits = [running.visit(number) for number in range(VISITS)]
    enough, pause = dice.randint(1, VISITS // 2), dice.uniform(0.1, 0.5)
    with ThreadPoolExecutor(1) as at_work, ThreadPoolExecutor(VISITORS) as pool:
        ended = [pool.submit(sign_in, visit) for visit in visits]
        working = at_work.submit(work, running, kept, lambda: all(each.done() for each in ended))
        until(lambda: sum(each.done() for each in ended) >= enough, "some are signed in", 60)
        os.kill(victim, signal.SIGSTOP)  # whatever it is at stays half done, and more requests come to it
        until(lambda: any(visit.waits for visit in visits), "somebody waits for an answer")
        time.sleep(pause)
        kill([victim])
        print(f"killed one of two after {sum(each.done() for each in ended)} sign-ins")
        for each in ended:
            each.result()
        pages, lost = working.result()
    again, unanswered = (
        sum(visit.begun - 1 for visit in visits),
        sum(visit.lost + visit.interrupted for visit in visits),
    )
    print(f"{again} begun again, {unanswered} unanswered; {pages} pages meanwhile, {lost} unanswered")
    return visits


def work(running: Running, kept: Sequence[Visit], is_over: Callable[[], bool]) -> tuple[int, int]:
    """Those who are signed in look at pages meanwhile: every answer is meant for them. Answers, and how many failed."""
    pages = lost = 0
    while not is_over():
        for visit in kept:
            try:
                status = running.look(visit)
            except requests.RequestException:
                lost += 1
            else:
                assert status == 200
                pages += 1
        time.sleep(0.05)
    assert pages
    return pages, lost


def sign_in(visit: Visit) -> Visit:
    """Sign in, whatever is lost on the way: what was under way is tried once more, and then begun again."""
    end = time.monotonic() + 20
    while not visit.session:
        assert time.monotonic() < end, visit.refusals
        try:
            visit.begin()
        except requests.RequestException:
            visit.interrupted += 1
            continue
        for _ in range(2):
            try:
                visit.come_back()
            except requests.RequestException:
                visit.lost += 1
                time.sleep(0.02)
            else:
                break  # it came through, now or before the process was killed
    return visit


def refuse_across_processes(running: Running) -> list[Visit]:
    """What one process took is refused by each, also when it comes to both at once.

    The system gives every new connection to either of them, so that eight reach both.
    """
    visits = [running.visit(number) for number in range(2)]  # one by OpenID Connect, one by SAML
    for visit in visits:
        visit.begin()
        with ThreadPoolExecutor(8) as pool:
            each = [pool.submit(visit.come_back) for _ in range(8)]
        first, *others = sorted(one.result() for one in each)
        assert first == 303
        assert set(others) <= REFUSED
        for _ in range(8):
            assert visit.again() in REFUSED
    return visits


def assert_signed_in(running: Running, visits: Sequence[Visit]) -> None:
    """Each still has the session, and none of what they came back with works once more."""
    for visit in visits:
        assert visit.again() in REFUSED
        assert running.look(visit) == 200


def assert_each_once(running: Running, visits: Sequence[Visit]) -> None:
    """A session and an audit row for each sign-in that was told of, and at most one for each that was lost."""
    done = sa.select(sa.func.count()).where(audit.c.action == "sign_in", audit.c.outcome == "done")
    with running.hub.reading() as uow:
        sessions = uow.connection.scalar(sa.select(sa.func.count()).select_from(web_session)) or 0
        audited = uow.connection.scalar(done) or 0
        known = set(uow.connection.scalars(sa.select(web_session.c.token_hash)))
    assert sessions == audited
    assert {visit.session_hash for visit in visits} <= known
    assert len({visit.session_hash for visit in visits}) == len(visits)
    assert len(visits) <= sessions <= len(visits) + sum(visit.lost for visit in visits)


def forget_limits(running: Running) -> None:
    """All come from one address: what was counted of them does not count on."""
    with running.hub.unit_of_work() as uow:
        uow.connection.execute(sa.delete(request_count))
