"""What was refused is there to see, to send again with the same id, or to let be; and what became of each statement."""

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import Missing
from hub.ids import new_id
from hub.journal import tables as journal
from hub.store import UnitOfWork
from hub.store.append_only import open_door
from hub.xapi.forward.parked import dismiss_parked, list_parked, resend_parked
from hub.xapi.forward.stores import find_store, remove_store
from hub.xapi.forward.views import count_parked, forwards_of, list_stores
from tests.xapi.forward.rig import VERB, Receiver, Sender


@pytest.fixture
def refused(sender: Sender, away: Receiver) -> list[str]:
    """Three statements that the store has refused, between others."""
    away.store.refused_verbs.add(VERB + "slept")
    sender.forward_to(away)
    sender.learn(2)
    ids = sender.learn(3, "slept")
    sender.learn(2)
    sender.send()
    return ids


def ids_in(uow: UnitOfWork, **filter: str) -> list[str]:
    return [row.statement_id for row in list_parked(uow, find_store(uow, "away"), **filter).rows]  # type: ignore[arg-type]


def states(sender: Sender, id: str) -> list[tuple[str, str]]:
    with sender.hub.reading() as uow:
        return [(found.name, found.state) for found in forwards_of(uow, id)]


def test_parked_statements_are_found_by_state_id_and_words(sender: Sender, refused: list[str]) -> None:
    with sender.hub.reading() as uow:
        assert ids_in(uow) == refused[::-1]
        assert ids_in(uow, state="dismissed") == []
        assert ids_in(uow, words=refused[1].upper()) == [refused[1]]
        assert ids_in(uow, words="not in OUR profile") == refused[::-1]
        assert ids_in(uow, words="100%") == []
        row = list_parked(uow, find_store(uow, "away"), limit=2)
        assert [each.statement_id for each in row.rows] == refused[:0:-1]
        older = list_parked(uow, find_store(uow, "away"), before=int(row.older or 0))
        assert [each.statement_id for each in older.rows] == refused[:1]
        assert row.rows[0].verb == VERB + "slept"
        assert count_parked(uow) == {"away": 3}


def test_one_is_sent_again_with_its_id_and_then_all(
    sender: Sender, away: Receiver, refused: list[str]
) -> None:
    away.store.refused_verbs.clear()
    with sender.hub.unit_of_work() as uow:
        assert resend_parked(uow, find_store(uow, "away"), refused[1]) == 1
    assert states(sender, refused[1]) == [("Away", "waiting")]
    sender.send()
    assert away.store.ids[-1:] == [refused[1]]
    assert states(sender, refused[1]) == [("Away", "delivered")]
    with sender.hub.unit_of_work() as uow:
        assert resend_parked(uow, find_store(uow, "away")) == 2
    sender.send()
    assert away.store.ids[-2:] == [refused[0], refused[2]]
    assert away.store.batches[-1] == [refused[0], refused[2]]
    with sender.hub.unit_of_work() as uow, pytest.raises(Missing):
        resend_parked(uow, find_store(uow, "away"))


def test_what_is_refused_again_is_parked_again_and_the_rest_arrives(
    sender: Sender, away: Receiver, refused: list[str]
) -> None:
    away.store.refused_verbs.clear()
    away.store.statements[refused[0]] = {
        "id": refused[0],
        "actor": {"mbox": "mailto:x@x.example"},
        "verb": {"id": "a:other"},
        "object": {"id": "a:b"},
    }
    with sender.hub.unit_of_work() as uow:
        resend_parked(uow, find_store(uow, "away"))
    sender.send()
    rows = {row.statement_id: row for row in sender.parked()}
    assert [rows[id].state for id in refused] == ["parked", "delivered", "delivered"]
    assert (rows[refused[0]].status, rows[refused[0]].attempts) == (409, 2)
    assert "has another statement under this id" in rows[refused[0]].reason


def test_resending_to_a_receiver_that_is_down_waits_and_new_ones_keep_their_order(
    sender: Sender, away: Receiver, clock: SettableClock, refused: list[str]
) -> None:
    away.store.refused_verbs.clear()
    with sender.hub.unit_of_work() as uow:
        resend_parked(uow, find_store(uow, "away"))
    later = sender.learn(3)
    with away.faults.on("down"):
        sender.send()
    assert {row.state for row in sender.parked()} == {"waiting"}
    clock.advance(days=1)
    sender.send()
    assert away.store.ids[4:] == refused + later


def test_dismissed_statements_stay_away_with_an_audit_row(
    sender: Sender, away: Receiver, refused: list[str]
) -> None:
    who = new_id()
    with sender.hub.unit_of_work() as uow:
        assert dismiss_parked(uow, find_store(uow, "away"), refused[0], actor_id=who) == 1
        assert dismiss_parked(uow, find_store(uow, "away")) == 2
    sender.send()
    assert len(away.store.ids) == 4
    assert states(sender, refused[0]) == [("Away", "dismissed")]
    with sender.hub.reading() as uow:
        a = journal.audit
        rows = uow.connection.execute(
            sa.select(a).where(a.c.action == "forward_dismissed").order_by(a.c.position)
        ).all()
    assert (rows[0].subject_id, rows[0].actor_id, rows[0].detail["count"]) == (refused[0], who, 1)
    assert len(rows) == 2


@pytest.mark.parametrize("id", ["nonsense", "0190f4c0-0000-7000-8000-0000000000aa"])
def test_what_is_not_parked_cannot_be_sent_again(sender: Sender, refused: list[str], id: str) -> None:
    with sender.hub.unit_of_work() as uow, pytest.raises(Missing):
        resend_parked(uow, find_store(uow, "away"), id)


def test_what_became_of_a_statement_is_known_at_every_store(
    sender: Sender, away: Receiver, refused: list[str]
) -> None:
    [done] = sender.learn(1)
    [seen] = sender.learn(1, "experienced")
    sender.forward_to(
        away, "completions", name="Completions", from_beginning=True, verbs=[VERB + "completed"]
    )
    sender.send()
    [late] = sender.learn(1)
    assert states(sender, done) == [("Away", "delivered"), ("Completions", "delivered")]
    assert states(sender, seen) == [("Away", "delivered"), ("Completions", "filtered")]
    assert states(sender, refused[0]) == [("Away", "parked"), ("Completions", "filtered")]
    assert states(sender, late) == [("Away", "on its way"), ("Completions", "on its way")]
    assert states(sender, new_id()) == []
    with sender.hub.unit_of_work() as uow:
        remove_store(uow, "away")
    assert states(sender, done) == [("Away", "delivered"), ("Completions", "delivered")]
    assert states(sender, refused[0]) == [("Completions", "filtered")]
    with sender.hub.reading() as uow:
        assert [state.store.slug for state in list_stores(uow)[0]] == ["completions"]


def test_what_is_erased_meanwhile_cannot_be_sent_again(
    sender: Sender, away: Receiver, refused: list[str]
) -> None:
    away.store.refused_verbs.clear()
    with sender.hub.unit_of_work() as uow, open_door(uow.connection, "statement"):
        uow.connection.execute(sa.delete(journal.statement).where(journal.statement.c.id == refused[1]))
    with sender.hub.unit_of_work() as uow:
        assert resend_parked(uow, find_store(uow, "away")) == 3
    sender.send()
    assert away.store.batches[-1] == [refused[0], refused[2]]
    assert states(sender, refused[1]) == [("Away", "dismissed")]
    with sender.hub.reading() as uow:
        row = list_parked(uow, find_store(uow, "away"), words=refused[1]).rows[0]
    assert (row.verb, row.reason) == ("", "It is no longer stored, so it cannot be sent again.")
