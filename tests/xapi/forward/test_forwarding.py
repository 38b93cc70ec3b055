"""Statements go out as they are stored, in order, once; and everything goes on after whatever a receiver does."""

from datetime import timedelta

import pytest

from hub.clock import SettableClock
from hub.journal import STATEMENTS
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.xapi.forward.stores import find_store, set_paused
from hub.xapi.forward.turn import MAX_BATCH, MAX_REFUSED
from tests.xapi.forward.rig import VERB, Receiver, Sender, receiver


def test_statements_go_out_in_order_as_the_bytes_that_are_stored(sender: Sender, away: Receiver) -> None:
    sender.forward_to(away)
    payload = b'{ "id": "%s",\n "actor": {"mbox": "mailto:\\u00e9@x.example"}, "verb": {"id": "a:b"}, "object": {"id": "a:c"},"x":1.50}'
    id = "0190f4c0-0000-7000-8000-0000000000aa"
    ids = (
        sender.learn(3)
        + sender.learn(1, id=id, payload=payload.replace(b"%s", id.encode()))
        + sender.learn(120)
    )
    sender.send()
    assert away.store.ids == ids
    assert away.store.raw[id] == payload.replace(b"%s", id.encode())
    assert max(map(len, away.store.batches)) == MAX_BATCH
    assert sender.state().failures == 0


def test_a_store_gets_what_comes_from_now_on_or_everything(sender: Sender, away: Receiver) -> None:
    early = sender.learn(2)
    with receiver() as all_of_it:
        sender.allow(away, all_of_it)
        sender.forward_to(away)
        sender.forward_to(all_of_it, "archive", from_beginning=True)
        late = sender.learn(2)
        sender.send()
        assert away.store.ids == late
        assert all_of_it.store.ids == early + late


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_what_commits_late_is_waited_for_and_not_skipped(sender: Sender, away: Receiver) -> None:
    sender.forward_to(away)
    with sender.hub.unit_of_work() as late:
        STATEMENTS.take_positions(late, 1)
        ids = sender.learn(1)
        sender.send()
        assert away.store.ids == []  # a lower position may still be filled
    sender.send()
    assert away.store.ids == ids


def test_nothing_is_sent_twice_and_nothing_while_it_is_paused(sender: Sender, away: Receiver) -> None:
    sender.forward_to(away)
    first = sender.learn(2)
    sender.send()
    with sender.hub.unit_of_work() as uow:
        assert set_paused(uow, "away", paused=True)
        assert not set_paused(uow, "away", paused=True)
    second = sender.learn(2)
    sender.send()
    assert away.store.batches == [first]
    with sender.hub.unit_of_work() as uow:
        set_paused(uow, "away", paused=False)
    sender.send()
    assert away.store.batches == [first, second]


def test_what_came_from_the_receiver_does_not_go_back_to_it(sender: Sender, away: Receiver) -> None:
    with sender.hub.unit_of_work() as uow:
        theirs = create_connection(uow, "theirs", "lms", "Theirs")
    sender.forward_to(away, connection_id=theirs)
    sender.learn(2, connection_id=theirs)
    ours = sender.learn(1)
    sender.send()
    assert away.store.ids == ours


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("down", "answered 503: We are away for maintenance."),
        ("forgets_to_answer", "answered 500"),
        ("not_a_store", "is it a record store?"),
        ("busy", "answered 429"),
    ],
)
def test_a_receiver_that_fails_keeps_its_place_and_gets_each_statement_once(
    sender: Sender, away: Receiver, clock: SettableClock, fault: str, words: str
) -> None:
    sender.forward_to(away)
    ids = sender.learn(60)
    with away.faults.on(fault):
        sender.send()
        failed = sender.state()
        assert (failed.failures, failed.position) == (1, 0)
        assert words in failed.last_error
    sender.send()
    assert sender.state().failures == 1  # its time has not come
    clock.advance(days=1)
    sender.send()
    assert away.store.ids == ids
    assert sender.parked() == []
    assert sender.state().last_error is None


