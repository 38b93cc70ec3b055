"""Deleting what a retention plan says, some hundred statements at a time.

Each chunk is one unit of work with the run's progress, so that whoever is interrupted has deleted some chunks wholly and
the rest not at all. A run that was begun is carried on, by the command that is given its hash again or by a worker.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import new_id
from hub.journal import audit
from hub.journal.tables import reader as reader_table
from hub.journal.tables import statement
from hub.lifecycle import tables
from hub.lifecycle.delete_files import delete_files
from hub.lifecycle.delete_statements import delete_statements
from hub.lifecycle.plan_retention import RetentionPlan, RetentionPlanChanged, plan_retention
from hub.lifecycle.retention_query import readers_hold, ready_to_go
from hub.lifecycle.rules import Rule
from hub.network.people.person import lock_people
from hub.store import UnitOfWork
from hub.training.credit.recognize import recognize
from hub.training.tables import completion

if TYPE_CHECKING:
    from hub.runtime import Hub

CHUNK = 200
MAX_RUNS = 20
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Run:
    """One application of a plan. ``planned`` and ``statements`` are how many go in all and are gone so far."""

    id: str
    plan_hash: str
    began_at: datetime
    finished_at: datetime | None
    actor_id: str | None
    planned: int
    statements: int
    bytes: int
    attachments: int


def begin_retention(
    hub: "Hub", plan_hash: str, actor_id: str | None = None, progress: Progress = lambda *_: None
) -> Run:
    """Begin to delete what the plan with this hash says; an interrupted run of the same plan is carried on.

    Raises RetentionPlanChanged, with the plan as it is now, when it is another one. Nothing is deleted here: see
    ``carry_on``, which a worker calls as well.
    """
    table = tables.retention_run
    with hub.reading() as uow:
        open_run = sa.select(table).where(table.c.plan_hash == plan_hash, table.c.finished_at.is_(None))
        known = uow.connection.execute(open_run.limit(1)).one_or_none()
        if known is not None:
            return _run(known)
        plan = plan_retention(uow, progress)
    if plan.hash != plan_hash:
        hub.audit_refusal("retention", "plan_changed", actor_id=actor_id)
        raise RetentionPlanChanged(plan)
    with hub.unit_of_work() as uow:
        return _begin(uow, plan, actor_id)


def carry_on(hub: "Hub", run_id: str, chunks: int | None = None, progress: Progress = lambda *_: None) -> Run:
    """Delete the next so many chunks of a run, or all that are left; the run as it is then. Missing when there is none."""
    done = 0
    while True:
        with hub.unit_of_work() as uow:
            run, files = _delete_chunk(uow, run_id)
        delete_files(hub, files)
        progress("deleting", run.statements, max(run.planned, run.statements))
        done += 1
        if run.finished_at is not None or done == chunks:
            return run


def list_runs(uow: UnitOfWork) -> list[Run]:
    """The last MAX_RUNS runs, the newest first."""
    table = tables.retention_run
    rows = uow.connection.execute(sa.select(table).order_by(table.c.id.desc()).limit(MAX_RUNS))
    return [_run(row) for row in rows]


def unfinished_runs(uow: UnitOfWork) -> list[str]:
    """Ids of the runs that are to be carried on, the oldest first."""
    table = tables.retention_run
    query = sa.select(table.c.id).where(table.c.finished_at.is_(None)).order_by(table.c.id)
    return list(uow.connection.scalars(query))


def _begin(uow: UnitOfWork, plan: RetentionPlan, actor_id: str | None) -> Run:
    values: dict[str, Any] = {
        "id": new_id(),
        "plan_hash": plan.hash,
        "began_at": uow.now,
        "finished_at": None,
        "actor_id": actor_id,
        "position": 0,
        "plan": plan.as_json(),
        "deleted": {"statements": 0, "bytes": 0, "attachments": 0, "files": []},
    }
    table = tables.retention_run
    uow.connection.execute(sa.insert(table).values(**values))
    detail = {"plan": plan.hash, "statements": plan.statements}
    audit(uow, "retention_begun", values["id"], actor_id=actor_id, detail=detail)
    return _run(uow.connection.execute(sa.select(table).where(table.c.id == values["id"])).one())


def _delete_chunk(uow: UnitOfWork, run_id: str) -> tuple[Run, list[str]]:
    """Delete the next statements of a run; the run, and keys of files that can go when this unit has committed."""
    table = tables.retention_run
    row = uow.connection.execute(sa.select(table).where(table.c.id == run_id).with_for_update()).one_or_none()
    if row is None:
        raise Missing("no_run", "There is no such run.")
    if row.finished_at is not None:
        return _run(row), list(row.deleted["files"])
    # Takes turns with recognition, so that no statement goes while it becomes evidence.
    uow.connection.execute(
        sa.select(reader_table.c.name).where(reader_table.c.name == recognize.name).with_for_update()
    ).all()
    asked, positions = _next_positions(uow, row)
    deleted = delete_statements(uow, positions)
    total = dict(row.deleted)
    for name in ("statements", "bytes", "attachments"):
        total[name] += getattr(deleted, name)
    # Files of this chunk are noted until the next: whoever is interrupted in between deletes them then.
    values: dict[str, Any] = {"deleted": total | {"files": deleted.files}}
    if asked:
        values["position"] = asked[-1]
    else:
        values["finished_at"] = uow.now
        detail = {"plan": row.plan_hash, **{k: v for k, v in total.items() if k != "files"}}
        audit(uow, "retention_applied", row.id, actor_id=row.actor_id, detail=detail)
    uow.connection.execute(sa.update(table).where(table.c.id == run_id).values(**values))
    now = uow.connection.execute(sa.select(table).where(table.c.id == run_id)).one()
    return _run(now), [*row.deleted["files"], *deleted.files]


def _next_positions(uow: UnitOfWork, run: sa.Row[Any]) -> tuple[Sequence[int], Sequence[int]]:
    """What the rules ask for next, and what of it can go.

    Asked again once its people are locked: a goal may have made evidence of it meanwhile.
    """
    rules = [Rule(**rule) for rule in run.plan["rules"]]
    if not rules:
        return [], []
    ready = ready_to_go(rules, date.fromisoformat(run.plan["on"]), readers_hold(uow).up_to)
    asked = uow.connection.scalars(ready.where(statement.c.position > run.position).limit(CHUNK)).all()
    ids = sa.select(statement.c.id).where(uow.among(statement.c.position, asked))
    completing = completion.c.statement_id.in_(ids)
    people = sorted(set(uow.connection.scalars(sa.select(completion.c.person_id).where(completing))))
    if not people:
        return asked, asked
    lock_people(uow, people)
    positions = uow.connection.scalars(ready.where(uow.among(statement.c.position, asked))).all()
    gone = sa.select(statement.c.id).where(uow.among(statement.c.position, positions))
    uow.connection.execute(sa.delete(completion).where(completion.c.statement_id.in_(gone)))
    return asked, positions


def _run(row: sa.Row[Any]) -> Run:
    lines: list[Mapping[str, int]] = row.plan["lines"]
    return Run(
        row.id,
        row.plan_hash,
        row.began_at,
        row.finished_at,
        row.actor_id,
        sum(line["statements"] for line in lines),
        row.deleted["statements"],
        row.deleted["bytes"],
        row.deleted["attachments"],
    )
