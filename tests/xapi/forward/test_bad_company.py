"""Receivers whose answers are nonsense, failures that nobody foresaw, and changes while a turn is under way."""

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Response

from hub.clock import SettableClock
from hub.ids import new_id
from hub.journal.terms import ACTIVITY, AGENT, RELATED_AGENT, VERB
from hub.lifecycle.erase import erase
from hub.lifecycle.subject import subject_of_actor
from hub.xapi.forward import turn as turn_module
from hub.xapi.forward.bodies import Batch
from hub.xapi.forward.client import StoreClient
from hub.xapi.forward.outcome import Outcome, send_batch
from hub.xapi.forward.stores import ReceivingStore, StoreConfig, change_store, find_store
from hub.xapi.forward.tables import receiving_store
from tests.xapi.forward.rig import VERB as VERBS
from tests.xapi.forward.rig import Receiver, Sender, receiver

ZOE = "mailto:zoe.stranger@else.example"
Files = Mapping[str, bytes]


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 86_400),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 1),
        ("999999999", 86_400),
        ("9" * 400, 1),
        ("soon", 1),
    ],
    ids=["no-year", "last-year", "first-year", "long", "longer", "words"],
)
def test_whatever_a_receiver_asks_for_it_waits_a_day_at_most_and_others_get_theirs(
    sender: Sender, clock: SettableClock, asked: str, waits: int
) -> None:
    with receiver(retry_after=asked) as bad, receiver() as good:
        sender.allow(bad, good)
        sender.forward_to(bad, "bad")
        sender.forward_to(good, "good")
        ids = sender.learn(3)
        with bad.faults.on("busy"):
            sender.send()
        assert good.store.ids == ids
        assert sender.state("bad").last_error == "answered 429: Not so fast."
        assert sender.waits("bad") == timedelta(seconds=waits)
        clock.advance(seconds=waits)
        sender.send()
        assert bad.store.ids == ids


@pytest.mark.parametrize(
    ("life", "fetched"),
    [(math.nan, 1), (-1e300, 1), (math.inf, 1), (1e300, 1), (10**400, 1), (0, 2)],
    ids=["nan", "negative", "infinite", "long", "longer", "none"],
)
def test_whatever_life_a_token_is_said_to_have_statements_arrive(
    sender: Sender, life: float, fetched: int
) -> None:
    with receiver(expires_in=life) as to:
        sender.allow(to)
        sender.forward_to(to, auth="oauth2", token_url=f"{to.url}/token")
        forwarder, ids = sender.forwarder(), []
        for _ in range(2):
            ids += sender.learn()
            forwarder.turn()
        assert to.store.ids == ids
        assert to.faults.calls("/token") == fetched


def test_a_token_goes_only_to_the_endpoint_it_was_fetched_for(sender: Sender, away: Receiver) -> None:
    with receiver() as elsewhere:
        sender.allow(away, elsewhere)
        elsewhere.store.tokens = away.store.tokens  # it would take any of them
        sender.forward_to(away, auth="oauth2", token_url=f"{away.url}/token")
        forwarder = sender.forwarder()
        sender.learn()
        forwarder.turn()
        with sender.hub.unit_of_work() as uow:
            config = find_store(uow, "away").config
            moved = StoreConfig(**{**vars(config), "endpoint": elsewhere.endpoint})
            change_store(uow, sender.hub.sealer, "away", moved)
        sender.learn()
        forwarder.turn()
        assert away.faults.calls("/token") == 2
        assert len(elsewhere.store.ids) == 1


def test_a_failure_that_nobody_foresaw_holds_up_one_store_and_is_told(
    sender: Sender, away: Receiver, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(client: StoreClient, blobs: Any, store: ReceivingStore, batch: Batch) -> Outcome:
        if store.slug == "away":
            raise RuntimeError("a mistake in the hub")
        return send_batch(client, blobs, store, batch)

    with receiver() as other:
        sender.allow(away, other)
        sender.forward_to(away)
        sender.forward_to(other, "other")
        ids = sender.learn(3)
        with monkeypatch.context() as broken:
            broken.setattr(turn_module, "send_batch", fails)
            sender.send()
        assert other.store.ids == ids
    assert "The hub could not go on sending (RuntimeError)" in sender.state().last_error
    assert (sender.state().failures, sender.waits()) == (1, timedelta(seconds=1))
    with sender.hub.reading() as uow:
        assert set(uow.connection.scalars(sa.select(receiving_store.c.lease))) == {None}
    clock.advance(seconds=1)
    sender.send()
    assert away.store.ids == ids
    assert sender.state().failures == 0


def after_the_first_batch(
    away: Receiver, monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]
) -> None:
    """Something else happens in the hub while the receiver stores the first batch."""
    real, done = away.store.take, iter([happens])

    def take(statements: list[dict[str, Any]], files: Files) -> Response:
        for each in done:
            each()
        return real(statements, files)

    monkeypatch.setattr(away.store, "take", take)


def test_what_is_erased_while_others_are_sent_does_not_go_out(
    sender: Sender, away: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All was read ahead when the first batch went out: what was hers, and what names her, is older than the erasure."""
    sender.forward_to(away)
    ids = sender.learn(60)
    hers = sender.learn(1, subject=ZOE)
    id = new_id()
    names_her = (
        f'{{"id": "{id}", "actor": {{"mbox": "mailto:ana@harbor.example"}}, "verb": {{"id": "{VERBS}passed"}},'
        f' "object": {{"id": "a:c"}}, "context": {{"instructor": {{"mbox": "{ZOE}"}}}}}}'
    )
    keys = {
        (VERB, f"{VERBS}passed"),
        (ACTIVITY, "a:c"),
        (AGENT, "mbox:mailto:ana@harbor.example"),
        (RELATED_AGENT, f"mbox:{ZOE}"),
    }
    ids += sender.learn(1, "passed", id=id, object_id="a:c", payload=names_her.encode(), keys=keys)
    ids += sender.learn(60)

    def erase_her() -> None:
        with sender.hub.reading() as uow:
            subject = subject_of_actor(uow, "mbox", ZOE)
        assert erase(sender.hub, subject).counts["statements"] == 1

    after_the_first_batch(away, monkeypatch, erase_her)
    sender.send()
    assert away.store.ids == ids
    assert hers[0] not in away.store.ids
    assert b"zoe" not in b"".join(away.store.raw.values())
    assert sender.state().last_error is None


def test_a_filter_that_is_narrowed_holds_from_the_next_request_on(
    sender: Sender, away: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender.forward_to(away)
    ids = sender.learn(50)
    sender.learn(30, "slept")
    ids += sender.learn(30)

    def narrow() -> None:
        with sender.hub.unit_of_work() as uow:
            config = find_store(uow, "away").config
            filter = type(config.filter)(verbs=(f"{VERBS}completed",))
            change_store(uow, sender.hub.sealer, "away", StoreConfig(**{**vars(config), "filter": filter}))

    after_the_first_batch(away, monkeypatch, narrow)
    sender.send()
    assert away.store.ids == ids
