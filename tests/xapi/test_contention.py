"""Many clients at once, over several processes: one id has one winner, and batches never wait for each other in a circle."""

import json
from collections import Counter
from pathlib import Path

import pytest

from hub.ids import random_id
from hub.runtime import Hub
from tests.xapi.contender import Job, run_jobs
from tests.xapi.rig import Store

PROCESSES, CLIENTS = 4, 8


def jobs(hub: Hub, store: Store, **what: object) -> list[Job]:
    """The same job for each process."""
    url = hub.settings.database_url.get_secret_value()
    known = {
        "database_url": url,
        "connection_id": store.connection_id,
        "key": store.key,
        "secret": store.secret,
    }
    return [Job(**known, number=n, clients=CLIENTS, **what) for n in range(PROCESSES)]  # type: ignore[arg-type]


def test_of_32_clients_that_put_one_id_with_different_bodies_one_wins(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    ids = tuple(random_id() for _ in range(4))
    answers = run_jobs(jobs(hub, store, puts=ids))
    assert Counter(answers) == {"204": len(ids), "409": len(ids) * (PROCESSES * CLIENTS - 1)}
    for id in ids:
        assert store.get(statementId=id).json["result"]["response"].startswith("client ")
    assert sorted(store.ids()) == sorted(ids)


def send_batches(hub: Hub, store: Store, batches: int) -> None:
    """So many batches of the same statements in all orders; afterwards each is there once."""
    ids = tuple(random_id() for _ in range(60))
    each = batches // (PROCESSES * CLIENTS)
    answers = run_jobs(jobs(hub, store, ids=ids, batches=each))
    assert Counter(answers) == {"200": each * PROCESSES * CLIENTS}
    listed = [each["id"] for each in store.page(limit="100")["statements"]]
    assert sorted(listed) == sorted(ids)
    passed = store.page(limit="100", verb="http://adlnet.gov/expapi/verbs/passed")["statements"]
    assert json.dumps(passed) != "[]"


def test_batches_of_the_same_statements_in_all_orders_are_all_taken(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    send_batches(hub, store, 320)


@pytest.mark.soak
def test_ten_thousand_batches_of_the_same_statements_are_all_taken(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    send_batches(hub, store, 10_016)
