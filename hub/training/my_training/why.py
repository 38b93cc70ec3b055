"""Why somebody has a goal, and what its credit rests on: everything the page "Why?" shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import is_id
from hub.journal.tables import statement as statement_table
from hub.journal.tables import statement_id as id_table
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.training import tables
from hub.training.courses.targets import title_of
from hub.training.credit.uncounted import Uncounted, read_uncounted
from hub.training.goals.goal import REVIEW
from hub.training.my_training.plan import PlanLine, read_plan


@dataclass(frozen=True)
class LedgerEntry:
    """One entry of a goal's ledger with its evidence; ``kind`` is credit or void.

    ``lms`` sent the statement, with ``verb`` (an IRI) about ``activity_id``. ``score`` is scaled, -1 to 1; ``recognized_by`` is the
    plugin that took it for a completion; both are missing once the evidence is voided.
    """

    kind: str
    policy: str
    policy_version: str
    completed_at: datetime
    recorded_at: datetime
    statement_id: str
    verb: str
    activity_id: str
    lms: str
    score: float | None
    recognized_by: str


@dataclass(frozen=True)
class Why:
    """A goal's line, with all goals on it, and every goal's ledger by goal id. ``line`` is None once nothing asks for it.

    ``uncounted`` are completions that open goals do not count, by goal id. ``target`` is how a form names what it is about.
    """

    goal_id: str
    title: str
    line: PlanLine | None
    ledger: dict[str, tuple[LedgerEntry, ...]]
    uncounted: dict[str, tuple[Uncounted, ...]] = field(default_factory=dict)
    target: str = ""


def read_why(uow: UnitOfWork, person_id: str, goal_id: str, *, reviews: bool = True) -> Why:
    """All about a person's own goal. Missing ``no_goal`` for anybody else's, as for one there is not.

    Without ``reviews`` as others may see it: a goal of that kind is not there.
    """
    goal = tables.goal
    found = (
        uow.connection.execute(
            sa.select(goal).where(goal.c.id == goal_id, goal.c.person_id == person_id)
        ).one_or_none()
        if is_id(goal_id)
        else None
    )
    if found is None or (found.kind == REVIEW and not reviews):
        raise Missing(
            "no_goal", "There is no such goal in your training.", "Open My training to see what there is."
        )
    plan = read_plan(uow, person_id, (found.target_kind, found.target_id), reviews=reviews)
    line = next((x for x in (*plan.open, *plan.done) if goal_id in {g.id for g in x.goals}), None)
    title = line.title if line else title_of(uow, found.target_kind, found.target_id)
    goal_ids = {goal_id, *(g.id for g in line.goals)} if line else {goal_id}
    uncounted = read_uncounted(uow, person_id, line) if line else {}
    target = f"{found.target_kind}:{found.target_id}"
    return Why(goal_id, title, line, _ledger(uow, sorted(goal_ids)), uncounted, target)


def _ledger(uow: UnitOfWork, goal_ids: Sequence[str]) -> dict[str, tuple[LedgerEntry, ...]]:
    ledger, s, connection, completion = (
        tables.credit_ledger,
        statement_table,
        network.connection,
        tables.completion,
    )
    rows = uow.connection.execute(
        sa.select(
            ledger,
            s.c.verb,
            s.c.object_id,
            connection.c.name.label("lms"),
            completion.c.score,
            completion.c.recognized_by,
        )
        .outerjoin(id_table, id_table.c.id == ledger.c.statement_id)
        .outerjoin(s, s.c.position == id_table.c.position)
        .outerjoin(connection, connection.c.id == s.c.connection_id)
        .outerjoin(
            completion,
            sa.and_(
                completion.c.statement_id == ledger.c.statement_id,
                completion.c.person_id == ledger.c.person_id,
            ),
        )
        .where(ledger.c.goal_id.in_(goal_ids))
        .order_by(ledger.c.goal_id, ledger.c.turn)
    )
    found: dict[str, tuple[LedgerEntry, ...]] = {}
    for r in rows:
        entry = LedgerEntry(
            r.kind,
            r.policy,
            r.policy_version,
            r.completed_at,
            r.recorded_at,
            r.statement_id,
            r.verb or "",
            r.object_id or "",
            r.lms or "",
            r.score,
            r.recognized_by or "",
        )
        found[r.goal_id] = (*found.get(r.goal_id, ()), entry)
    return found