def test_waits_grow_with_jitter_up_to_a_limit_and_longer_if_the_receiver_asks(
    sender: Sender, away: Receiver, clock: SettableClock
) -> None:
    sender.forward_to(away)
    sender.learn()
    waits = []
    with away.faults.on("down"):
        for jitter in (1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1):
            sender.forwarder(jitter=jitter).turn()
            waits.append(sender.waits().total_seconds())
            clock.advance(seconds=waits[-1])
    assert waits == [1, 1, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    with away.faults.on("busy"):
        sender.send()
    assert sender.waits() == timedelta(seconds=300)
    clock.advance(days=1)
    sender.send()
    sender.learn()
    with away.faults.on("busy"):
        sender.send()
    assert sender.waits() == timedelta(seconds=120)


def test_refused_statements_are_parked_alone_with_the_reason_and_the_others_arrive(
    sender: Sender, away: Receiver
) -> None:
    away.store.refused_verbs.add(VERB + "slept")
    sender.forward_to(away)
    ids = sender.learn(30)
    slept = sender.learn(1, "slept")
    ids += sender.learn(40)
    slept += sender.learn(2, "slept")
    ids += sender.learn(5)
    sender.send()
    assert away.store.ids == ids
    assert [row.statement_id for row in sender.parked()] == slept
    assert {(row.state, row.status) for row in sender.parked()} == {("parked", 400)}
    assert (
        sender.parked()[0].reason == f"answered 400: The verb of statement {slept[0]} is not in our profile."
    )
    assert sender.state().failures == 0


def test_every_turn_comes_further_however_short_it_is(
    sender: Sender, away: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver may take seconds over each request, and the worker has other stores as well."""
    monkeypatch.setattr("hub.xapi.forward.turn.TURN_SECONDS", 0.0)
    away.store.refused_verbs.add(VERB + "slept")
    sender.forward_to(away)
    ids = sender.learn(20)
    slept = sender.learn(1, "slept")
    ids += sender.learn(40)
    sender.send()
    assert away.store.ids == ids
    assert [row.statement_id for row in sender.parked()] == slept


def test_a_receiver_that_refuses_everything_is_given_less_and_less(
    sender: Sender, away: Receiver, clock: SettableClock
) -> None:
    away.store.refused_verbs.add(VERB + "slept")
    sender.forward_to(away)
    sender.learn(60, "slept")
    sender.send()
    assert len(sender.parked()) == MAX_REFUSED
    assert "has refused 20 statements in a row" in sender.state().last_error
    assert sender.waits() == timedelta(seconds=1)
    for _ in range(6):
        clock.advance(seconds=10)
        sender.send()
    assert len(sender.parked()) == MAX_REFUSED + 6
    assert sender.waits() == timedelta(seconds=10)
    away.store.refused_verbs.clear()
    clock.advance(seconds=10)
    sender.send()
    assert len(away.store.ids) == 60 - MAX_REFUSED - 6


def test_the_same_statement_that_is_already_there_counts_as_delivered_and_another_one_does_not(
    sender: Sender, away: Receiver
) -> None:
    sender.forward_to(away)
    ids = sender.learn(8)
    with away.faults.on("forgets_to_answer"):
        sender.send()
    taken = away.store.statements[ids[5]]
    taken["verb"] = {"id": "a:other"}
    sender.hub.clock.advance(days=1)  # type: ignore[attr-defined]
    with away.faults.on("refuses_known"):
        sender.send()
    assert [row.statement_id for row in sender.parked()] == [ids[5]]
    assert sender.parked()[0].reason.startswith("has another statement under this id; answered 409")
    assert sender.state().failures == 0
    assert away.store.ids == ids


def test_what_cannot_be_compared_is_parked_with_both_reasons(sender: Sender, away: Receiver) -> None:
    sender.forward_to(away)
    sender.learn()
    with away.faults.on("forgets_to_answer"):
        sender.send()
    sender.hub.clock.advance(days=1)  # type: ignore[attr-defined]
    with away.faults.on("refuses_known", "write_only"):
        sender.send()
    reason = sender.parked()[0].reason
    assert "answered 409" in reason
    assert "could not be compared, as it answered 403: This credential may not read." in reason


def test_requests_become_smaller_for_a_receiver_that_finds_them_too_large(
    sender: Sender, away: Receiver
) -> None:
    sender.forward_to(away)
    away.store.max_bytes = 2000
    ids = sender.learn(50)
    big = sender.learn(1, course="x" * 3000)
    ids += sender.learn(3)
    sender.send()
    assert away.store.ids == ids
    assert [row.statement_id for row in sender.parked()] == big
    assert sender.parked()[0].status == 413
    with sender.hub.reading() as uow:
        limit = find_store(uow, "away").body_limit
    assert limit is not None
    assert limit <= 2000


def test_reasons_hold_no_secrets_and_no_addresses(sender: Sender, away: Receiver) -> None:
    sender.forward_to(away)
    sender.learn()
    with away.faults.on("repeats_headers"):
        sender.send()
    reason = sender.parked()[0].reason
    assert away.store.config.password not in reason
    assert reason == "answered 400: Bad request with Basic ••• and ••• of ••••@••••"


def test_oauth_tokens_are_fetched_once_and_again_when_they_are_taken_back(
    sender: Sender, away: Receiver
) -> None:
    sender.forward_to(away, auth="oauth2", token_url=f"{away.url}/token")
    forwarder = sender.forwarder()
    ids = sender.learn()
    forwarder.turn()
    ids += sender.learn()
    forwarder.turn()
    assert away.faults.calls("/token") == 1
    away.store.tokens.clear()
    ids += sender.learn()
    forwarder.turn()
    assert away.store.ids == ids
    assert away.faults.calls("/token") == 2


def test_a_wrong_password_stops_the_store_and_says_so(sender: Sender, away: Receiver) -> None:
    for slug, options in (("basic", {}), ("token", {"auth": "oauth2", "token_url": f"{away.url}/token"})):
        sender.forward_to(away, slug, password="not-the-password", **options)
    sender.learn()
    sender.send()
    assert sender.state("basic").last_error == "answered 401: The name or the password is wrong."
    assert sender.state("token").last_error == 'No access token: answered 401: {"error":"invalid_client"}'
    assert sender.parked() == []


def test_a_hub_without_stores_has_nothing_to_do(hub: Hub, sender: Sender) -> None:
    sender.learn()
    assert not sender.forwarder().turn()
