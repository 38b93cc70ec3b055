"""Rows as the text that COPY reads (PostgreSQL manual, COPY, "Text Format"), a column at a time.

The driver would write value by value, which takes longer than PostgreSQL needs to store the rows.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.store.types import Time

Written = Callable[[Sequence[Any]], Sequence[str]]
"""Writes the values of a column; they are escaped afterwards."""

_NULL = "\\N"
_SPECIAL = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPED = str.maketrans(_SPECIAL)
_encode = msgspec.json.Encoder().encode


def lines_of(rows: Sequence[Mapping[str, object]], columns: Sequence[tuple[str, Written]]) -> str:
    """The rows as lines of text; ``columns`` are their names and how each is written."""
    texts = [_escaped([row[name] for row in rows], write) for name, write in columns]
    return "\n".join(map("\t".join, zip(*texts, strict=True))) + "\n"


def written_as(kind: sa.types.TypeEngine[Any]) -> Written:
    """How values of a column of this type are written, none of which is None."""
    if isinstance(kind, sa.JSON):
        return _jsons
    if isinstance(kind, Time):
        return _instants
    if isinstance(kind, sa.LargeBinary):
        return lambda values: ["\\x" + value.hex() for value in values]
    if isinstance(kind, sa.Boolean):
        return lambda values: ["t" if value else "f" for value in values]
    if isinstance(kind, sa.String) or kind.python_type is str:
        return lambda values: values
    return lambda values: list(map(str, values))


def _escaped(values: Sequence[Any], write: Written) -> Sequence[str]:
    if None in values:
        there = iter(_escaped([value for value in values if value is not None], write))
        return [_NULL if value is None else next(there) for value in values]
    written = write(values)
    # Hardly any column has something to escape: all of it is looked at in one go, for one character after the other, which is
    # many times as fast as for any of them.
    together = "\0".join(written)
    if any(character in together for character in _SPECIAL):
        return [text.translate(_ESCAPED) for text in written]
    return written


def _jsons(values: Sequence[Any]) -> list[str]:
    return [_encode(value).decode() for value in values]


def _instants(values: Sequence[datetime]) -> list[str]:
    return list(map(_instant, values))


@lru_cache(maxsize=1 << 14)
def _instant(value: datetime) -> str:
    """In UTC, so that equal instants are written alike. Cached, since most things of a network begin on few days."""
    if value.tzinfo is None:
        raise ValueError("naive datetime")
    return value.astimezone(UTC).isoformat()
