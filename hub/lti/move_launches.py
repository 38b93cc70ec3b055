"""A person's launches and results, given to another person when two records become one, and back when they become two."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from hub.lti.tables import lti_launch, lti_result
from hub.lti.tool.tables import lti_entry
from hub.store import UnitOfWork

_TABLES = {"launches": lti_launch, "entries": lti_entry}
"""Scores find their person by them: a tool goes on sending those of launches that were begun before."""


def move_launches(
    uow: UnitOfWork, from_id: str, to_id: str, only: Mapping[str, Collection[str]] | None = None
) -> dict[str, list[str]]:
    """Let launches of ``from_id`` be those of ``to_id``, and results where the other has none; ids of what moved, by kind.

    ``only`` what moved before, for taking that back. A result goes by its line item.
    """
    moved: dict[str, list[str]] = {}
    for kind, table in _TABLES.items():
        mine = table.c.person_id == from_id
        if only is not None:
            mine = sa.and_(mine, uow.among(table.c.id, list(only.get(kind, ()))))
        change = sa.update(table).where(mine).values(person_id=to_id).returning(table.c.id)
        moved[kind] = sorted(uow.connection.scalars(change))
    moved["results"] = _move_results(uow, from_id, to_id, only)
    return moved


def _move_results(
    uow: UnitOfWork, from_id: str, to_id: str, only: Mapping[str, Collection[str]] | None
) -> list[str]:
    """Line items (ids) whose result moved: tools read it under the person's present name, and a later score takes its place."""
    r, there = lti_result, lti_result.alias()
    has_one = sa.select(there.c.line_item_id).where(there.c.person_id == to_id)
    mine = sa.and_(r.c.person_id == from_id, r.c.line_item_id.not_in(has_one))
    if only is not None:
        mine = sa.and_(mine, uow.among(r.c.line_item_id, list(only.get("results", ()))))
    change = sa.update(r).where(mine).values(person_id=to_id).returning(r.c.line_item_id)
    return sorted(uow.connection.scalars(change))
