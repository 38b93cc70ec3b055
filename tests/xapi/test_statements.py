"""Statements in and out: what is stored, what comes back, and what the same or another statement under one id does."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.journal import tables
from hub.runtime import Hub
from tests.xapi.rig import (
    ACTIVITY,
    AGENT,
    GROUP,
    OTHER_AGENT,
    VERBS,
    Store,
    changed,
    full_statement,
    new_uuid,
    problems_of,
    statement,
)


def rows(hub: Hub) -> list[Any]:
    """The statements of the journal in their order."""
    with hub.reading() as uow:
        return list(uow.connection.execute(sa.select(tables.statement).order_by(tables.statement.c.position)))


def audited(hub: Hub) -> list[tuple[str, str]]:
    """Action and reason of every refusal."""
    with hub.reading() as uow:
        table = tables.audit
        found = uow.connection.execute(sa.select(table).where(table.c.outcome == "refused"))
        return [(row.action, row.reason) for row in found]


def test_a_statement_comes_back_as_it_was_sent_with_what_the_store_sets(hub: Hub, store: Store) -> None:
    sent = full_statement()
    assert store.post(sent).json == [sent["id"]]
    back = store.get(statementId=sent["id"]).json
    assert back.pop("stored") == "2026-05-04T09:00:00.000000Z"
    account = {"homePage": hub.settings.public_url, "name": store.key}
    assert back.pop("authority") == {"objectType": "Agent", "account": account}
    activities = sent["context"]["contextActivities"]
    expected = changed(sent, {"context.contextActivities.parent": [activities["parent"]]})
    expected = changed(expected, {"context.contextActivities.other": [activities["other"]]})
    del expected["stored"], expected["authority"]
    assert back == expected


def test_numbers_and_spaces_stay_as_they_were_typed(hub: Hub, store: Store) -> None:
    body = (
        b' {"actor":{"mbox":"mailto:a@example.com"}, "verb":{"id":"https://example.com/v"},'
        b'"object":{"id":"https://example.com/a"},"result":{"score":{"raw":1.50, "max":1E+2}} } '
    )
    store.post(body)
    store.post(b"[" + body + b"]")
    for row in rows(hub):
        assert b'"result":{"score":{"raw":1.50, "max":1E+2}}' in row.payload
        assert json.loads(row.payload)["id"] == row.id


@pytest.mark.parametrize(("version", "given"), [("1.0.3", "1.0.0"), ("2.0.0", "2.0.0")])
def test_the_store_sets_what_is_missing(store: Store, version: str, given: str) -> None:
    store.version = version
    [id] = store.post(statement()).json
    back = store.get(statementId=id).json
    assert back["id"] == id
    assert back["timestamp"] == back["stored"]
    assert back["version"] == given


def test_what_the_journal_looks_up(hub: Hub, store: Store) -> None:
    registration, referred = new_uuid().upper(), new_uuid().upper()
    reference = {"objectType": "StatementRef", "id": referred}
    store.post(
        [
            statement(actor=OTHER_AGENT, context={"registration": registration}),
            statement(
                actor={"mbox_sha1sum": "AB" * 20},
                object={"objectType": "Agent", "openid": "https://id.example/ana"},
            ),
            statement(actor={"openid": "https://id.example/ana"}, object=reference),
            statement(actor=GROUP | {"mbox": "mailto:team@example.com"}, object=GROUP),
            statement(actor=GROUP, object={"objectType": "SubStatement"} | statement()),
        ]
    )
    assert [(row.actor_form, row.actor_subject, row.object_id, row.registration) for row in rows(hub)] == [
        ("account", "https://lms.example|ben", ACTIVITY["id"], registration.lower()),
        ("mbox_sha1sum", "ab" * 20, "openid:https://id.example/ana", None),
        ("openid", "https://id.example/ana", referred.lower(), None),
        ("group", "mbox|mailto:team@example.com", "group:", None),
        ("group", "", "", None),
    ]


def test_the_timestamp_is_an_instant(hub: Hub, store: Store) -> None:
    store.post(statement(timestamp="2026-05-03T23:30:00.5+02:00"))
    assert rows(hub)[0].timestamp.isoformat() == "2026-05-03T21:30:00.500000+00:00"


def test_the_same_again_changes_nothing(hub: Hub, store: Store, clock: SettableClock) -> None:
    sent = full_statement()
    first = store.post([sent]).json
    stored = store.get(statementId=sent["id"]).json["stored"]
    clock.advance(minutes=5)
    reordered = dict(reversed(sent.items())) | {
        "authority": OTHER_AGENT,
        "timestamp": "2026-05-03T21:30:00.123456Z",
    }
    assert store.post([reordered]).json == first
    assert store.put(sent["id"].upper(), sent).status_code == 204
    assert store.get(statementId=sent["id"]).json["stored"] == stored
    assert len(rows(hub)) == 1
    assert audited(hub) == []


def test_put_takes_the_id_from_the_address(hub: Hub, store: Store) -> None:
    id = new_uuid()
    answer = store.put(id, statement())
    assert (answer.status_code, answer.data) == (204, b"")
    assert store.get(statementId=id).json["id"] == id
    assert store.put(id, statement(id=id)).status_code == 204
    assert store.post(statement(id=id)).status_code == 200
    assert len(rows(hub)) == 1


def test_put_refuses_another_id_and_an_array(hub: Hub, store: Store) -> None:
    assert "statement.id" in problems_of(store.put(new_uuid(), statement(id=new_uuid())))
    assert store.put(new_uuid(), [statement()]).status_code == 400
    assert rows(hub) == []


def test_another_statement_under_the_same_id_is_a_conflict_and_nothing_of_the_batch_is_kept(
    hub: Hub, store: Store
) -> None:
    id = new_uuid()
    store.post(statement(id=id))
    other = statement(id=id, result={"completion": True})
    answer = store.post([statement(), other, statement()])
    assert answer.status_code == 409
    assert list(problems_of(answer)) == ["statements[1].id"]
    assert store.put(id, other).status_code == 409
    assert [row.id for row in rows(hub)] == [id]
    assert audited(hub) == [("statement", "statement_differs")] * 2


def test_an_id_of_another_system_is_taken_too(hub: Hub, store: Store, other_store: Store) -> None:
    sent = statement(id=new_uuid())
    store.post(sent)
    assert other_store.post(sent).status_code == 409
    assert other_store.get(statementId=sent["id"]).status_code == 404
    assert len(rows(hub)) == 1


def test_one_bad_statement_keeps_the_whole_batch_out(hub: Hub, store: Store) -> None:
    answer = store.post(
        [statement(), changed(statement(), {"verb.id": "completed", "actor.mbox": 5}), statement(x=1)]
    )
    assert answer.status_code == 400
    assert list(problems_of(answer)) == [
        "statements[1].actor.mbox",
        "statements[1].verb.id",
        "statements[2].x",
    ]
    assert rows(hub) == []
    assert audited(hub) == [("statement", "bad_statement")]


def test_an_id_twice_in_a_batch_is_refused(hub: Hub, store: Store) -> None:
    id = new_uuid()
    answer = store.post([statement(id=id), statement(), statement(id=id.upper())])
    assert answer.status_code == 400
    assert problems_of(answer) == {"statements[2].id": "is also the id of statements[0]"}
    assert rows(hub) == []


def test_an_empty_batch_stores_nothing(hub: Hub, store: Store) -> None:
    assert store.post([]).json == []
    assert rows(hub) == []


def voiding(target: str, **parts: Any) -> dict[str, Any]:
    """A statement that voids another one."""
    return statement(
        verb={"id": VERBS + "voided"}, object={"objectType": "StatementRef", "id": target}, **parts
    )


def test_a_voided_statement_leaves_and_can_be_asked_for_as_voided(store: Store) -> None:
    id, kept = store.post([statement(), statement()]).json
    assert store.get(voidedStatementId=id).status_code == 404
    [voiding_id] = store.post(voiding(id.upper())).json
    assert store.get(statementId=id).status_code == 404
    assert store.get(voidedStatementId=id).json["id"] == id
    assert store.ids() == [voiding_id, kept]


def test_a_statement_can_be_voided_before_it_comes(store: Store) -> None:
    id = new_uuid()
    assert store.post(voiding(id)).status_code == 200
    store.post(statement(id=id))
    assert store.get(statementId=id).status_code == 404


def test_a_voiding_statement_cannot_be_voided(hub: Hub, store: Store) -> None:
    [id] = store.post(statement()).json
    [voiding_id] = store.post(voiding(id)).json
    answer = store.post([statement(), voiding(voiding_id)])
    assert answer.status_code == 400
    assert list(problems_of(answer)) == ["statements[1].object.id"]
    first = voiding(new_uuid(), id=new_uuid())
    assert store.post([voiding(first["id"]), first]).status_code == 400
    assert store.get(statementId=voiding_id).status_code == 200
    assert len(rows(hub)) == 2


def test_a_voiding_statement_that_was_named_first_stays(store: Store) -> None:
    late = voiding(new_uuid(), id=new_uuid())
    store.post(voiding(late["id"]))
    store.post(late)
    assert store.get(statementId=late["id"]).status_code == 200


def test_two_systems_cannot_void_each_others_statements(store: Store, other_store: Store) -> None:
    [id] = store.post(statement()).json
    assert other_store.post(voiding(id)).status_code == 200
    assert store.get(statementId=id).status_code == 200


def test_the_same_voiding_twice_is_no_conflict(store: Store) -> None:
    [id] = store.post(statement()).json
    store.post([voiding(id), voiding(id)])
    assert store.post(voiding(id)).status_code == 200
    assert store.get(voidedStatementId=id).status_code == 200


def test_agents_are_told_apart_from_activities(store: Store) -> None:
    [id] = store.post(statement(object={"objectType": "Agent"} | AGENT)).json
    assert store.get(statementId=id).json["object"] == {"objectType": "Agent"} | AGENT
