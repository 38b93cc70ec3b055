"""What people decided about goals: given by a manager, chosen by the learner, waived. Facts of the change journal.

The words in which somebody gave their reason are kept beside them and stand in no journal: they may be personal.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from hub.journal import Change, record_changes
from hub.network import tables as network
from hub.network.validity.intervals import Interval, Intervals, intersect
from hub.store import UnitOfWork
from hub.training import tables
from hub.training.goals.goal import GoalKey, Source

DECIDED = "goal_decided"
"""The kind of such changes in the journal."""
MOVED_FROM = "moved_from"
"""Beside the snapshot in such a change: the person whom the decision was about until then, if it was another one."""
Verdict = Literal["give", "choose", "waive"]
_TIMES = ("due_at", "valid_from", "valid_to")


@dataclass(frozen=True)
class Decision:
    """One decision about one goal, in force for ``[valid_from, valid_to)``.

    ``give``: a manager asks for the goal, through the ``appointments`` (ids) the manager looks after; ``binding`` says that nobody
    waives it. ``choose``: the learner asks for it, whatever appointments there are. ``waive``: nothing asks for it meanwhile.
    """

    id: str
    person_id: str
    verdict: Verdict
    target_kind: str
    target_id: str
    kind: str
    dimension: str
    actor_id: str | None
    valid_from: datetime
    valid_to: datetime | None = None
    appointments: tuple[str, ...] = ()
    binding: bool = False
    due_at: datetime | None = None
    look_back_days: int | None = None

    @property
    def goal(self) -> GoalKey:
        """The goal it is about."""
        return GoalKey(self.person_id, self.target_kind, self.target_id, self.kind, self.dimension)

    @property
    def during(self) -> Interval:
        """When it is in force."""
        return self.valid_from, self.valid_to


@dataclass(frozen=True)
class Words:
    """Why somebody decided so. ``evidence`` says where to look it up; ``by`` is their name, empty once they are erased."""

    reason: str
    evidence: str
    by: str


def sources_of_decision(decision: Decision, employed: Mapping[str, Interval]) -> Iterator[Source]:
    """What a decision asks for; ``employed`` tells when the person's appointments (ids) are in force.

    A goal that was given rests on the appointments it was given through; one that was chosen on nothing but the choice.
    """
    if decision.verdict == "choose":
        yield from _sources(decision, "self", None, intersect((decision.during,), (decision.during,)))
    elif decision.verdict == "give":
        for id in decision.appointments:
            if id in employed:
                yield from _sources(decision, "manager", id, intersect((decision.during,), (employed[id],)))


def record_decisions(uow: UnitOfWork, decisions: Sequence[Decision], moved_from: str | None = None) -> None:
    """Make decisions as given, and note them in the journal. ``moved_from`` is the person whom they were about before."""
    if not decisions:
        return
    bodies = [_body(decision) | {MOVED_FROM: moved_from} for decision in decisions]
    apply_decisions(uow, bodies)
    record_changes(
        uow, [Change(DECIDED, b["id"], b, person_id=b["person_id"], actor_id=b["actor_id"]) for b in bodies]
    )


def apply_decisions(uow: UnitOfWork, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Write decisions as changes of kind ``goal_decided`` have them, the last of each (also used by a rebuild)."""
    table = tables.goal_decision
    by_id = {body["id"]: _row(body) for body in bodies}
    known = set(uow.connection.scalars(sa.select(table.c.id).where(uow.among(table.c.id, list(by_id)))))
    for id in known:
        uow.connection.execute(sa.update(table).where(table.c.id == id).values(**by_id[id]))
    uow.execute_many(sa.insert(table), [row for id, row in by_id.items() if id not in known])


def read_decisions(uow: UnitOfWork, person_ids: Sequence[str]) -> dict[str, list[Decision]]:
    """Every decision about these people's goals, also past ones, by person."""
    table = tables.goal_decision
    found: dict[str, list[Decision]] = {}
    query = sa.select(table).where(uow.among(table.c.person_id, list(person_ids))).order_by(table.c.id)
    for row in uow.connection.execute(query):
        found.setdefault(row.person_id, []).append(decision_of(row))
    return found


def read_words(uow: UnitOfWork, decision_ids: Collection[str]) -> dict[str, Words]:
    """The words of decisions that are there, by id."""
    decision, words, detail = tables.goal_decision, tables.decision_words, network.person_detail
    rows = uow.connection.execute(
        sa.select(decision.c.id, words.c.reason, words.c.evidence, detail.c.given_name, detail.c.family_name)
        .outerjoin(words, words.c.decision_id == decision.c.id)
        .outerjoin(detail, detail.c.person_id == decision.c.actor_id)
        .where(uow.among(decision.c.id, list(decision_ids)))
    )
    return {
        r.id: Words(r.reason or "", r.evidence or "", f"{r.given_name or ''} {r.family_name or ''}".strip())
        for r in rows
    }


def decision_of(row: sa.Row[Any]) -> Decision:
    """A row of ``goal_decision`` as a decision."""
    values = dict(row._mapping)
    return Decision(**{**values, "appointments": tuple(values["appointments"])})


def _sources(
    decision: Decision, kind: str, appointment_id: str | None, during: Intervals
) -> Iterator[Source]:
    for start, end in during:
        yield Source(
            decision.goal,
            kind,
            decision.id,
            "1",
            appointment_id,
            {"by": decision.actor_id},
            start,
            end,
            decision.due_at,
            decision.look_back_days,
            decision.binding,
        )


def _body(decision: Decision) -> dict[str, Any]:
    values = {**asdict(decision), "appointments": list(decision.appointments)}
    return values | {name: at.isoformat() if (at := values[name]) else None for name in _TIMES}


def _row(body: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in body.items() if name != MOVED_FROM}
    return kept | {name: _time(body[name]) for name in _TIMES}


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
