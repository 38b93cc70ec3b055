"""The ledger of credit: what the crediting rule says, compared with what is booked, and the difference appended."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.ids import new_id
from hub.journal import Event, announce
from hub.store import UnitOfWork
from hub.store.types import Id, Time
from hub.training import tables
from hub.training.courses.offerings import read_steps
from hub.training.credit.crediting import CompletionFact, SourceWindow, decisive_completion
from hub.training.events import CreditGranted, CreditRevoked

CHUNK = 5_000
_PAIR = {"person_id": Id(), "offering_id": Id()}


def credit_goals(uow: UnitOfWork, goal_ids: Iterable[str]) -> None:
    """Bring the ledger of these goals up to what their sources and completions say.

    Call with the people locked (``network.people.person.lock_people``). A goal that lost its sources keeps its credit as long as
    the evidence stands; everything is in the caller's unit, so one completion credits all goals at once or none.
    """
    ids = sorted(set(goal_ids))
    for start in range(0, len(ids), CHUNK):
        _credit_chunk(uow, ids[start : start + CHUNK])


def goals_for_offerings(uow: UnitOfWork, pairs: Iterable[tuple[str, str]]) -> set[str]:
    """Ids of the goals that completions of (person, offering) can reach, directly or as a step of a path."""
    step, goal = tables.path_step, tables.goal
    wanted = uow.listed(_PAIR, set(pairs))
    direct = sa.select(goal.c.id).join(
        wanted,
        sa.and_(
            goal.c.person_id == wanted.c.person_id,
            goal.c.target_kind == "offering",
            goal.c.target_id == wanted.c.offering_id,
        ),
    )
    by_path = (
        sa.select(goal.c.id)
        .join(wanted, goal.c.person_id == wanted.c.person_id)
        .join(
            step,
            sa.and_(
                step.c.offering_id == wanted.c.offering_id,
                goal.c.target_kind == "path",
                goal.c.target_id == step.c.path_id,
            ),
        )
    )
    return {*uow.connection.scalars(direct), *uow.connection.scalars(by_path)}


def count_changed_credits(
    uow: UnitOfWork, goal_ids: Iterable[str], supposed: "Supposed"
) -> tuple[dict[str, str], dict[str, str]]:
    """What crediting would change if completions were other than they are: people by goal id, with new credit and without.

    Reads only. A goal that keeps its credit on other evidence is in neither.
    """
    given: dict[str, str] = {}
    taken: dict[str, str] = {}
    ids = sorted(set(goal_ids))
    for start in range(0, len(ids), CHUNK):
        for standing in _standings(uow, ids[start : start + CHUNK], supposed):
            if standing.live is None and standing.due is not None:
                given[standing.goal.id] = standing.goal.person_id
            elif standing.live is not None and standing.due is None:
                taken[standing.goal.id] = standing.goal.person_id
    return given, taken


@dataclass(frozen=True)
class Supposed:
    """Completions as they would be: ``added`` by (person, offering), and those that are ``gone`` by (statement, offering)."""

    added: Mapping[tuple[str, str], Sequence[CompletionFact]] = field(default_factory=dict)
    gone: frozenset[tuple[str, str]] = frozenset()


NOTHING = Supposed()


@dataclass(frozen=True)
class _Standing:
    """A goal with its last entry in the ledger, its live credit, and the completion that is due to be its credit."""

    goal: sa.Row[Any]
    last: sa.Row[Any] | None
    live: sa.Row[Any] | None
    due: CompletionFact | None


def _credit_chunk(uow: UnitOfWork, goal_ids: Sequence[str]) -> None:
    booked: list[dict[str, Any]] = []
    events: list[Event] = []
    for standing in _standings(uow, goal_ids, Supposed()):
        _book(uow, standing.goal, standing.last, standing.live, standing.due, booked, events)
    uow.execute_many(sa.insert(tables.credit_ledger), booked)
    _set_reached(uow, booked)
    if events:
        announce(uow, events)


def _standings(uow: UnitOfWork, goal_ids: Sequence[str], supposed: Supposed) -> Iterator[_Standing]:
    goals = _worth_a_look(uow, goal_ids, {person_id for person_id, _ in supposed.added})
    if not goals:
        return
    goal_ids = [goal.id for goal in goals]
    paths = read_steps(uow, {g.target_id for g in goals if g.target_kind == "path"})
    steps = {g.id: paths.get(g.target_id, []) if g.target_kind == "path" else [g.target_id] for g in goals}
    completions = completions_of(uow, {(g.person_id, o) for g in goals for o in steps[g.id]}, supposed)
    windows = _windows(uow, goal_ids)
    entries = last_entries(uow, goal_ids)
    for goal in goals:
        mine = completions.get(goal.person_id, {})
        last = entries.get(goal.id)
        live = last if last is not None and last.kind == "credit" else None
        if windows.get(goal.id):
            due = decisive_completion(windows[goal.id], steps[goal.id], mine)
        else:
            due = still_standing(live, steps[goal.id], mine)
        yield _Standing(goal, last, live, due)


def _worth_a_look(uow: UnitOfWork, goal_ids: Sequence[str], active: set[str]) -> list[sa.Row[Any]]:
    """The goals that are credited, or whose person has completed anything at all: most new goals are neither."""
    goal, completion = tables.goal, tables.completion
    worth = [goal.c.reached_at.is_not(None), sa.exists().where(completion.c.person_id == goal.c.person_id)]
    if active:
        worth.append(uow.among(goal.c.person_id, active))
    query = sa.select(goal).where(uow.among(goal.c.id, goal_ids), sa.or_(*worth))
    return list(uow.connection.execute(query).all())


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


def still_standing(
    live: sa.Row[Any] | None, steps: Sequence[str], completions: Mapping[str, Sequence[CompletionFact]]
) -> CompletionFact | None:
    """For a goal that nothing asks for any more: its credit stays while its evidence does."""
    if live is None:
        return None
    facts = [c for offering_id in steps for c in completions.get(offering_id, ())]
    return next((c for c in facts if c.statement_id == live.statement_id), None)


def _set_reached(uow: UnitOfWork, booked: Sequence[Mapping[str, Any]]) -> None:
    reached = {e["goal_id"]: e["completed_at"] if e["kind"] == "credit" else None for e in booked}
    goal, rows = tables.goal, sorted(reached.items())
    if uow.is_sqlite:
        update = sa.update(goal).where(goal.c.id == sa.bindparam("goal"))
        uow.execute_many(
            update.values(reached_at=sa.bindparam("at")), [{"goal": id, "at": at} for id, at in rows]
        )
    elif rows:
        new = uow.listed({"id": Id(), "at": Time()}, rows)
        uow.connection.execute(sa.update(goal).where(goal.c.id == new.c.id).values(reached_at=new.c.at))


def completions_of(
    uow: UnitOfWork, pairs: Iterable[tuple[str, str]], supposed: Supposed = NOTHING
) -> dict[str, dict[str, list[CompletionFact]]]:
    """What people completed of offerings, given as pairs of both, by person and offering."""
    table, wanted = tables.completion, uow.listed(_PAIR, set(pairs))
    found: dict[str, dict[str, list[CompletionFact]]] = {}
    rows = uow.connection.execute(
        sa.select(table).join(
            wanted,
            sa.and_(table.c.person_id == wanted.c.person_id, table.c.offering_id == wanted.c.offering_id),
        )
    )
    for r in rows:
        if (r.statement_id, r.offering_id) not in supposed.gone:
            fact = CompletionFact(r.completed_at, r.statement_id, r.policy, r.policy_version)
            found.setdefault(r.person_id, {}).setdefault(r.offering_id, []).append(fact)
    for (person_id, offering_id), facts in supposed.added.items():
        found.setdefault(person_id, {}).setdefault(offering_id, []).extend(facts)
    return found


def _windows(uow: UnitOfWork, goal_ids: Sequence[str]) -> dict[str, list[SourceWindow]]:
    source = tables.goal_source
    found: dict[str, list[SourceWindow]] = {}
    rows = uow.connection.execute(
        sa.select(source.c.goal_id, source.c.valid_from, source.c.valid_to, source.c.look_back_days).where(
            uow.among(source.c.goal_id, goal_ids)
        )
    )
    for r in rows:
        found.setdefault(r.goal_id, []).append(SourceWindow(r.valid_from, r.valid_to, r.look_back_days))
    return found


def last_entries(uow: UnitOfWork, goal_ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """The last entry in the ledger of each goal that has one."""
    ledger = tables.credit_ledger
    newest = (
        sa.select(ledger.c.goal_id, sa.func.max(ledger.c.turn).label("turn"))
        .where(uow.among(ledger.c.goal_id, goal_ids))
        .group_by(ledger.c.goal_id)
        .subquery()
    )
    rows = uow.connection.execute(
        sa.select(ledger).join(
            newest, sa.and_(newest.c.goal_id == ledger.c.goal_id, newest.c.turn == ledger.c.turn)
        )
    )
    return {row.goal_id: row for row in rows}
