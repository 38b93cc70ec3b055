"""Goals that nothing asks for because somebody waived them: what, why, by whom and until when. Reads only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.network import tables as network
from hub.network.validity.intervals import Interval
from hub.store import UnitOfWork, valid_at
from hub.training import tables
from hub.training.goals.decisions import Words, read_words
from hub.training.goals.goal import REVIEW

_NOTHING = Words("", "", "")


@dataclass(frozen=True)
class WaivedGoal:
    """A goal that nothing asks for while a waiver holds. ``until`` is exclusive, None while nothing ends it.

    Of a manager's waiver there is the ``decision_id``, and ``reason``, ``evidence`` and ``by`` are the manager's. A plugin's is about
    one appointment; the ``reason`` is its own, and ``plugin`` its name.
    """

    goal_id: str
    person_id: str
    decision_id: str | None
    title: str
    kind: str
    dimension_name: str
    since: datetime
    until: datetime | None
    reason: str
    evidence: str
    by: str
    plugin: str = ""
    appointment_id: str | None = None


def read_waived(uow: UnitOfWork, person_id: str, *, reviews: bool = True) -> list[WaivedGoal]:
    """What is waived for a person now, by title: without goals that are asked for nevertheless; ``reviews`` as in ``read_plan``."""
    seen = sa.true() if reviews else tables.goal.c.kind != REVIEW
    return list_waived(uow, [person_id], seen, uow.now)


def list_waived(
    uow: UnitOfWork, person_ids: Sequence[str], visible: sa.ColumnElement[bool], at: datetime
) -> list[WaivedGoal]:
    """The same for many people as of an instant, as far as ``visible`` lets through rows of the table ``goal``."""
    goal, waived, dimension = tables.goal, tables.waived_source, network.dimension
    offering, path = tables.offering, tables.path
    title, source = sa.func.coalesce(offering.c.title, path.c.title), tables.goal_source
    asked = sa.exists().where(source.c.goal_id == goal.c.id, valid_at(source, at))
    rows = uow.connection.execute(
        sa.select(
            waived,
            goal.c.person_id,
            goal.c.kind.label("goal_kind"),
            dimension.c.name,
            title.label("title"),
        )
        .join(goal, goal.c.id == waived.c.goal_id)
        .join(dimension, dimension.c.key == goal.c.dimension)
        .outerjoin(offering, sa.and_(goal.c.target_kind == "offering", offering.c.id == goal.c.target_id))
        .outerjoin(path, sa.and_(goal.c.target_kind == "path", path.c.id == goal.c.target_id))
        .where(uow.among(goal.c.person_id, list(person_ids)), visible, valid_at(waived, at))
        .where(sa.not_(asked))
        .order_by(title, goal.c.id, waived.c.valid_from, waived.c.id)
    ).all()
    ids = {row.waiver_key for row in rows if row.waiver_kind == "decision"}
    during, words = _times(uow, ids), read_words(uow, ids)
    found: dict[tuple[str, str, str | None], WaivedGoal] = {}
    for row in rows:
        by_plugin = row.waiver_kind == "plugin"
        key = (row.goal_id, row.waiver_key, row.appointment_id if by_plugin else None)
        if key not in found:
            found[key] = _by_plugin(row) if by_plugin else _by_decision(row, during, words)
    return list(found.values())


def _by_plugin(row: sa.Row[Any]) -> WaivedGoal:
    said = (row.waiver_reason, "", "", row.waiver_key, row.appointment_id)
    what = (row.goal_id, row.person_id, None, row.title, row.goal_kind, row.name)
    return WaivedGoal(*what, row.valid_from, row.valid_to, *said)


def _by_decision(row: sa.Row[Any], during: Mapping[str, Interval], words: Mapping[str, Words]) -> WaivedGoal:
    said = words.get(row.waiver_key, _NOTHING)
    what = (row.goal_id, row.person_id, row.waiver_key, row.title, row.goal_kind, row.name)
    return WaivedGoal(*what, *during[row.waiver_key], said.reason, said.evidence, said.by)


def _times(uow: UnitOfWork, decision_ids: Collection[str]) -> dict[str, Interval]:
    table = tables.goal_decision
    query = sa.select(table.c.id, table.c.valid_from, table.c.valid_to)
    rows = uow.connection.execute(query.where(uow.among(table.c.id, list(decision_ids))))
    return {row.id: (row.valid_from, row.valid_to) for row in rows}
