"""Sealing everything anew with the newest secret key, so that the keys before it can be thrown away.

It goes through every sealed column in chunks, each in a unit of its own, while the hub goes on working. What has the newest
key already is passed by, so whoever was interrupted begins again and loses nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.errors import HubError
from hub.journal import audit
from hub.sealing import Sealer
from hub.store import UnitOfWork, metadata
from hub.store.sealed_columns import sealed_columns

if TYPE_CHECKING:
    from hub.runtime import Hub

CHUNK = 500

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ColumnCount:
    """Of one column: values sealed with the newest key, with an older one, and those that no key in the settings opens."""

    column: str
    newest: int
    older: int
    lost: int


def count_secrets(hub: "Hub", progress: Progress = lambda *_: None) -> list[ColumnCount]:
    """What a rotation would find, by column; nothing is changed."""
    return [_go_through(hub, column, progress, change=False) for column in sealed_columns(metadata)]


def rotate_secrets(hub: "Hub", progress: Progress = lambda *_: None) -> list[ColumnCount]:
    """Seal with the newest key what was sealed with another; what was found, by column. One audit row tells of it.

    A value that somebody changes meanwhile stays theirs, which has the newest key anyway. What no key opens is left.
    """
    counts = [_go_through(hub, column, progress, change=True) for column in sealed_columns(metadata)]
    with hub.unit_of_work() as uow:
        detail = {"resealed": sum(c.older for c in counts), "lost": sum(c.lost for c in counts)}
        audit(uow, "secrets_rotated", detail=detail)
    return counts


def _go_through(hub: "Hub", column: sa.Column[str], progress: Progress, *, change: bool) -> ColumnCount:
    name = f"{column.table.name}.{column.name}"
    newest, older, lost = 0, 0, 0
    after: Sequence[Any] | None = None
    only_newest = Sealer(hub.settings.secret_keys[:1])
    while True:
        with hub.unit_of_work() if change else hub.reading() as uow:
            rows = _read(uow, column, after)
            anew = []
            for *key, sealed in rows:
                if _opens(only_newest, sealed):
                    newest += 1
                elif (secret := _open(hub.sealer, sealed)) is None:
                    lost += 1
                else:
                    older += 1
                    anew.append((key, sealed, hub.sealer.seal(secret) if change else ""))
            if change:
                _write(uow, column, anew)
        total = newest + older + lost
        progress(name, total, total + (len(rows) == CHUNK))
        if len(rows) < CHUNK:
            return ColumnCount(name, newest, older, lost)
        after = rows[-1][:-1]


def _read(uow: UnitOfWork, column: sa.Column[str], after: Sequence[Any] | None) -> Sequence[Sequence[Any]]:
    """Key and value of the next rows that hold something, in order of their keys."""
    key = list(column.table.primary_key)
    query = sa.select(*key, column).where(column.is_not(None), column != "").order_by(*key).limit(CHUNK)
    if after is not None:
        last = [sa.literal(value, part.type) for part, value in zip(key, after, strict=True)]
        query = query.where(sa.tuple_(*key) > sa.tuple_(*last))
    return [tuple(row) for row in uow.connection.execute(query)]


def _write(uow: UnitOfWork, column: sa.Column[str], anew: Iterable[tuple[Sequence[Any], str, str]]) -> None:
    table = column.table
    for key, before, sealed in anew:
        mine = [part == value for part, value in zip(table.primary_key, key, strict=True)]
        uow.connection.execute(sa.update(table).where(*mine, column == before).values({column: sealed}))


def _opens(sealer: Sealer, sealed: str) -> bool:
    return _open(sealer, sealed) is not None


def _open(sealer: Sealer, sealed: str) -> str | None:
    try:
        return sealer.open(sealed)
    except HubError:
        return None
