"""Erasure: nothing that names the person is left anywhere, everybody else keeps what is theirs, and a receipt says so."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Missing
from hub.ids import new_id
from hub.journal import NewStatement, append_statements
from hub.journal import tables as journal
from hub.journal.tables import audit, change, statement, statement_id, statement_term
from hub.lifecycle import erase as erase_module
from hub.lifecycle.erase import erase
from hub.lifecycle.find_mentions import find_mentions
from hub.lifecycle.plan_erasure import plan_erasure
from hub.lifecycle.receipts import Receipt, list_receipts, read_receipt
from hub.lifecycle.subject import subject_of_actor, subject_of_person
from hub.lifecycle.traces import finish_erasures
from hub.lifecycle.upkeep import Upkeep
from hub.network import tables as network
from hub.network.people.identities import SUBJECT, find_person, link_identity
from hub.network.people.person import read_person
from hub.sso.sessions import Proved, start_session
from hub.store import metadata
from hub.xapi.forward.tables import forward_parked, forward_receipt, receiving_store
from tests.databases import Kind
from tests.journeys.eventful import BRAKES
from tests.journeys.outcomes import outcome
from tests.journeys.test_rebuild import assert_rebuild_is_equal
from tests.journeys.world import VERBS, Sent, World, activity, an_id
from tests.xapi.document_rig import PATHS
from tests.xapi.parts import attachment, send_files
from tests.xapi.rig import Store, new_uuid, open_store

LENA, BEN = an_id("person", 0), an_id("person", 1)
MAIL = "person-0@lms.example"
HOME = "lena.moreno@harbor.example"
ACCOUNT = {"homePage": "https://lms-0.example", "name": "lmoreno77"}
NEEDLES = (
    "moreno",
    MAIL,
    "lmoreno77",
    "subject-0",
    "worker-4711",
    hashlib.sha1(f"mailto:{HOME}".encode()).hexdigest(),
)
"""What names the person, in lower case."""
COURSE = {"id": activity(0, 0)}


@pytest.fixture
def lms(world: World) -> Store:
    """The record store as the first LMS sees it."""
    return open_store(world.hub, world.lms[0], ("all",), version="2.0.0")


@pytest.fixture
def known(world: World) -> World:
    """The world in which the first person has a name, an address, and many traces."""
    with world.hub.unit_of_work() as uow:
        detail = {"given_name": "Lena", "family_name": "Moreno", "email": HOME}
        uow.connection.execute(sa.insert(network.person_detail).values(person_id=LENA, **detail))
        key = {"kind": "person", "external_id": "worker-4711", "id": LENA, "content_hash": "of her name"}
        uow.connection.execute(sa.insert(network.roster_key).values(**key))
        account = f"{ACCOUNT['homePage']}|{ACCOUNT['name']}"
        link_identity(uow, world.lms[0], "account", account, LENA, "roster")
        idp = uow.connection.scalar(
            sa.select(network.connection.c.id).where(network.connection.c.kind == "oidc")
        )
        link_identity(uow, str(idp), SUBJECT, "subject-0", LENA, "sign_in")
        start_session(uow, LENA, Proved(str(idp), "sub", ""))
    return world


def told(**parts: Any) -> dict[str, Any]:
    return {
        "id": new_uuid(),
        "actor": {"account": ACCOUNT, "name": "Lena Moreno"},
        "verb": {"id": VERBS + "experienced"},
        "object": COURSE,
    } | parts


def erase_lena(world: World) -> Receipt:
    with world.hub.reading() as uow:
        subject = subject_of_person(uow, LENA)
    receipt = erase(world.hub, subject)
    assert finish_erasures(world.hub)
    world.drain()
    return receipt


def everything(world: World) -> Iterator[tuple[str, str]]:
    """Every row of every table as text."""
    with world.hub.reading() as uow:
        for table in metadata.sorted_tables:
            for row in uow.connection.execute(sa.select(table)):
                values = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in row]
                yield table.name, json.dumps(values, default=str, ensure_ascii=False).lower()


def found(world: World) -> set[tuple[str, str]]:
    """Where something that names the person is left."""
    rows = list(everything(world))
    assert len(rows) > 100
    left = {(table, needle) for table, text in rows for needle in NEEDLES if needle in text}
    path = world.hub.engine.url.database
    if world.hub.engine.dialect.name == "sqlite":
        for file in Path(str(path)).parent.glob(f"{Path(str(path)).name}*"):
            content = file.read_bytes().lower()
            left |= {(file.suffix, needle) for needle in NEEDLES if needle.encode() in content}
    return left


def stored(world: World) -> dict[str, dict[str, Any]]:
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(statement.c.id, statement.c.payload))
        return {row.id: json.loads(row.payload) for row in rows}


def test_nothing_that_names_the_person_is_left(known: World, lms: Store) -> None:
    ben = {"mbox": "mailto:person-1@lms.example"}
    own = told()
    instructed = told(
        actor=ben,
        context={"instructor": {"account": ACCOUNT, "name": "Lena Moreno"}},
        result={"response": f"Thanks to Lena Moreno ({HOME})", "score": {"scaled": 0.30, "raw": 1e2}},
    )
    team = {"objectType": "Group", "name": "Shift", "member": [{"mbox": f"mailto:{MAIL}"}, ben]}
    together = told(actor=team)
    about_her = told(actor=ben, object={"objectType": "Agent", "mbox": f"mailto:{HOME}"})
    said = told(actor=ben, object={"objectType": "StatementRef", "id": own["id"]})
    for each in (own, instructed, together, about_her, said):
        assert lms.post(each).status_code == 200
    assert (
        send_files(lms, told(attachments=[attachment(b"a certificate")]), b"a certificate").status_code == 200
    )
    key = {"activityId": COURSE["id"], "agent": json.dumps({"account": ACCOUNT}), "stateId": "bookmark"}
    answer = lms.send(
        "PUT",
        PATHS["state"],
        data=b"Lena Moreno was here",
        content_type="text/plain",
        query_string=key,
        headers={"If-None-Match": "*"},
    )
    assert answer.status_code == 204, answer.text
    known.drain()
    before = found(known)
    assert {table for table, _ in before} >= {
        "statement",
        "person_detail",
        "identity_link",
        "change",
        "roster_key",
        "xapi_document",
    }
    files = {blob.key for blob in known.hub.blobs.list_blobs("attachments")}
    assert files
    receipt = erase_lena(known)
    assert found(known) == set()
    assert {blob.key for blob in known.hub.blobs.list_blobs("attachments")} == set()
    kept = stored(known)
    assert own["id"] not in kept
    nobody = {
        "objectType": "Agent",
        "account": {"homePage": known.hub.settings.public_url, "name": "erased"},
    }
    assert kept[instructed["id"]]["context"]["instructor"] == nobody
    assert kept[instructed["id"]]["result"]["response"] == "Thanks to erased (erased)"
    assert kept[together["id"]]["actor"]["member"] == [nobody, ben]
    assert kept[about_her["id"]]["object"] == nobody
    assert kept[said["id"]]["object"]["id"] == own["id"]
    counted = dict(receipt.counts)
    assert counted["statements of others without the name"] == 3
    assert counted["documents"] == 1
    assert counted["attachments"] == 1
    assert counted["web sessions"] == 1
    assert counted["identities"] >= 3
    assert_rebuild_is_equal(known)


def test_bytes_that_name_nobody_stay_as_they_were_sent(known: World, lms: Store) -> None:
    body = (
        f'{{"id":"{new_uuid()}","actor":{{"mbox":"mailto:person-1@lms.example"}},"verb":{{"id":"{VERBS}scored"}},'
        f'"object":{{"id":"{COURSE["id"]}"}},"result":{{"score":{{"raw":1.50e1, "max":20.0}}}},'
        f'"context":{{"instructor":{{"mbox":"mailto:{HOME}"}}}}}}'
    )
    assert lms.post(body.encode()).status_code == 200
    erase_lena(known)
    with known.hub.reading() as uow:
        payloads = [bytes(p) for p in uow.connection.scalars(sa.select(statement.c.payload))]
    assert any(b'"score":{"raw":1.50e1, "max":20.0}' in payload for payload in payloads)


def test_credits_are_withdrawn_and_everybody_elses_stay(known: World) -> None:
    before = outcome(known.hub).credits
    assert before
    others = {goal: credit for goal, credit in before.items() if goal.person != LENA}
    receipt = erase_lena(known)
    assert outcome(known.hub).credits == others
    assert receipt.counts["credits withdrawn"] == len(before) - len(others)
    assert receipt.counts["completions"] >= 1
    assert_rebuild_is_equal(known)


def test_the_plan_counts_what_the_receipt_says_and_changes_nothing(known: World, lms: Store) -> None:
    lms.post(
        [
            told(),
            told(actor={"mbox": "mailto:person-1@lms.example"}, context={"instructor": {"account": ACCOUNT}}),
        ]
    )
    known.drain()
    before = sorted(everything(known))
    with known.hub.reading() as uow:
        planned = plan_erasure(uow, subject_of_person(uow, LENA))
    assert sorted(everything(known)) == before
    receipt = erase_lena(known)
    said = {kind: number for kind, number in planned.counts.items() if number}
    told_in_receipt = dict(receipt.counts)
    told_in_receipt.pop("journal entries without identities")
    assert said == told_in_receipt


def test_a_repeat_of_an_erased_statement_is_not_stored_again(known: World, lms: Store) -> None:
    own = told()
    other = own | {"result": {"completion": True}}
    lms.post(own)
    erase_lena(known)
    assert lms.post(own).json == [own["id"]]
    assert lms.put(own["id"], own).status_code == 204
    assert lms.put(own["id"], other).status_code == 409
    assert lms.get(statementId=own["id"]).status_code == 404
    known.drain()
    assert found(known) == set()
    assert_rebuild_is_equal(known)


def test_a_sign_in_makes_no_ghost(known: World) -> None:
    erase_lena(known)
    with known.hub.reading() as uow:
        idp = uow.connection.scalar(
            sa.select(network.connection.c.id).where(network.connection.c.kind == "oidc")
        )
        assert find_person(uow, str(idp), SUBJECT, "subject-0") is None
        tombstone = read_person(uow, LENA)
        ends = uow.connection.scalars(
            sa.select(network.appointment.c.valid_to).where(network.appointment.c.person_id == LENA)
        ).all()
    assert (tombstone.name, tombstone.email, tombstone.disabled) == ("", "", True)
    assert ends
    assert all(end is not None and end <= known.clock.now() for end in ends)


def test_new_statements_of_the_actor_wait_as_a_strangers(known: World, lms: Store) -> None:
    erase_lena(known)
    new = told()
    lms.post(new)
    known.drain()
    assert new["id"] in stored(known)
    with known.hub.reading() as uow:
        assert find_mentions(uow, subject_of_actor(uow, "account", "https://lms-0.example|lmoreno77"), 0).own
    assert_rebuild_is_equal(known)


def test_the_receipt_is_kept_names_nobody_and_can_be_checked(known: World) -> None:
    with known.hub.reading() as uow:
        subject = subject_of_person(uow, LENA)
    receipt = erase(known.hub, subject, actor_id=BEN)
    with known.hub.reading() as uow:
        kept = read_receipt(uow, receipt.id)
        rows = uow.connection.execute(sa.select(audit).where(audit.c.action == "erasure")).all()
        with pytest.raises(Missing):
            read_receipt(uow, "x")
    assert kept == receipt
    assert kept.is_genuine
    assert (kept.person_id, kept.actor_id) == (LENA, BEN)
    assert not any(needle in json.dumps(kept.as_json()).lower() for needle in NEEDLES)
    assert [(row.subject_id, row.actor_id, row.detail["receipt"]) for row in rows] == [
        (receipt.id, BEN, receipt.hash)
    ]


def test_the_worker_removes_the_traces_and_the_receipt_says_when(known: World, lms: Store) -> None:
    lms.post(told())
    with known.hub.reading() as uow:
        subject = subject_of_person(uow, LENA)
    began = erase(known.hub, subject)
    assert began.finished_at is not None
    assert began.as_json()["traces_removed_at"] is None
    if known.hub.engine.dialect.name == "sqlite":
        assert found(known), "the page that erases does not wait for the file to be written anew"
    known.clock.advance(hours=1)
    Upkeep(known.hub).turn()
    assert found(known) == set()
    with known.hub.reading() as uow:
        ended = read_receipt(uow, began.id)
    assert ended.traces_removed_at == known.clock.now()
    assert ended.is_genuine
    assert ended.hash == began.hash


def test_a_person_called_like_a_key_is_erased_and_others_keep_their_names(known: World, lms: Store) -> None:
    with known.hub.unit_of_work() as uow:
        detail = network.person_detail
        mine = sa.update(detail).where(detail.c.person_id == LENA)
        uow.connection.execute(mine.values(given_name="Page", family_name="", email="ana@harbor.example"))
    other = {"account": {"homePage": "https://x.example/Page", "name": "Page"}, "name": "Other"}
    about = told(
        actor={"mbox": "mailto:juana@harbor.example"},
        context={"instructor": {"account": ACCOUNT}, "team": {"objectType": "Group", "member": [other]}},
    )
    assert lms.post(about).status_code == 200
    erase_lena(known)
    kept = stored(known)[about["id"]]
    assert kept["actor"] == about["actor"]
    assert kept["context"]["team"]["member"] == [other]
    assert kept["context"]["instructor"]["account"]["name"] == "erased"
    assert_rebuild_is_equal(known)


def test_what_was_sent_before_is_told_and_nothing_more_is_sent(known: World, lms: Store) -> None:
    sent, parked = told(), told()
    lms.post([sent, parked])
    known.drain()
    with known.hub.unit_of_work() as uow:
        id = _receiving_store(uow)
        at = {
            row.id: row.position
            for row in uow.connection.execute(sa.select(statement_id.c.id, statement_id.c.position))
        }
        receipt_row = {"store_id": id, "last_position": at[sent["id"]], "first_position": at[sent["id"]]}
        uow.connection.execute(
            sa.insert(forward_receipt).values(**receipt_row, offsets=[], delivered_at=uow.now)
        )
        refused = {"status": 400, "reason": "no moreno here", "attempts": 1, "parked_at": uow.now}
        uow.connection.execute(
            sa.insert(forward_parked).values(
                store_id=id,
                position=at[parked["id"]],
                statement_id=parked["id"],
                state="parked",
                **refused,
            )
        )
    receipt = erase_lena(known)
    assert dict(receipt.sent_to) == {"Archive": 1}
    with known.hub.reading() as uow:
        assert uow.connection.execute(sa.select(forward_parked)).all() == []
    assert found(known) == set()


def _receiving_store(uow: Any) -> str:
    id = new_id()
    values = {
        "id": id,
        "slug": "archive",
        "name": "Archive",
        "endpoint": "https://archive.example/xapi",
        "version": "1.0.3",
        "auth": "basic",
        "key": "k",
        "sealed_secret": "s",
        "token_url": "",
        "scope": "",
        "filter": {},
        "paused": True,
        "created_at": uow.now,
        "refused_in_a_row": 0,
    }
    uow.connection.execute(sa.insert(receiving_store).values(**values))
    uow.connection.execute(
        sa.insert(journal.reader).values(name="forward:archive", log="statement", position=10_000, failures=0)
    )
    return id


def test_an_interrupted_erasure_is_finished_by_asking_again(
    known: World, lms: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.lifecycle.find_mentions.CHUNK", 2)
    lms.post([told() for _ in range(5)])
    known.drain()
    with known.hub.reading() as uow:
        subject = subject_of_person(uow, LENA)
        planned = plan_erasure(uow, subject)
    with monkeypatch.context() as broken:
        broken.setattr(erase_module, "_erase_rest", _breaks)
        with pytest.raises(RuntimeError):
            erase(known.hub, subject)
    with known.hub.reading() as uow:
        assert read_person(uow, LENA).name == "Lena Moreno"
        (begun,) = list_receipts(uow)
    assert begun.finished_at is None
    receipt = erase_lena(known)
    assert receipt.id == begun.id
    assert receipt.counts["statements"] == planned.counts["statements"]
    assert found(known) == set()
    assert_rebuild_is_equal(known)


def _breaks(*_: object) -> None:
    raise RuntimeError("the machine stops")


def test_an_actor_whom_nobody_knows_is_erased_too(known: World, lms: Store) -> None:
    stranger = {"mbox": "mailto:zoe.stranger@else.example"}
    lms.post([told(actor=stranger), told(actor=stranger)])
    known.drain()
    with known.hub.reading() as uow:
        subject = subject_of_actor(uow, "mbox", "mailto:zoe.stranger@else.example")
        with pytest.raises(BadInput, match="is a person the hub knows"):
            subject_of_actor(uow, "mbox", f"mailto:{MAIL}")
        with pytest.raises(BadInput, match="no identifier"):
            subject_of_actor(uow, "mbox", "zoe")
    receipt = erase(known.hub, subject)
    known.drain()
    assert receipt.person_id is None
    assert receipt.counts["statements"] == 2
    assert not [table for table, text in everything(known) if "zoe" in text]
    assert_rebuild_is_equal(known)


def test_the_address_of_somebody_else_is_left_alone(known: World) -> None:
    """Where a connection means another person by an address, that is not the person's to erase."""
    with known.hub.unit_of_work() as uow:
        link_identity(uow, known.lms[1], "mbox", f"mailto:{HOME}", BEN, "roster")
        append_statements(
            uow,
            known.lms[1],
            [
                NewStatement(
                    id := new_id(), uow.now, "mbox", f"mailto:{HOME}", VERBS + "passed", "urn:x", b"{}", "h"
                )
            ],
        )
    known.drain()
    erase_lena(known)
    with known.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(statement.c.id).where(statement.c.id == id))
        assert find_person(uow, known.lms[1], "mbox", f"mailto:{HOME}") == BEN


