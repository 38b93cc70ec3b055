"""Requests that come at the same time share a unit of work, and nothing else."""

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from hub.errors import Conflict
from hub.journal.tables import statement as statement_table
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.xapi.callers.authenticate import check_credential
from hub.xapi.callers.credentials import WRITE, Credential, create_credential
from hub.xapi.http.versions import ApiVersion
from hub.xapi.storing import store_together as module
from hub.xapi.storing.incoming import Incoming, read_statements
from hub.xapi.storing.store_statements import store_statements
from hub.xapi.storing.store_together import BY_ITSELF, MAX_TOGETHER, store_together
from tests.xapi.rig import ACTIVITY, basic, new_uuid, statement

WAIT_SECONDS = 30.0


class Gate:
    """Keeps the first unit of work open until it is opened, and counts the units."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.units: list[int] = []
        self.entered, self.opened = threading.Event(), threading.Event()
        monkeypatch.setattr(module, "store_statements", self._store)

    def _store(
        self, uow: UnitOfWork, credential: Credential, incoming: Sequence[Incoming], version: ApiVersion
    ) -> list[str]:
        self.units.append(len(incoming))
        self.entered.set()
        assert self.opened.wait(WAIT_SECONDS)
        return store_statements(uow, credential, incoming, version)


@pytest.fixture
def credential(hub: Hub) -> Credential:
    with hub.unit_of_work() as uow:
        key, secret = create_credential(uow, create_connection(uow, "lms", "lms", "LMS"), (WRITE,))
        return check_credential(uow, basic(key, secret))


def incoming(*statements: dict[str, Any]) -> list[Incoming]:
    return read_statements(json.dumps(statements).encode(), ApiVersion.V2)


def send_all(
    hub: Hub, credential: Credential, gate: Gate, requests: Sequence[Sequence[Incoming]]
) -> list[Future[list[str]]]:
    """The first request is at work when the others come, in their order."""
    gathering = module._gatherings.setdefault(hub.engine, module._Gathering())
    with ThreadPoolExecutor(len(requests)) as pool:
        answers = []
        for number, request in enumerate(requests):
            answers.append(pool.submit(store_together, hub, credential, request, ApiVersion.V2))
            assert gate.entered.wait(WAIT_SECONDS)
            deadline = time.monotonic() + WAIT_SECONDS
            while sum(map(len, gathering._waiting.values())) <= number:
                assert time.monotonic() < deadline
                time.sleep(0.001)
        gate.opened.set()
    assert not gathering._waiting
    return answers


def stored(hub: Hub) -> dict[str, Any]:
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(statement_table.c.id, statement_table.c.position))
        return {row.id: row.position for row in rows}


def test_who_waits_shares_one_unit_and_each_gets_its_own_ids(
    hub: Hub, credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    ids = [[new_uuid() for _ in range(size)] for size in (1, 3, 2, 1)]
    requests = [incoming(*(statement(id=id) for id in some)) for some in ids]
    answers = send_all(hub, credential, gate, requests)
    assert [answer.result() for answer in answers] == ids
    assert gate.units == [1, 6]
    positions = stored(hub)
    assert sorted(positions, key=positions.__getitem__) == [id for some in ids for id in some]


def test_what_is_wrong_with_one_is_not_told_to_another(
    hub: Hub, credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    taken, good, last = new_uuid(), new_uuid(), new_uuid()
    other = statement(id=taken, object=ACTIVITY | {"id": "https://lms.example/other"})
    requests = [
        incoming(statement(id=taken)),
        incoming(statement(id=good)),
        incoming(other),
        incoming(statement(id=taken), statement(id=last)),
    ]
    first, second, third, fourth = send_all(hub, credential, gate, requests)
    assert (first.result(), second.result(), fourth.result()) == ([taken], [good], [taken, last])
    with pytest.raises(Conflict) as refused:
        third.result()
    assert refused.value.code == "statement_differs"
    assert set(stored(hub)) == {taken, good, last}


def test_one_unit_takes_only_so_many(
    hub: Hub, credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    size = BY_ITSELF - 1
    fit = MAX_TOGETHER // size
    requests = [incoming(*(statement() for _ in range(size))) for _ in range(fit + 2)]
    answers = send_all(hub, credential, gate, requests)
    assert len({id for answer in answers for id in answer.result()}) == (fit + 2) * size
    assert gate.units == [size, fit * size, size]


def test_a_large_request_waits_for_no_other(
    hub: Hub, credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module._Gathering, "leads", lambda *_: pytest.fail("it waited"))
    large = incoming(*(statement() for _ in range(BY_ITSELF)))
    assert len(store_together(hub, credential, large, ApiVersion.V2)) == BY_ITSELF


def test_after_a_failure_the_next_goes_on(
    hub: Hub, credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    gate.opened.set()
    with monkeypatch.context() as broken:

        def fail(*_: object) -> list[str]:
            raise sa.exc.OperationalError("INSERT", {}, Exception("disk"))

        broken.setattr(module, "store_statements", fail)
        with pytest.raises(sa.exc.OperationalError):
            store_together(hub, credential, incoming(statement()), ApiVersion.V2)
    assert stored(hub) == {}
    assert len(store_together(hub, credential, incoming(statement()), ApiVersion.V2)) == 1
