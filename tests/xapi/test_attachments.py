"""Attachments: their bytes in further parts of a request, kept once, and given back byte for byte."""

import hashlib
import json
import tracemalloc
from typing import Any

import pytest
import sqlalchemy as sa

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.errors import OutsideFailed
from hub.ids import new_id
from hub.journal.tables import statement as statement_table
from hub.lifecycle.delete_files import delete_files
from hub.lifecycle.upkeep import Upkeep
from hub.network.systems.connections import create_connection
from hub.network.tables import partner
from hub.runtime import Hub
from hub.xapi.callers.scopes import READ, WRITE
from hub.xapi.storing.attachments import blob_key, kept_files
from hub.xapi.tables import statement_attachment
from tests.buckets import new_bucket, s3_service
from tests.xapi.parts import (
    MULTIPART,
    attachment,
    file_part,
    json_part,
    read_parts,
    send_files,
    send_parts,
    sha256,
    with_files,
    write_parts,
)
from tests.xapi.rig import ATTACHMENT, Store, new_uuid, open_store, problems_of, statement, sub_statement

ALL_BYTES = bytes(range(256)) + b"\r\n--\r\n\r\n--abc\r\n\x00\r" + bytes(reversed(range(256)))


def attached(hub: Hub) -> list[tuple[str, str]]:
    """Connection and hash of every file that a statement came with."""
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(statement_attachment).order_by("position", "sha2"))
        return [(row.connection_id, row.sha2) for row in rows]


def count(hub: Hub) -> int:
    with hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(statement_table)) or 0


def blobs(hub: Hub, connection_id: str) -> set[str]:
    return {found.key for found in hub.blobs.list_blobs(f"attachments/{connection_id}")}


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("content", [ALL_BYTES, b"", b"\r\n", b"--"], ids=["all", "empty", "crlf", "dashes"])
def test_a_file_comes_back_byte_for_byte(store: Store, version: str, content: bytes) -> None:
    store.version = version
    sent = with_files(content, id=new_uuid())
    assert send_files(store, sent, content).json == [sent["id"]]
    (headers, body), (file_headers, file) = read_parts(store.get(statementId=sent["id"], attachments="true"))
    assert headers == {"Content-Type": "application/json"}
    assert json.loads(body)["attachments"] == sent["attachments"]
    assert file_headers == {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": sha256(content),
    }
    assert file == content


def test_put_takes_files_too(store: Store) -> None:
    id = new_uuid()
    body = write_parts([json_part(with_files(b"one")), file_part(b"one")])
    assert store.put(id, body, content_type=MULTIPART).status_code == 204
    assert [content for _, content in read_parts(store.get(statementId=id, attachments="true"))][1:] == [
        b"one"
    ]


def test_a_list_holds_each_file_once_and_goes_on(store: Store) -> None:
    batch = [with_files(b"shared", bytes([n])) for n in range(3)]
    send_files(store, batch, b"shared", *(bytes([n]) for n in range(3)))
    store.post(statement())
    answer = store.get(attachments="true", limit="2", ascending="true")
    (_, body), *files = read_parts(answer)
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    page = json.loads(body)
    assert [len(each["attachments"]) for each in page["statements"]] == [2, 2]
    assert sorted(content for _, content in files) == [b"\x00", b"\x01", b"shared"]
    assert "attachments=true" in page["more"]
    (_, body), *files = read_parts(store.send("GET", page["more"]))
    assert json.loads(body)["more"] == ""
    assert sorted(content for _, content in files) == [b"\x02", b"shared"]


def test_without_attachments_there_is_json_alone(store: Store) -> None:
    [id] = send_files(store, with_files(b"one"), b"one").json
    for parameters in ({}, {"attachments": "false"}):
        assert store.get(statementId=id, **parameters).mimetype == "application/json"
        assert store.get(**parameters).mimetype == "application/json"


