"""Files that belong to statements go with them: to other stores, into exports, and in again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.errors import BadInput
from hub.runtime import Hub
from hub.xapi.forward.stores import find_store
from hub.xapi.transfer.export_statements import ExportOptions, export_statements
from hub.xapi.transfer.formats import FORMATS
from hub.xapi.transfer.import_statements import import_statements
from hub.xapi.transfer.manifest import read_manifest
from tests.xapi.forward.rig import Receiver, Sender, receiver
from tests.xapi.parts import read_parts, send_files, sha256, with_files
from tests.xapi.rig import Store, new_uuid, statement
from tests.xapi.signing import new_signer, send_signed, sign
from tests.xapi.transfer.compare import everything

PICTURE = bytes(range(256)) * 3000
CERTIFICATE = b"certificate\r\n--of: somebody\r\n"


@pytest.fixture
def ids(hub: Hub, store: Store) -> list[str]:
    """Statements with two files, with one of them again, signed, and with none."""
    told = statement(id=new_uuid())
    sent = [
        send_files(store, with_files(PICTURE, CERTIFICATE), PICTURE, CERTIFICATE).json,
        send_files(store, with_files(PICTURE), PICTURE).json,
        send_signed(store, told, sign(told, new_signer("LMS South"))).json,
        store.post(statement()).json,
    ]
    return [str(id) for each in sent for id in each]


def files_of(store: Store, id: str) -> set[bytes]:
    return {content for _, content in read_parts(store.get(statementId=id, attachments="true"))[1:]}


def test_files_go_to_a_receiving_store_with_their_statements(hub: Hub, store: Store, ids: list[str]) -> None:
    with receiver() as away:
        sender = Sender(hub, store.connection_id)
        sender.allow(away)
        sender.forward_to(away, from_beginning=True)
        sender.send()
        assert away.store.ids == ids
        assert len(away.store.batches) == 1
        assert away.store.files[sha256(PICTURE)] == PICTURE
        assert away.store.files[sha256(CERTIFICATE)] == CERTIFICATE
        assert len(away.store.files) == 3
        assert away.store.raw[ids[0]] == store.get(statementId=ids[0]).data


def test_large_files_go_in_requests_of_their_own(hub: Hub, store: Store) -> None:
    ids = [
        send_files(store, with_files(content), content).json[0]
        for content in (bytes([n]) * 900_000 for n in range(4))
    ]
    with receiver(max_bytes=1_000_000) as away:
        sender = Sender(hub, store.connection_id)
        sender.allow(away)
        sender.forward_to(away, from_beginning=True)
        sender.send()
        assert away.store.batches == [[id] for id in ids]
        assert sender.parked() == []
        with hub.reading() as uow:
            assert find_store(uow, "away").body_limit is not None


def test_a_file_that_is_gone_parks_its_statement_alone(hub: Hub, store: Store, ids: list[str]) -> None:
    for blob in list(hub.blobs.list_blobs("attachments")):
        if blob.key.endswith(sha256(CERTIFICATE)):
            hub.blobs.delete(blob.key)
    with receiver() as away:
        sender = Sender(hub, store.connection_id)
        sender.allow(away)
        sender.forward_to(away, from_beginning=True)
        sender.send()
        assert away.store.ids == ids[1:]
        assert [(row.statement_id, row.reason) for row in sender.parked()] == [
            (ids[0], "A file of this statement is gone.")
        ]


@pytest.mark.parametrize("format", FORMATS)
def test_files_go_out_and_come_in_again(
    hub: Hub, store: Store, other_hub: Hub, there: Store, ids: list[str], tmp_path: Path, format: str
) -> None:
    folder = tmp_path / "out"
    export_statements(hub, folder, ExportOptions(format, attachments=True, per_file=2))
    assert (folder / "attachments" / sha256(PICTURE)).read_bytes() == PICTURE
    assert len(list((folder / "attachments").iterdir())) == 3
    report = import_statements(other_hub, there.connection_id, [folder])
    assert report.stored == 4
    assert everything(there) == everything(store)
    for id in ids[:3]:
        assert files_of(there, id) == files_of(store, id)
    assert import_statements(other_hub, there.connection_id, [folder]).stored == 0


def test_an_import_without_its_files_or_with_damaged_ones_is_refused(
    hub: Hub, other_hub: Hub, there: Store, ids: list[str], tmp_path: Path
) -> None:
    folder, files = tmp_path / "out", tmp_path / "out" / "attachments"
    export_statements(hub, folder, ExportOptions("ndjson", attachments=True))
    name = read_manifest(folder).files[0].name
    (files / sha256(CERTIFICATE)).unlink()
    (files / sha256(PICTURE)).write_bytes(b"something else")

    def refused(change: Callable[[], Any]) -> list[str]:
        change()
        with pytest.raises(BadInput) as error:
            import_statements(other_hub, there.connection_id, [folder])
        return [f"{p.place.rpartition('/')[2]}: {p.message}" for p in error.value.problems]

    assert refused(lambda: None) == [
        f"{name}:1: attachments[1].fileUrl is missing, and no part of the request has this sha2",
        f"{name}:2: the attachment {sha256(PICTURE)} is damaged: its bytes have another hash",
    ]
    assert there.ids() == []


def test_a_store_that_knows_no_files_gets_the_statements_alone(
    hub: Hub, store: Store, tmp_path: Path
) -> None:
    """An export without attachments names them, and their addresses where they have one."""
    told = with_files(CERTIFICATE)
    told["attachments"][0]["fileUrl"] = "https://files.example/c.pdf"
    [id] = store.post(told).json
    export_statements(hub, tmp_path / "out", ExportOptions("ndjson"))
    [file] = read_manifest(tmp_path / "out").files
    [line] = (tmp_path / "out" / file.name).read_text().splitlines()
    assert json.loads(line)["id"] == id
    assert not (tmp_path / "out" / "attachments").exists()


def test_what_has_no_attachments_is_plain_json(hub: Hub, store: Store) -> None:
    away: Receiver
    with receiver() as away:
        sender = Sender(hub, store.connection_id)
        sender.allow(away)
        [id] = store.post(statement(result={"response": '"attachments"'})).json
        sender.forward_to(away, from_beginning=True)
        sender.send()
        assert away.store.ids == [id]
        assert away.store.files == {}
