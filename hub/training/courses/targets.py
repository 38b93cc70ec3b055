"""What the catalogue offers to whoever gives or chooses a goal. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from hub.store import UnitOfWork
from hub.training import tables

SHOWN = 50


@dataclass(frozen=True)
class Target:
    """A course (``offering``) or a path. ``minutes`` is known of courses alone, and of some."""

    kind: str
    id: str
    title: str
    description: str
    minutes: int | None

    @property
    def value(self) -> str:
        """How a form names it."""
        return f"{self.kind}:{self.id}"


def find_targets(uow: UnitOfWork, words: str = "") -> list[Target]:
    """The first SHOWN courses and paths whose titles hold every one of the words, by title."""
    offering, path = tables.offering, tables.path
    courses = sa.select(
        sa.literal("offering").label("kind"),
        offering.c.id,
        offering.c.title,
        offering.c.description,
        offering.c.minutes,
    ).where(sa.not_(offering.c.retired))
    paths = sa.select(
        sa.literal("path"), path.c.id, path.c.title, path.c.description, sa.cast(sa.null(), sa.Integer)
    )
    every = sa.union_all(courses, paths).subquery()
    query = sa.select(every).order_by(every.c.title, every.c.id).limit(SHOWN)
    for word in words.split():
        query = query.where(every.c.title.icontains(word, autoescape=True))
    return [Target(*row) for row in uow.connection.execute(query)]


def keys_of_targets(uow: UnitOfWork, targets: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Keys of courses and paths, by kind and id."""
    found: dict[tuple[str, str], str] = {}
    for kind, table in (("offering", tables.offering), ("path", tables.path)):
        ids = [id for target_kind, id in targets if target_kind == kind]
        rows = uow.connection.execute(sa.select(table.c.id, table.c.key).where(uow.among(table.c.id, ids)))
        found |= {(kind, row.id): row.key for row in rows}
    return found


def target_of(value: str) -> tuple[str, str]:
    """Kind and id of what a form named; whether there is such a thing is for the service to say."""
    kind, _, id = value.partition(":")
    return kind, id


def title_of(uow: UnitOfWork, kind: str, id: str) -> str:
    """The title of a course or a path; empty when there is none."""
    table = {"offering": tables.offering, "path": tables.path}[kind]
    return uow.connection.scalar(sa.select(table.c.title).where(table.c.id == id)) or ""
