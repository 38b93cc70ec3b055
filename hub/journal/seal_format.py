"""What a seal is made of: the hash of each row of the audit trail, and a hash over them and over the seal before. Pure.

A seal's rows are 40 bytes each, in order of positions: the position (8 bytes, big-endian) and the row's SHA-256. Its hash is
the SHA-256 over the hash before (hex), its number, its time and these bytes; of the first seal the hash before is START.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

START = "0" * 64
_ROW = 40
COLUMNS = (
    *("position", "id", "at", "action", "outcome", "reason"),
    *("actor_id", "partner_id", "connection_id", "subject_id", "detail"),
)
"""The columns of a row that its hash covers: all there are."""


def row_text(row: Any) -> str:
    """A row as one line of JSON that is the same on every database: instants in UTC, keys in order, whole numbers whole."""
    values = {name: _plain(getattr(row, name)) for name in COLUMNS}
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def row_hash(row: Any) -> bytes:
    """SHA-256 of a row."""
    return hashlib.sha256(row_text(row).encode()).digest()


def pack_rows(rows: Iterable[Any]) -> bytes:
    """The rows of a seal, which must come in order of their positions."""
    return b"".join(row.position.to_bytes(8) + row_hash(row) for row in rows)


def unpack_rows(packed: bytes) -> Iterator[tuple[int, bytes]]:
    """Position and hash of every row of a seal."""
    for start in range(0, len(packed) - len(packed) % _ROW, _ROW):
        yield int.from_bytes(packed[start : start + 8]), packed[start + 8 : start + _ROW]


def seal_hash(previous: str, number: int, at: datetime, packed: bytes) -> str:
    """The hash of a seal, in hex."""
    head = f"{previous}\n{number}\n{_instant(at)}\n"
    return hashlib.sha256(head.encode() + packed).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
