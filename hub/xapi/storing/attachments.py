"""Attachments of statements: whose bytes came, who refers to them, and where they lie (xAPI 1.0.3 Data 2.4.11).

The same bytes sent by two connections are two blobs: neither learns from the other what is there.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.journal.tables import statement_id
from hub.store import UnitOfWork
from hub.store.blobs import BlobStore
from hub.xapi.storing.incoming import Incoming
from hub.xapi.tables import statement_attachment


@dataclass(frozen=True)
class StoredFile:
    """The bytes of an attachment as they are kept. ``hash`` is the SHA-2 as its statement writes it, ``sha2`` in lower case."""

    sha2: str
    content_type: str
    key: str
    hash: str


def blob_key(connection_id: str, sha2: str) -> str:
    """Where the bytes of an attachment lie in the blob store."""
    return f"attachments/{connection_id}/{sha2}"


@contextmanager
def kept_files(
    blobs: BlobStore, connection_id: str, files: Mapping[str, bytes | memoryview]
) -> Iterator[None]:
    """Store the bytes of attachments, by SHA-2, before the unit of work inside this block that refers to them.

    They may be deleted at the same moment, by whoever deletes the last statement that referred to the same. So they are
    looked for again when this unit has committed, new ones as well: one of the two sees what the other did.
    """
    keys = {blob_key(connection_id, sha2): content for sha2, content in files.items()}
    for key, content in keys.items():
        blobs.put(key, content)
    yield
    for key, content in keys.items():
        if blobs.size(key) is None:
            blobs.put(key, content)


def note_attachments(
    uow: UnitOfWork,
    connection_id: str,
    incoming: Sequence[Incoming],
    ids: Sequence[str],
    appended: Collection[str],
) -> None:
    """Remember which of the statements just appended came with the bytes of which attachments."""
    files = {id.lower(): each.files for each, id in zip(incoming, ids, strict=True) if each.files}
    new = files.keys() & set(appended) if files else ()
    if not new:
        return
    rows = uow.connection.execute(
        sa.select(statement_id.c.id, statement_id.c.position).where(statement_id.c.id.in_(sorted(new)))
    )
    uow.execute_many(
        sa.insert(statement_attachment),
        [
            {"position": row.position, "sha2": sha2, "connection_id": connection_id}
            for row in rows
            for sha2 in sorted(files[row.id])
        ],
    )


def find_files(uow: UnitOfWork, payloads: Iterable[bytes]) -> list[StoredFile]:
    """The attachments of stored statements whose bytes are kept; the same bytes once, however many refer to them."""
    told = [_TOLD.decode(payload) for payload in payloads]
    attached = {each.id.lower(): list(each.all) for each in told if any(each.all)}
    if not attached:
        return []
    table = statement_attachment
    rows = uow.connection.execute(
        sa.select(statement_id.c.id, table.c.sha2, table.c.connection_id)
        .join(statement_id, statement_id.c.position == table.c.position)
        .where(statement_id.c.id.in_(sorted(attached)))
    )
    owners = {(row.id, row.sha2): row.connection_id for row in rows}
    found: dict[str, StoredFile] = {}
    for id, attachments in attached.items():
        for each in attachments:
            sha2 = each.sha2.lower()
            if (id, sha2) in owners and sha2 not in found:
                found[sha2] = StoredFile(sha2, each.content_type, blob_key(owners[id, sha2], sha2), each.sha2)
    return list(found.values())


class _Attached(Struct, rename={"content_type": "contentType"}):
    sha2: str
    content_type: str


class _Thing(Struct):
    attachments: list[_Attached] = []


class _Told(Struct):
    id: str
    object: _Thing
    attachments: list[_Attached] = []

    @property
    def all(self) -> Iterator[_Attached]:
        """Its own, then those of its SubStatement."""
        yield from self.attachments
        yield from self.object.attachments


_TOLD = msgspec.json.Decoder(_Told)