def test_head_says_what_get_would_send(store: Store) -> None:
    send_files(store, with_files(b"one"), b"one")
    path = "/xapi/statements?attachments=true"
    head, got = store.send("HEAD", path), store.send("GET", path)
    assert head.status_code == 200
    assert head.data == b""
    assert head.mimetype == "multipart/mixed"
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


def test_asking_for_attachments_where_there_are_none(store: Store) -> None:
    store.post(statement(attachments=[ATTACHMENT]))
    [(_, body)] = read_parts(store.get(attachments="true"))
    assert len(json.loads(body)["statements"]) == 1


def test_statements_without_attachments_may_come_in_parts(store: Store) -> None:
    assert send_files(store, [statement(), statement()]).status_code == 200


def test_an_address_alone_is_enough_in_parts_as_in_json(hub: Hub, store: Store) -> None:
    told = statement(attachments=[ATTACHMENT])
    assert send_files(store, told).status_code == 200
    assert store.post(told).status_code == 200
    assert attached(hub) == []


def test_an_attachment_with_an_address_may_bring_its_bytes(store: Store) -> None:
    told = statement(attachments=[attachment(b"one", fileUrl="https://example.com/one")])
    [id] = send_files(store, told, b"one").json
    assert read_parts(store.get(statementId=id, attachments="true"))[1][1] == b"one"


def test_json_without_an_address_is_refused(hub: Hub, store: Store) -> None:
    answer = store.post([statement(), with_files(b"one")])
    assert answer.status_code == 400
    assert list(problems_of(answer)) == ["statements[1].attachments[0].fileUrl"]
    assert count(hub) == 0


def test_every_attachment_without_bytes_or_address_is_named(hub: Hub, store: Store) -> None:
    answer = send_files(store, [with_files(b"one", b"two"), with_files(b"three")], b"two")
    assert list(problems_of(answer)) == [
        "statements[0].attachments[0].fileUrl",
        "statements[1].attachments[0].fileUrl",
    ]
    assert count(hub) == 0
    assert blobs(hub, store.connection_id) == set()


def test_attachments_of_a_sub_statement(store: Store) -> None:
    told = sub_statement(attachments=[attachment(b"inner")])
    assert list(problems_of(store.post(told))) == ["statement.object.attachments[0].fileUrl"]
    [id] = send_files(store, told, b"inner").json
    assert read_parts(store.get(statementId=id, attachments="true"))[1][1] == b"inner"


def test_the_same_part_twice_is_one_file(hub: Hub, store: Store) -> None:
    assert send_files(store, [with_files(b"one"), with_files(b"one")], b"one", b"one").status_code == 200
    assert attached(hub) == [(store.connection_id, sha256(b"one"))] * 2
    assert blobs(hub, store.connection_id) == {blob_key(store.connection_id, sha256(b"one"))}


@pytest.mark.parametrize("name", ["sha224", "sha256", "sha384", "sha512"])
def test_every_sha_2(store: Store, name: str) -> None:
    told = hashlib.new(name, b"one").hexdigest()
    part = file_part(b"one", X_Experience_API_Hash=told.upper())
    answer = send_parts(store, json_part(statement(attachments=[attachment(b"one", sha2=told)])), part)
    [id] = answer.json
    headers, content = read_parts(store.get(statementId=id, attachments="true"))[1]
    assert (headers["X-Experience-API-Hash"], content) == (told, b"one")


def test_a_hash_comes_back_as_it_was_written(store: Store) -> None:
    told = attachment(b"one", sha2=sha256(b"one").upper())
    [id] = send_files(store, statement(attachments=[told]), b"one").json
    assert (
        read_parts(store.get(statementId=id, attachments="true"))[1][0]["X-Experience-API-Hash"]
        == told["sha2"]
    )


def test_a_refused_request_leaves_nothing(hub: Hub, store: Store) -> None:
    id = new_uuid()
    store.post(statement(id=id))
    answer = send_files(
        store, [with_files(b"one"), statement(id=id, verb={"id": "https://example.com/x"})], b"one"
    )
    assert answer.status_code == 409
    assert count(hub) == 1
    assert attached(hub) == []


