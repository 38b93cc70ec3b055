"""What of the hub's catalogue can be placed in another LMS: courses and paths that its partner may use."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from hub.ids import is_id
from hub.network.tables import connection
from hub.store import UnitOfWork
from hub.training.tables import offering, path, path_step

TargetKind = Literal["offering", "path"]
MAX_SHOWN = 500
_MAX_WORDS = 100


@dataclass(frozen=True)
class Shelf:
    """For whom the catalogue is read: courses of the own partner and shared ones, but none of the asking system itself.

    A course of that system would lead from it through the hub back to it.
    """

    connection_id: str
    partner_id: str | None


@dataclass(frozen=True)
class Pickable:
    """A course or path that can be picked. ``source`` is the name of its LMS, empty for paths."""

    kind: TargetKind
    id: str
    title: str
    description: str
    minutes: int | None = None
    source: str = ""

    @property
    def key(self) -> str:
        """How forms name it."""
        return f"{self.kind}:{self.id}"


def search_pickable(uow: UnitOfWork, shelf: Shelf, words: str, shown: int) -> tuple[list[Pickable], bool]:
    """The first ``shown`` with all these words in the title, by title; and whether there are more."""
    limit = min(max(shown, 1), MAX_SHOWN)
    offerings = _offerings(shelf).where(*_matching(offering.c.title, words)).order_by(offering.c.title)
    paths = _paths(shelf).where(*_matching(path.c.title, words)).order_by(path.c.title)
    found = [
        *(_offering(row) for row in uow.connection.execute(offerings.limit(limit + 1))),
        *(_path(row) for row in uow.connection.execute(paths.limit(limit + 1))),
    ]
    found.sort(key=lambda one: (one.title.casefold(), one.id))
    return found[:limit], len(found) > limit


def read_pickable(uow: UnitOfWork, shelf: Shelf, keys: Collection[str]) -> list[Pickable]:
    """Those of the keys that can be picked, by title; all others are left out."""
    ids: dict[str, list[str]] = {"offering": [], "path": []}
    for key in keys:
        kind, _, id = key.partition(":")
        if kind in ids and is_id(id):
            ids[kind].append(id.lower())
    found = [
        *map(_offering, uow.connection.execute(_offerings(shelf).where(offering.c.id.in_(ids["offering"])))),
        *map(_path, uow.connection.execute(_paths(shelf).where(path.c.id.in_(ids["path"])))),
    ]
    return sorted(found, key=lambda one: (one.title.casefold(), one.id))


def _visible(shelf: Shelf) -> sa.ColumnElement[bool]:
    is_shared = connection.c.partner_id.is_(None)
    is_own = connection.c.partner_id == shelf.partner_id if shelf.partner_id else sa.false()
    return sa.and_(
        ~offering.c.retired,
        ~connection.c.disabled,
        connection.c.id != shelf.connection_id,
        sa.or_(is_shared, is_own),
    )


def _offerings(shelf: Shelf) -> sa.Select[Any]:
    return (
        sa.select(
            offering.c.id,
            offering.c.title,
            offering.c.description,
            offering.c.minutes,
            connection.c.name.label("source"),
        )
        .join(connection, connection.c.id == offering.c.connection_id)
        .where(_visible(shelf))
    )


def _paths(shelf: Shelf) -> sa.Select[Any]:
    """Paths with steps, each of which can be picked by itself."""
    steps = (
        sa.select(path_step.c.path_id, _visible(shelf).label("visible"))
        .join(offering, offering.c.id == path_step.c.offering_id)
        .join(connection, connection.c.id == offering.c.connection_id)
    ).subquery()
    return sa.select(path.c.id, path.c.title, path.c.description).where(
        path.c.id.in_(sa.select(steps.c.path_id)),
        path.c.id.not_in(sa.select(steps.c.path_id).where(~steps.c.visible)),
    )


def _matching(title: sa.ColumnElement[str], words: str) -> list[sa.ColumnElement[bool]]:
    return [title.icontains(word, autoescape=True) for word in words.replace("\0", "")[:_MAX_WORDS].split()]


def _offering(row: sa.Row[Any]) -> Pickable:
    return Pickable("offering", row.id, row.title, row.description, row.minutes, row.source)


def _path(row: sa.Row[Any]) -> Pickable:
    return Pickable("path", row.id, row.title, row.description)
