"""The ledger of credit: what the crediting rule says, compared with what is booked, and the difference appended."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.ids import new_id
from hub.journal import Event, announce
from hub.store import UnitOfWork
from hub.training import tables
from hub.training.crediting import CompletionFact, SourceWindow, decisive_completion
from hub.training.events import CreditGranted, CreditRevoked
from hub.training.offerings import read_steps

CHUNK = 500


def credit_goals(uow: UnitOfWork, goal_ids: Iterable[str]) -> None:
    """Bring the ledger of these goals up to what their sources and completions say.

    Call with the people locked (``network.people.lock_people``). A goal that lost its sources keeps its credit as long as
    the evidence stands; everything is in the caller's unit, so one completion credits all goals at once or none.
    """
    ids = sorted(set(goal_ids))
    for start in range(0, len(ids), CHUNK):
        _credit_chunk(uow, ids[start : start + CHUNK])


def goals_for_offerings(uow: UnitOfWork, pairs: Iterable[tuple[str, str]]) -> set[str]:
    """Ids of the goals that completions of (person, offering) can reach, directly or as a step of a path."""
    wanted: dict[str, set[str]] = {}
    for person_id, offering_id in pairs:
        wanted.setdefault(offering_id, set()).add(person_id)
    step, goal = tables.path_step, tables.goal
    found: set[str] = set()
    for offering_id, people in wanted.items():
        paths = sa.select(step.c.path_id).where(step.c.offering_id == offering_id)
        found |= set(
            uow.connection.scalars(
                sa.select(goal.c.id).where(
                    goal.c.person_id.in_(people),
                    sa.or_(
                        sa.and_(goal.c.target_kind == "offering", goal.c.target_id == offering_id),
                        sa.and_(goal.c.target_kind == "path", goal.c.target_id.in_(paths)),
                    ),
                )
            )
        )
    return found


def _credit_chunk(uow: UnitOfWork, goal_ids: Sequence[str]) -> None:
    goals = _worth_a_look(uow, goal_ids)
    if not goals:
        return
    goal_ids = [goal.id for goal in goals]
    paths = read_steps(uow, {g.target_id for g in goals if g.target_kind == "path"})
    steps = {g.id: paths.get(g.target_id, []) if g.target_kind == "path" else [g.target_id] for g in goals}
    completions = _completions(
        uow, {g.person_id for g in goals}, {o for wanted in steps.values() for o in wanted}
    )
    windows = _windows(uow, goal_ids)
    entries = _last_entries(uow, goal_ids)
    booked: list[dict[str, Any]] = []
    events: list[Event] = []
    for goal in goals:
        mine = completions.get(goal.person_id, {})
        last = entries.get(goal.id)
        live = last if last is not None and last.kind == "credit" else None
        if windows.get(goal.id):
            due = decisive_completion(windows[goal.id], steps[goal.id], mine)
        else:
            due = _still_standing(live, steps[goal.id], mine)
        _book(uow, goal, last, live, due, booked, events)
    uow.execute_many(sa.insert(tables.credit_ledger), booked)
    _set_reached(uow, booked)
    if events:
        announce(uow, events)


def _worth_a_look(uow: UnitOfWork, goal_ids: Sequence[str]) -> list[sa.Row[Any]]:
    """The goals that are credited, or whose person has completed anything at all: most new goals are neither."""
    goals = uow.connection.execute(sa.select(tables.goal).where(tables.goal.c.id.in_(goal_ids))).all()
    person = tables.completion.c.person_id
    active = set(
        uow.connection.scalars(sa.select(person).where(person.in_({g.person_id for g in goals})).distinct())
    )
    return [goal for goal in goals if goal.reached_at is not None or goal.person_id in active]


def _book(
    uow: UnitOfWork,
    goal: sa.Row[Any],
    last: sa.Row[Any] | None,
    live: sa.Row[Any] | None,
    due: CompletionFact | None,
    booked: list[dict[str, Any]],
    events: list[Event],
) -> None:
    """Add the entries that turn what is booked into what is due."""
    if live is not None and due is not None and live.statement_id == due.statement_id:
        return
    turn = last.turn if last is not None else 0
    if live is not None:
        turn += 1
        booked.append(_entry(uow, goal, turn, "void", live))
        if due is None:
            events.append(CreditRevoked(goal.person_id, goal.id, live.statement_id))
    if due is not None:
        booked.append(_entry(uow, goal, turn + 1, "credit", due))
        if live is None:
            events.append(
                CreditGranted(
                    goal.person_id,
                    goal.id,
                    goal.target_kind,
                    goal.target_id,
                    goal.dimension,
                    due.statement_id,
                    due.completed_at,
                )
            )


def _entry(
    uow: UnitOfWork, goal: sa.Row[Any], turn: int, kind: str, evidence: CompletionFact | sa.Row[Any]
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "goal_id": goal.id,
        "person_id": goal.person_id,
        "statement_id": evidence.statement_id,
        "policy": evidence.policy,
        "policy_version": evidence.policy_version,
        "kind": kind,
        "amount": 1 if kind == "credit" else -1,
        "completed_at": evidence.completed_at,
        "recorded_at": uow.now,
        "turn": turn,
    }


def _still_standing(
    live: sa.Row[Any] | None, steps: Sequence[str], completions: Mapping[str, Sequence[CompletionFact]]
) -> CompletionFact | None:
    """For a goal that nothing asks for any more: its credit stays while its evidence does."""
    if live is None:
        return None
    facts = [c for offering_id in steps for c in completions.get(offering_id, ())]
    return next((c for c in facts if c.statement_id == live.statement_id), None)


def _set_reached(uow: UnitOfWork, booked: Sequence[Mapping[str, Any]]) -> None:
    reached = {e["goal_id"]: e["completed_at"] if e["kind"] == "credit" else None for e in booked}
    update = sa.update(tables.goal).where(tables.goal.c.id == sa.bindparam("goal"))
    uow.execute_many(
        update.values(reached_at=sa.bindparam("at")),
        [{"goal": id, "at": at} for id, at in sorted(reached.items())],
    )


def _completions(
    uow: UnitOfWork, person_ids: Iterable[str], offering_ids: Iterable[str]
) -> dict[str, dict[str, list[CompletionFact]]]:
    table = tables.completion
    found: dict[str, dict[str, list[CompletionFact]]] = {}
    rows = uow.connection.execute(
        sa.select(table).where(
            table.c.person_id.in_(list(person_ids)), table.c.offering_id.in_(list(offering_ids))
        )
    )
    for r in rows:
        fact = CompletionFact(r.completed_at, r.statement_id, r.policy, r.policy_version)
        found.setdefault(r.person_id, {}).setdefault(r.offering_id, []).append(fact)
    return found


def _windows(uow: UnitOfWork, goal_ids: Sequence[str]) -> dict[str, list[SourceWindow]]:
    source = tables.goal_source
    found: dict[str, list[SourceWindow]] = {}
    rows = uow.connection.execute(
        sa.select(source.c.goal_id, source.c.valid_from, source.c.valid_to, source.c.look_back_days).where(
            source.c.goal_id.in_(goal_ids)
        )
    )
    for r in rows:
        found.setdefault(r.goal_id, []).append(SourceWindow(r.valid_from, r.valid_to, r.look_back_days))
    return found


def _last_entries(uow: UnitOfWork, goal_ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    ledger = tables.credit_ledger
    newest = (
        sa.select(ledger.c.goal_id, sa.func.max(ledger.c.turn).label("turn"))
        .where(ledger.c.goal_id.in_(goal_ids))
        .group_by(ledger.c.goal_id)
        .subquery()
    )
    rows = uow.connection.execute(
        sa.select(ledger).join(
            newest, sa.and_(newest.c.goal_id == ledger.c.goal_id, newest.c.turn == ledger.c.turn)
        )
    )
    return {row.goal_id: row for row in rows}
