"""Arrays for PostgreSQL in the form of the wire, so that one statement takes many rows without a conversion of each value.

psycopg converts value by value, which takes longer than PostgreSQL needs to store the rows.
"""

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_HEADER = struct.Struct(">iiiii")
_LENGTH = struct.Struct(">i")
_INT8, _UUID = 20, 2950
_TEXT, _BYTEA, _TIMESTAMPTZ = 25, 17, 1184
_NULL = _LENGTH.pack(-1)
_SIXTEEN = _LENGTH.pack(16)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Array:
    """An array as PostgreSQL reads it; the statement says its type by a cast."""

    __slots__ = ("content",)

    def __init__(self, kind: int, count: int, items: bytes, *, has_null: bool = False) -> None:
        self.content = _HEADER.pack(1, has_null, kind, count, 1) + items if count else _NO_ITEMS[kind]


_NO_ITEMS = {kind: struct.pack(">iii", 0, 0, kind) for kind in (_INT8, _UUID, _TEXT, _BYTEA, _TIMESTAMPTZ)}


def register_arrays(connection: "psycopg.Connection[Any]") -> None:
    """Let a connection take ``Array`` as a parameter, and give ids as the texts that the hub has them as."""
    # Here, because on SQLite psycopg need not be installed.
    from psycopg.adapt import Dumper
    from psycopg.pq import Format
    from psycopg.types.string import TextLoader

    class ArrayDumper(Dumper):
        format = Format.BINARY
        oid = 0

        def dump(self, obj: Array) -> bytes:
            return obj.content

    connection.adapters.register_dumper(Array, ArrayDumper)
    connection.adapters.register_loader("uuid", TextLoader)


def bigints(values: Sequence[int]) -> Array:
    """``bigint[]``."""
    flat = [8] * (2 * len(values))
    flat[1::2] = values
    return Array(_INT8, len(values), struct.pack(">" + "iq" * len(values), *flat))


def uuids(values: Sequence[str | None]) -> Array:
    """``uuid[]`` of UUIDs as text."""
    packed = b"".join([_NULL if v is None else _SIXTEEN + bytes.fromhex(v.replace("-", "")) for v in values])
    return Array(_UUID, len(values), packed, has_null=None in values)


def texts(values: Iterable[str]) -> Array:
    """``text[]``."""
    return _varying(_TEXT, [value.encode() for value in values])


def blobs(values: Sequence[bytes]) -> Array:
    """``bytea[]``."""
    return _varying(_BYTEA, values)


def instants(values: Sequence[datetime]) -> Array:
    """``timestamptz[]`` of aware instants."""
    microseconds = []
    for value in values:
        since = value - _EPOCH
        microseconds.append((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)
    flat = [8] * (2 * len(microseconds))
    flat[1::2] = microseconds
    return Array(_TIMESTAMPTZ, len(values), struct.pack(">" + "iq" * len(values), *flat))


def _varying(kind: int, values: Sequence[bytes]) -> Array:
    parts: list[bytes] = [b""] * (2 * len(values))
    parts[::2] = [_LENGTH.pack(len(value)) for value in values]
    parts[1::2] = values
    return Array(kind, len(values), b"".join(parts))