def test_a_statement_sent_again_changes_nothing(hub: Hub, store: Store) -> None:
    """Also when its bytes come only the second time: what is stored, stays (1.0.3 Communication 2.1.2.s2.b4)."""
    told = statement(id=new_uuid(), attachments=[attachment(b"one", fileUrl="https://example.com/one")])
    store.post(told)
    assert send_files(store, told, b"one").status_code == 200
    assert attached(hub) == []
    assert len(read_parts(store.get(statementId=told["id"], attachments="true"))) == 1


def test_two_systems_share_no_bytes(hub: Hub, store: Store, other_store: Store) -> None:
    [id] = send_files(store, with_files(b"one"), b"one").json
    send_files(other_store, with_files(b"one"), b"one")
    keys = [blob_key(each.connection_id, sha256(b"one")) for each in (store, other_store)]
    assert keys[0] != keys[1]
    assert other_store.get(statementId=id, attachments="true").status_code == 404
    hub.blobs.delete(keys[1])
    assert read_parts(store.get(statementId=id, attachments="true"))[1][1] == b"one"


def test_who_may_read_a_partners_statements_gets_their_bytes(hub: Hub) -> None:
    partner_id = new_id()
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(partner).values(id=partner_id, name="Riverside"))
        ids = [create_connection(uow, slug, "lms", slug, partner_id) for slug in ("one", "two")]
    writer, wide = open_store(hub, ids[0]), open_store(hub, ids[1], (READ, WRITE))
    narrow = open_store(hub, ids[1])
    [id] = send_files(writer, with_files(b"one"), b"one").json
    send_files(wide, with_files(b"one"), b"one")
    assert read_parts(wide.get(statementId=id, attachments="true"))[1][1] == b"one"
    (_, body), *files = read_parts(wide.get(attachments="true"))
    assert len(json.loads(body)["statements"]) == 2
    assert [content for _, content in files] == [b"one"]
    assert narrow.get(statementId=id, attachments="true").status_code == 404


def test_nobody_gets_bytes_by_knowing_their_hash(store: Store, other_store: Store) -> None:
    """An attachment with an address and somebody else's hash refers to nobody's file."""
    send_files(store, with_files(b"secret"), b"secret")
    told = statement(attachments=[attachment(b"secret", fileUrl="https://example.com/x")])
    [id] = other_store.post(told).json
    assert len(read_parts(other_store.get(statementId=id, attachments="true"))) == 1


def test_a_file_that_is_gone_is_told_before_anything_is_sent(hub: Hub, store: Store) -> None:
    [id] = send_files(store, with_files(b"one"), b"one").json
    hub.blobs.delete(blob_key(store.connection_id, sha256(b"one")))
    answer = store.get(statementId=id, attachments="true")
    assert (answer.status_code, answer.json["code"]) == (502, "blob_lost")
    assert store.get(statementId=id).status_code == 200


def test_a_file_deleted_while_it_is_referred_to_again_is_put_again(hub: Hub, store: Store) -> None:
    key = blob_key(store.connection_id, sha256(b"one"))
    hub.blobs.put(key, b"one")
    with kept_files(hub.blobs, store.connection_id, {sha256(b"one"): b"one"}):
        hub.blobs.delete(key)
    assert hub.blobs.get(key) == b"one"


