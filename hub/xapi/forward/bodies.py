"""The request that carries statements: their stored bytes, and the files that belong to them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, cast

import msgspec
import sqlalchemy as sa

from hub.errors import OutsideFailed
from hub.ids import random_id
from hub.journal.tables import statement
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.store.blobs import BlobStore
from hub.xapi.storing.attachments import StoredFile, find_files

_ATTACHMENTS = b'"attachments"'
_ROWS_AT_ONCE = 50


@dataclass(frozen=True)
class Outgoing:
    """A statement as the store gives it back."""

    position: int
    id: str
    payload: bytes


@dataclass(frozen=True)
class Batch:
    """Statements in order, and the files that came with them, each once."""

    statements: tuple[Outgoing, ...]
    files: tuple[StoredFile, ...]

    @property
    def positions(self) -> list[int]:
        """Where the statements stand in the journal."""
        return [each.position for each in self.statements]


@dataclass(frozen=True)
class Body:
    """What a request carries; ``size`` is in bytes."""

    content: bytes | IO[bytes]
    content_type: str
    size: int


def load_statements(uow: UnitOfWork, positions: Sequence[int], max_bytes: int) -> list[Outgoing]:
    """The statements at these positions, in order; fewer when together they have more than ``max_bytes``, but at least one.

    A statement that has been erased is left out.
    """
    found: list[Outgoing] = []
    size = 0
    rows = uow.connection.execute(
        sa.select(statement.c.position, statement.c.id, statement.c.payload)
        .where(statement.c.position.in_(positions))
        .order_by(statement.c.position),
        execution_options={"yield_per": _ROWS_AT_ONCE},
    )
    with rows:
        for row in rows:
            size += len(row.payload)
            if found and size > max_bytes:
                break
            found.append(Outgoing(row.position, row.id, bytes(row.payload)))
    return found


def take_first(waiting: Sequence[Outgoing], count: int, max_bytes: int) -> list[Outgoing]:
    """The first of those that wait, as many as fit into ``max_bytes`` with their files, but at least one."""
    chosen: list[Outgoing] = []
    size = 0
    for each in waiting[:count]:
        size += len(each.payload) + 1 + _size_of_files(each.payload)
        if chosen and size > max_bytes:
            break
        chosen.append(each)
    return chosen


def with_files(hub: Hub, statements: Sequence[Outgoing]) -> Batch:
    """The statements with their files."""
    attached = [each.payload for each in statements if _ATTACHMENTS in each.payload]
    if not attached:
        return Batch(tuple(statements), ())
    with hub.reading() as uow:
        return Batch(tuple(statements), tuple(find_files(uow, attached)))


def build_body(blobs: BlobStore, batch: Batch) -> Body:
    """The body of a POST; multipart (1.0.3 Communication 1.5.2) only if there are files, which are read while it is sent.

    OutsideFailed when a file is gone, or cannot be read.
    """
    content = b"[%b]" % b",".join(each.payload for each in batch.statements)
    if not batch.files:
        return Body(content, "application/json", len(content))
    boundary = random_id().encode()
    parts: list[tuple[int, Callable[[], Iterator[bytes]]]] = [
        _bytes_part(b"--%b\r\nContent-Type: application/json\r\n\r\n%b\r\n" % (boundary, content))
    ]
    for file in batch.files:
        parts += [_bytes_part(_head(boundary, file)), _file_part(blobs, file), _bytes_part(b"\r\n")]
    parts.append(_bytes_part(b"--%b--\r\n" % boundary))
    whole = _Parts(parts)
    content_type = f'multipart/mixed; boundary="{boundary.decode()}"'
    return Body(cast(IO[bytes], whole), content_type, len(whole))


def _head(boundary: bytes, file: StoredFile) -> bytes:
    head = (
        f"Content-Type: {file.content_type}\r\nContent-Transfer-Encoding: binary\r\n"
        f"X-Experience-API-Hash: {file.hash}\r\n\r\n"
    )
    return b"--%b\r\n%b" % (boundary, head.encode())


def _bytes_part(content: bytes) -> tuple[int, Callable[[], Iterator[bytes]]]:
    return len(content), lambda: iter([content])


def _file_part(blobs: BlobStore, file: StoredFile) -> tuple[int, Callable[[], Iterator[bytes]]]:
    size = blobs.size(file.key)
    if size is None:
        raise OutsideFailed("blob_lost", "A file of this statement is gone.", retryable=False)
    return size, lambda: blobs.chunks(file.key)


class _Parts:
    """Pieces that are read one after the other, and from the start again; what ``requests`` needs of a file."""

    def __init__(self, parts: Sequence[tuple[int, Callable[[], Iterator[bytes]]]]) -> None:
        self._parts = parts
        self.seek(0)

    def __len__(self) -> int:
        return sum(size for size, _ in self._parts)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes; fewer at the end."""
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        taken = bytes(self._rest if size < 0 else self._rest[:size])
        del self._rest[: len(taken)]
        return taken

    def seek(self, place: int) -> int:
        """Back to the start, which is the only place that is asked for."""
        self._rest = bytearray()
        self._pieces: Iterator[bytes] = (piece for _, read in self._parts for piece in read())
        return place


def _size_of_files(payload: bytes) -> int:
    """What its files come to, by what the statement says of them."""
    if _ATTACHMENTS not in payload:
        return 0
    told: dict[str, Any] = msgspec.json.decode(payload)
    thing = told["object"]
    attachments = [*told.get("attachments", ()), *thing.get("attachments", ())]
    return sum(int(each["length"]) for each in attachments)
