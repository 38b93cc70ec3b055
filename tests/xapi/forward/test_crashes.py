"""Exactly once at a receiver that compares ids, whenever a worker dies; and many at a time, and many workers."""

import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.store import UnitOfWork
from hub.testing.faults import Faults
from hub.testing.receiving_store import ReceivingStoreConfig, create_receiving_store, store_of
from hub.testing.serve import free_port, spawn
from hub.xapi.forward import lease
from hub.xapi.forward.lease import LEASE
from hub.xapi.forward.stores import remove_store
from hub.xapi.forward.turn import MAX_BATCH
from tests.test_worker import wait_until
from tests.xapi.forward.rig import Receiver, Sender, receiver, running

ROOT = Path(__file__).parents[3]


def test_batch_that_arrived_before_its_worker_died_is_sent_again_with_the_same_ids(
    sender: Sender, away: Receiver, clock: SettableClock, database_url: str
) -> None:
    sender.forward_to(away)
    ids = sender.learn(120)
    host = away.url.removeprefix("http://")
    command = [sys.executable, "-m", "tests.xapi.forward.doomed_forwarder", database_url, host, "1"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as doomed:
        assert doomed.stdout
        assert doomed.stdout.readline() == b"sent\n"
        doomed.kill()
        doomed.wait()
    assert away.store.ids == ids[:100]  # the second batch came, and nobody wrote that down
    assert sender.state().position == 50
    sender.send()
    assert len(away.store.ids) == 100  # its lease is not over
    clock.advance(seconds=LEASE.total_seconds())
    sender.send()
    assert away.store.ids == ids
    assert [batch[0] for batch in away.store.batches] == [ids[0], ids[50], ids[50], ids[100]]


@pytest.mark.parametrize("fails", ["before", "after"])
def test_a_commit_that_fails_loses_nothing(
    sender: Sender, away: Receiver, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """The database goes away between the answer and the place that is written down, before or after it has committed."""
    sender.forward_to(away)
    ids = sender.learn(120)
    calls = 0
    real = type(sender.hub).unit_of_work

    @contextmanager
    def unit(hub: Any) -> Iterator[UnitOfWork]:
        nonlocal calls
        calls += 1
        with real(hub) as uow:
            yield uow
            if calls == 3 and fails == "before":
                raise sa.exc.OperationalError("commit", {}, Exception("the server is gone"))
        if calls == 3 and fails == "after":
            raise sa.exc.OperationalError("commit", {}, Exception("the server is gone"))

    with monkeypatch.context() as patch:
        patch.setattr(type(sender.hub), "unit_of_work", unit)
        sender.forwarder().turn()
    assert "OperationalError" in sender.state().last_error
    clock.advance(seconds=LEASE.total_seconds())
    sender.send()
    assert away.store.ids == ids


def test_a_worker_that_was_slower_than_its_lease_has_no_say(
    sender: Sender, away: Receiver, clock: SettableClock
) -> None:
    store_id = sender.forward_to(away)
    sender.learn(3)
    with sender.hub.unit_of_work() as uow:
        slow = lease.take_lease(uow, store_id, "slow")
        assert slow is not None
        assert lease.take_lease(uow, store_id, "quick") is None
    clock.advance(seconds=LEASE.total_seconds())
    sender.send()
    assert sender.state().worker == "here"
    with sender.hub.unit_of_work() as uow, pytest.raises(lease.LostLease):
        lease.note_delivered(uow, slow, [1], 1)


def test_a_lease_is_kept_while_its_receiver_takes_its_time(
    sender: Sender, away: Receiver, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.xapi.forward.forwarder.RENEW_SECONDS", 0.0)
    sender.forward_to(away)
    ids = sender.learn(3)
    away.faults.slow_seconds = 2.0
    with away.faults.on("slow"), running(sender.forwarder("slow")):
        wait_until(lambda: away.faults.calls("/xapi/statements") == 1)
        for _ in range(3):
            clock.advance(seconds=LEASE.total_seconds() * 0.75)
            threading.Event().wait(0.4)
            assert not sender.forwarder("other").turn()
        wait_until(lambda: sender.state().position > 0)
    assert away.store.batches == [ids]
    assert sender.state().worker == "slow"


def test_a_store_removed_while_a_batch_is_under_way_stays_removed(sender: Sender, away: Receiver) -> None:
    sender.forward_to(away)
    sender.learn(3)
    away.faults.slow_seconds = 0.5
    with away.faults.on("slow"):
        turn = threading.Thread(target=sender.forwarder().turn)
        turn.start()
        wait_until(lambda: away.faults.calls("/xapi/statements") == 1)
        with sender.hub.unit_of_work() as uow:
            remove_store(uow, "away")
        turn.join()
    sender.learn(3)
    sender.send()
    assert len(away.store.ids) == 3
    with sender.hub.reading() as uow:
        assert uow.connection.scalar(sa.text("SELECT count(*) FROM forward_receipt")) == 0


def test_a_receiver_that_hangs_or_is_gone_does_not_delay_another(sender: Sender, away: Receiver) -> None:
    with receiver() as gone:
        pass  # nobody listens there any more
    with receiver(slow_seconds=3.0) as hangs:
        sender.allow(away, gone, hangs)
        for number in range(3):
            sender.forward_to(gone, f"gone-{number}")
            sender.forward_to(hangs, f"hangs-{number}")
        sender.forward_to(away)
        with hangs.faults.on("slow"), running(sender.forwarder()):
            ids = sender.learn(120)
            wait_until(lambda: away.store.ids == ids)
            assert hangs.store.ids == []
    assert "cannot be reached" in sender.state("gone-0").last_error


def test_any_number_of_forwarders_share_the_stores_and_find_new_ones(sender: Sender, away: Receiver) -> None:
    with receiver() as second, receiver() as third:
        everywhere = (away, second, third)
        sender.allow(*everywhere)
        sender.forward_to(away, "one")
        with running(sender.forwarder("a")), running(sender.forwarder("b")):
            ids = sender.learn(130)
            wait_until(lambda: away.store.ids == ids)
            sender.forward_to(second, "two", from_beginning=True)
            sender.forward_to(third, "three", from_beginning=True)
            ids += sender.learn(70)
            wait_until(lambda: all(each.store.ids == ids for each in everywhere))
        for each in everywhere:
            assert [id for batch in each.store.batches for id in batch] == ids  # nothing was sent twice


def test_thousands_that_wait_go_out_in_bounded_memory(sender: Sender) -> None:
    port = free_port()
    with spawn("hub.testing.receiving_store", ReceivingStoreConfig(), port) as far:
        to = Receiver(far.base_url, store_of(create_receiving_store(ReceivingStoreConfig())), Faults({}))
        sender.allow(to)
        ids = [id for _ in range(10) for id in sender.learn(300, filler="x" * 2000)]
        sender.forward_to(to, from_beginning=True)
        sender.forward_to(to, "filtered", from_beginning=True, verbs=["a:none"])
        tracemalloc.start()
        sender.send()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        received = requests.get(f"{far.base_url}/received", timeout=20).json()
    assert received["ids"] == ids
    assert len(received["batches"]) == len(ids) / MAX_BATCH
    assert sender.state("filtered").position == sender.state("away").position
    assert peak < 5_000_000, peak