def test_a_file_referred_to_while_it_is_deleted_is_put_back(
    hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other way round: the statement is stored between the look and the deletion."""
    key = blob_key(store.connection_id, sha256(b"one"))
    hub.blobs.put(key, b"one")
    delete = hub.blobs.delete

    def delete_late(key: str) -> None:
        send_files(store, with_files(b"one"), b"one")
        delete(key)

    monkeypatch.setattr(hub.blobs, "delete", delete_late)
    assert delete_files(hub, [key]) == 0
    assert hub.blobs.get(key) == b"one"


@pytest.mark.parametrize("again", ["the same deletion", "the worker"])
def test_a_kill_between_deletion_and_second_look_loses_nothing(
    hub: Hub, store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    """A sender was answered 200 between the two, having found the file there; then the deleter is killed."""
    key = blob_key(store.connection_id, sha256(b"one"))
    hub.blobs.put(key, b"one")
    delete = hub.blobs.delete

    def delete_and_die(key: str) -> None:
        assert send_files(store, with_files(b"one"), b"one").status_code == 200
        delete(key)
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(hub.blobs, "delete", delete_and_die)
        with pytest.raises(KeyboardInterrupt):
            delete_files(hub, [key])
    assert hub.blobs.get(key) is None
    if again == "the worker":
        clock.advance(days=3650)  # later than the file was written, whatever day it is
        Upkeep(hub).turn()
    else:
        assert delete_files(hub, [key]) == 0
    assert hub.blobs.get(key) == b"one"
    assert [blob.key for blob in hub.blobs.list_blobs()] == [key]


def test_a_new_file_deleted_before_it_is_referred_to_is_put_again(hub: Hub, store: Store) -> None:
    """Whoever deletes may have decided it before the file came back."""
    key = blob_key(store.connection_id, sha256(b"one"))
    with kept_files(hub.blobs, store.connection_id, {sha256(b"one"): b"one"}):
        hub.blobs.delete(key)
    assert hub.blobs.get(key) == b"one"


def test_no_statement_without_its_file(hub: Hub, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(key: str, content: Any) -> bool:
        raise OutsideFailed("blob_store_failed", "No room.")

    monkeypatch.setattr(hub.blobs, "put", fail)
    answer = send_files(store, with_files(b"one"), b"one")
    assert (answer.status_code, answer.json["code"]) == (502, "blob_store_failed")
    assert count(hub) == 0


def test_files_in_s3(database_url: str, clock: SettableClock) -> None:
    """The same with a service instead of a folder; while it is down, nothing that needs it is stored."""
    with s3_service() as endpoint:
        settings = {"database_url": database_url, "secret_key": "k" * 40} | new_bucket(endpoint)
        hub = open_hub(Settings.model_validate(settings), clock=clock)
        with hub.unit_of_work() as uow:
            connection_id = create_connection(uow, "south", "lms", "LMS South")
        store = open_store(hub, connection_id)
        [id] = send_files(store, with_files(ALL_BYTES), ALL_BYTES).json
        assert read_parts(store.get(statementId=id, attachments="true"))[1][1] == ALL_BYTES
    answer = send_files(store, with_files(b"one"), b"one")
    assert (answer.status_code, answer.json["code"]) == (502, "blob_store_failed")
    assert store.post(statement()).status_code == 200
    assert count(hub) == 2
    hub.close()


@pytest.mark.parametrize("end", ["\r\nSet-Cookie: a=b", "; x=\rSet-Cookie: a=b", "\n", "\x00"])
def test_no_header_can_be_smuggled_into_an_answer(store: Store, end: str) -> None:
    told = statement(attachments=[attachment(b"one", contentType=f"text/plain{end}")])
    answer = send_parts(store, json_part(told), file_part(b"one", Content_Type=None))
    assert list(problems_of(answer)) == ["statement.attachments[0].contentType"]


def test_ten_megabytes_take_little_more_memory_than_themselves(store: Store) -> None:
    megabytes = 9
    content = bytes(megabytes << 20)
    body = write_parts([json_part(with_files(content)), file_part(content)])
    store.post(statement())  # what is loaded at the first request does not count
    tracemalloc.start()
    try:
        [id] = store.post(body, content_type=MULTIPART).json
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        length = len(store.get(statementId=id, attachments="true").data)
        _, peak_of_get = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert length > len(content)
    assert peak < 3 * len(content)
    assert peak_of_get < 4 * len(content)  # the test's client keeps the answer, in pieces and then as one
