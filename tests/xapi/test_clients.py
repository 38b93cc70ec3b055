"""Other people's clients, and many clients at once, over real HTTP."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
import requests
import tincan

from hub.clock import SettableClock
from hub.runtime import Hub
from hub.testing.serve import serve
from hub.testing.xapi_sender import Report, build_statement, own_account, send_statement
from tests.xapi.rig import ACTIVITY, AGENT, VERBS, Store, make_app, new_uuid, statement
from tests.xapi.test_statements import rows, voiding


@pytest.fixture
def endpoint(hub: Hub) -> Iterator[str]:
    """The address of the record store, served by a thread per request."""
    with serve(make_app(hub)) as base_url:
        yield f"{base_url}/xapi/"


@pytest.fixture
def lrs(endpoint: str, store: Store) -> tincan.RemoteLRS:
    """The store as a tincan client sees it."""
    return tincan.RemoteLRS(endpoint=endpoint, username=store.key, password=store.secret)


def tincan_statement(**parts: Any) -> tincan.Statement:
    """A statement as tincan builds it."""
    return tincan.Statement({"actor": AGENT, "verb": {"id": VERBS + "completed"}, "object": ACTIVITY} | parts)


def test_tincan_stores_and_reads_back(lrs: tincan.RemoteLRS) -> None:
    posted = lrs.save_statement(tincan_statement(timestamp="2026-05-03T23:30:00+02:00"))
    assert posted.success, posted.data
    put = lrs.save_statement(
        tincan_statement(id=new_uuid(), result={"score": {"scaled": 0.5}, "duration": "PT1H"})
    )
    assert (put.success, put.response.status) == (True, 204)
    back = lrs.retrieve_statement(put.content.id).content
    assert back.result.score.scaled == 0.5
    assert back.authority.account.name
    first = lrs.retrieve_statement(posted.content.id).content
    assert first.timestamp == datetime(2026, 5, 3, 21, 30, tzinfo=UTC)


def test_tincan_sends_batches_and_walks_through_pages(lrs: tincan.RemoteLRS) -> None:
    saved = lrs.save_statements([tincan_statement() for _ in range(5)])
    assert saved.success, saved.data
    agent = tincan.Agent(mbox=AGENT["mbox"])
    page = lrs.query_statements({"agent": agent, "verb": tincan.Verb(id=VERBS + "completed"), "limit": 2})
    assert page.success, page.data
    found = list(page.content.statements)
    while page.content.more:
        page = lrs.more_statements(page.content)
        assert page.success, page.data
        found += page.content.statements
    assert sorted(str(s.id) for s in found) == sorted(str(s.id) for s in saved.content)
    since = lrs.query_statements({"since": "2026-05-04T09:00:00Z"})
    assert list(since.content.statements) == []


def test_tincan_voids(lrs: tincan.RemoteLRS) -> None:
    saved = lrs.save_statement(tincan_statement()).content
    about_it = tincan.StatementRef(id=saved.id)
    assert lrs.save_statement(
        tincan.Statement(actor=saved.actor, verb=tincan.Verb(id=VERBS + "voided"), object=about_it)
    ).success
    assert not lrs.retrieve_statement(saved.id).success
    assert lrs.retrieve_voided_statement(saved.id).content.id == saved.id


def test_the_simulated_lms_is_understood_and_its_malformed_statement_refused(
    endpoint: str, store: Store
) -> None:
    actor = own_account("https://lms.example", "ana", "Ana")
    report = Report(
        actor, "completed", ACTIVITY["id"], "Brakes", new_uuid(), "2026-05-04T08:59:00.000+00:00", score=80
    )
    sent = send_statement(build_statement(report, "LMS South"), endpoint, store.key, store.secret)
    assert (sent.status, sent.ok) == (200, True)
    bad = send_statement(
        build_statement(report, "LMS South", malformed=True), endpoint, store.key, store.secret
    )
    assert bad.status == 400
    assert "statement.verb" in bad.answer


def together(work: Callable[[int], Any], count: int = 8) -> list[Any]:
    """The results of as many threads that begin at one moment."""
    gate = threading.Barrier(count)

    def begin(number: int) -> Any:
        gate.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


@contextmanager
def session(store: Store) -> Iterator[requests.Session]:
    """A client with the store's credential."""
    with requests.Session() as opened:
        opened.trust_env = False
        opened.auth = (store.key, store.secret)
        opened.headers["X-Experience-API-Version"] = "1.0.3"
        yield opened


def test_of_eight_clients_that_put_one_id_exactly_one_wins(hub: Hub, store: Store, endpoint: str) -> None:
    for _ in range(4):
        id = new_uuid()

        def put(number: int, id: str = id) -> int:
            with session(store) as client:
                body = statement(result={"score": {"raw": number}})
                return client.put(f"{endpoint}statements", params={"statementId": id}, json=body).status_code

        statuses = together(put)
        assert Counter(statuses) == {204: 1, 409: 7}
        winner = statuses.index(204)
        assert store.get(statementId=id).json["result"]["score"]["raw"] == winner
    assert len(rows(hub)) == 4


def test_batches_of_the_same_statements_in_any_order_neither_block_nor_repeat(
    hub: Hub, store: Store, endpoint: str
) -> None:
    known = [statement(id=new_uuid()) for _ in range(30)]

    def post(number: int) -> set[int]:
        shuffle = Random(number).sample
        with session(store) as client:
            return {
                client.post(f"{endpoint}statements", json=shuffle(known, 20)).status_code for _ in range(5)
            }

    assert together(post) == [{200}] * 8
    found = rows(hub)
    assert len({row.id for row in found}) == len(found) <= 30


def test_one_statement_voided_by_many_at_once(hub: Hub, store: Store, endpoint: str) -> None:
    ids = store.post([statement() for _ in range(5)]).json

    def void(number: int) -> int:
        batch = [voiding(id) for id in Random(number).sample(ids, 5)]
        with session(store) as client:
            return client.post(f"{endpoint}statements", json=batch).status_code

    assert together(void) == [200] * 8
    assert len(rows(hub)) == 45
    assert not set(ids) & set(store.ids(limit="100"))


def test_who_follows_an_ascending_list_misses_nothing(
    hub: Hub, store: Store, endpoint: str, clock: SettableClock
) -> None:
    sending = threading.Event()
    seen: list[str] = []

    def work(number: int) -> list[str]:
        with session(store) as client:
            if number == 0:
                sending.wait(timeout=30)
                return []
            ids = []
            for _ in range(12):
                answer = client.post(f"{endpoint}statements", json=[statement(), statement()])
                ids += answer.json()
            sending.set()
            return ids

    def follow() -> None:
        path = f"{endpoint}statements?ascending=true&limit=3"
        with session(store) as client:
            while len(seen) < 3 * 24 and not stop.is_set():
                page = client.get(path).json()
                seen.extend(each["id"] for each in page["statements"])
                if seen:
                    path = f"{endpoint}statements?ascending=true&limit=3&cursor={seen[-1]}"

    stop = threading.Event()
    follower = threading.Thread(target=follow)
    follower.start()
    sent = [id for ids in together(work, 4) for id in ids]
    follower.join(timeout=20)
    stop.set()
    follower.join()
    assert Counter(seen) == Counter(sent)


def test_a_slow_reader_of_the_list_sees_json_only(endpoint: str, store: Store) -> None:
    store.post([statement(id=str(UUID(int=number))) for number in range(3)])
    with session(store) as client, client.get(f"{endpoint}statements", stream=True) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        assert len(json.loads(b"".join(answer.iter_content(1)))["statements"]) == 3