def test_what_refers_to_erased_statements_is_found_by_them_no_more(known: World, lms: Store) -> None:
    own = told(verb={"id": VERBS + "answered"})
    said = told(
        actor={"mbox": "mailto:person-1@lms.example"}, object={"objectType": "StatementRef", "id": own["id"]}
    )
    lms.post(own)
    lms.post(said)
    agent = json.dumps({"account": ACCOUNT})
    assert set(lms.ids(agent=agent)) >= {own["id"], said["id"]}
    first = lms.page(limit=2)
    erase_lena(known)
    assert lms.ids(agent=agent) == []
    assert lms.ids(verb=VERBS + "answered") == []
    assert said["id"] in stored(known)
    assert lms.follow(first)["statements"], "a list that was begun goes on"
    with known.hub.reading() as uow:
        positions = set(uow.connection.scalars(sa.select(statement.c.position)))
        assert set(uow.connection.scalars(sa.select(statement_term.c.position))) == positions


def test_the_journal_keeps_its_rows(known: World) -> None:
    with known.hub.reading() as uow:
        before = uow.connection.scalars(sa.select(change.c.id).order_by(change.c.position)).all()
        ids = set(uow.connection.scalars(sa.select(statement_id.c.id)))
    erase_lena(known)
    with known.hub.reading() as uow:
        after = uow.connection.scalars(sa.select(change.c.id).order_by(change.c.position)).all()
        assert set(uow.connection.scalars(sa.select(statement_id.c.id))) == ids
    assert after[: len(before)] == before


def test_a_voided_statement_goes_as_well(known: World) -> None:
    known.void(BRAKES)
    known.drain()
    erase_lena(known)
    assert BRAKES.id not in stored(known)
    assert found(known) == set()
    assert_rebuild_is_equal(known)


def test_the_doors_are_closed_afterwards(known: World, database_kind: Kind) -> None:
    known.send([Sent(0, 1, "mbox", activity(0, 0), "passed", 0)])
    erase_lena(known)
    for command in ("DELETE FROM statement", "UPDATE change SET body = body", "DELETE FROM statement_id"):
        with pytest.raises(sa.exc.DBAPIError, match="is append-only"), known.hub.unit_of_work() as uow:
            uow.connection.exec_driver_sql(command)
