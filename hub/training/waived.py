"""Goals that nothing asks for because somebody waived them: what, why, by whom and until when. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.network import tables as network
from hub.store import UnitOfWork, valid_at
from hub.training import tables
from hub.training.decisions import Words, read_words

_NOTHING = Words("", "", "")


@dataclass(frozen=True)
class WaivedGoal:
    """A goal while a waiver holds. ``until`` is exclusive, None while nothing ends it; ``reason`` and ``by`` are the manager's."""

    goal_id: str
    person_id: str
    decision_id: str
    title: str
    kind: str
    dimension_name: str
    since: datetime
    until: datetime | None
    reason: str
    evidence: str
    by: str


def read_waived(uow: UnitOfWork, person_id: str) -> list[WaivedGoal]:
    """What is waived for a person now, by title."""
    return list_waived(uow, [person_id], sa.true(), uow.now)


def list_waived(
    uow: UnitOfWork, person_ids: Sequence[str], visible: sa.ColumnElement[bool], at: datetime
) -> list[WaivedGoal]:
    """The same for many people as of an instant, as far as ``visible`` lets through rows of the table ``goal``."""
    goal, waived, decision = tables.goal, tables.waived_source, tables.goal_decision
    offering, path, dimension = tables.offering, tables.path, network.dimension
    title = sa.func.coalesce(offering.c.title, path.c.title)
    held = sa.exists().where(
        waived.c.goal_id == goal.c.id,
        waived.c.waiver_key == sa.cast(decision.c.id, sa.String(36)),
        valid_at(waived, at),
    )
    same = [decision.c[name] == goal.c[name] for name in ("person_id", "target_kind", "target_id", "kind")]
    rows = uow.connection.execute(
        sa.select(
            goal.c.id.label("goal_id"),
            goal.c.person_id,
            goal.c.kind,
            decision.c.id.label("decision_id"),
            decision.c.valid_from,
            decision.c.valid_to,
            dimension.c.name,
            title.label("title"),
        )
        .join(decision, sa.and_(*same, decision.c.dimension == goal.c.dimension))
        .join(dimension, dimension.c.key == goal.c.dimension)
        .outerjoin(offering, sa.and_(goal.c.target_kind == "offering", offering.c.id == goal.c.target_id))
        .outerjoin(path, sa.and_(goal.c.target_kind == "path", path.c.id == goal.c.target_id))
        .where(uow.among(goal.c.person_id, list(person_ids)), visible, decision.c.verdict == "waive", held)
        .order_by(title, goal.c.id)
    ).all()
    words = read_words(uow, {row.decision_id for row in rows})
    return [
        WaivedGoal(
            r.goal_id,
            r.person_id,
            r.decision_id,
            r.title,
            r.kind,
            r.name,
            r.valid_from,
            r.valid_to,
            (said := words.get(r.decision_id, _NOTHING)).reason,
            said.evidence,
            said.by,
        )
        for r in rows
    ]
