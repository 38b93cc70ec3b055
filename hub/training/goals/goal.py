"""Goals: what a person is to reach, for which dimension, and every source that says so."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import sqlalchemy as sa

from hub.ids import derived_id
from hub.journal import announce
from hub.store import UnitOfWork
from hub.training import tables
from hub.training.events import PlanChanged

if TYPE_CHECKING:
    from hub.training.goals.waivers import WaivedSource

TargetKind = Literal["offering", "path"]
GoalKind = Literal["brand", "compliance", "development", "review"]
REVIEW: GoalKind = "review"
"""Of performance: confidential between the person and those who look after an internal appointment of theirs."""


class GoalKey(NamedTuple):
    """What makes two goals the same. Two rules of one dimension make one goal, two dimensions make two."""

    person_id: str
    target_kind: str
    target_id: str
    kind: str
    dimension: str

    @property
    def id(self) -> str:
        """The goal's id, the same whenever the goal is worked out again."""
        return _id_of(self)


@lru_cache(maxsize=1 << 14)
def _id_of(key: GoalKey) -> str:
    """Each goal is asked for its id by each of its sources."""
    return derived_id("goal", *key)


@dataclass(frozen=True)
class Source:
    """One reason for a goal, for ``[valid_from, valid_to)``: a rule, a plugin or a manager through one appointment, or the learner.

    While a ``binding`` one is valid, nobody waives its goal.
    """

    goal: GoalKey
    kind: str
    source_key: str
    version: str
    appointment_id: str | None
    reason: Mapping[str, Any]
    valid_from: datetime
    valid_to: datetime | None
    due_at: datetime | None
    look_back_days: int | None
    binding: bool = False

    @property
    def goal_id(self) -> str:
        """The id of the source's goal."""
        return self.goal.id

    @cached_property
    def id(self) -> str:
        """The source's id, the same whenever it is worked out again."""
        valid_from = self.valid_from.isoformat()
        appointment = self.appointment_id or ""
        return derived_id("source", self.goal_id, self.kind, self.source_key, appointment, valid_from)

    def row(self) -> dict[str, Any]:
        """The row of ``goal_source``."""
        return {
            "id": self.id,
            "goal_id": self.goal_id,
            "kind": self.kind,
            "source_key": self.source_key,
            "version": self.version,
            "appointment_id": self.appointment_id,
            "reason": dict(self.reason),
            "valid_from": self.valid_from,
            "valid_to": self.valid_to,
            "due_at": self.due_at,
            "look_back_days": self.look_back_days,
            "binding": self.binding,
        }


def joined(sources: Iterable[Source]) -> list[Source]:
    """Sources without two of one id: what two audiences ask by one workflow from one instant on is asked until the last of them ends.

    It is due when the first of them wants it.
    """
    found: dict[tuple[Any, ...], Source] = {}
    for source in sources:
        same = source.goal, source.kind, source.source_key, source.appointment_id, source.valid_from
        known = found.get(same)
        found[same] = source if known is None else join(known, source)
    return list(found.values())


def join(one: Source, other: Source) -> Source:
    """Two sources of one id as one."""
    first, _ = sorted((one, other), key=lambda each: (each.version, str(sorted(each.reason.items()))))
    ends = [each.valid_to for each in (one, other)]
    days = [each.look_back_days for each in (one, other)]
    return replace(
        first,
        valid_to=None if None in ends else max(end for end in ends if end is not None),
        due_at=min((each.due_at for each in (one, other) if each.due_at is not None), default=None),
        look_back_days=None if None in days else max(count for count in days if count is not None),
        binding=one.binding or other.binding,
    )


def set_goals(
    uow: UnitOfWork,
    person_ids: Sequence[str],
    wanted: Iterable[Source],
    waived: Iterable["WaivedSource"] = (),
) -> set[str]:
    """Make the sources of these people's goals equal to ``wanted``, and what is waived too; ids of the goals that were touched.

    Goals are never deleted, because the ledger refers to them: a goal without a valid source is not shown.
    """
    by_id = {source.id: source for source in wanted}
    waived_by_id = {each.id: each for each in waived}
    goals = {s.goal_id: s.goal for s in (*by_id.values(), *(w.source for w in waived_by_id.values()))}
    there = _goals_of(uow, person_ids)
    _insert_goals(uow, {id: goal for id, goal in goals.items() if id not in there})
    touched = _write(uow, tables.goal_source, there, {id: s.row() for id, s in by_id.items()}, goals)
    rows = {id: each.row() for id, each in waived_by_id.items()}
    return touched | _write(uow, tables.waived_source, there, rows, goals)


def _write(
    uow: UnitOfWork,
    table: sa.Table,
    there: Collection[str],
    wanted: Mapping[str, dict[str, Any]],
    goals: Mapping[str, GoalKey],
) -> set[str]:
    """Make the rows of the goals that were there in a table of sources equal to ``wanted``; ids of the goals concerned."""
    known = _known_sources(uow, table, there)
    added = [id for id in wanted if id not in known]
    changed = [id for id, row in wanted.items() if id in known and known[id] != row]
    gone = [id for id in known if id not in wanted]
    if table is tables.goal_source:
        asked = {goals[wanted[id]["goal_id"]] for id in (*added, *changed)}
        _announce(uow, asked, {row["goal_id"] for row in known.values()})
    # What changed is written anew: thousands of rows at once, where each update would be a round trip.
    _delete_sources(uow, table, [*gone, *changed])
    uow.execute_many(sa.insert(table), [wanted[id] for id in (*added, *changed)])
    return {wanted[id]["goal_id"] for id in (*added, *changed)} | {known[id]["goal_id"] for id in gone}


def _announce(uow: UnitOfWork, asked: Collection[GoalKey], known: Collection[str]) -> None:
    """Say whose plan asks for something else than before; what is only withdrawn is no news."""
    added: dict[str, list[str]] = {}
    for goal in asked:
        mine = added.setdefault(goal.person_id, [])
        if goal.id not in known:
            mine.append(goal.id)
    if added:
        announce(
            uow, [PlanChanged(person_id, tuple(sorted(ids))) for person_id, ids in sorted(added.items())]
        )


def _goals_of(uow: UnitOfWork, person_ids: Sequence[str]) -> set[str]:
    goal = tables.goal
    return set(uow.connection.scalars(sa.select(goal.c.id).where(uow.among(goal.c.person_id, person_ids))))


def _known_sources(uow: UnitOfWork, source: sa.Table, goal_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Of goals by their ids alone: the rows read are the same however many goals others have."""
    names, known, ids = list(source.c.keys()), {}, sorted(goal_ids)
    for start in range(0, len(ids), 10_000):
        some = sa.select(source).where(uow.among(source.c.goal_id, ids[start : start + 10_000]))
        for row in uow.connection.execute(some):
            known[row.id] = dict(zip(names, row, strict=True))
    return known


def _insert_goals(uow: UnitOfWork, by_id: Mapping[str, GoalKey]) -> None:
    uow.execute_many(sa.insert(tables.goal), [{"id": id, **by_id[id]._asdict()} for id in sorted(by_id)])


def _delete_sources(uow: UnitOfWork, table: sa.Table, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), 10_000):
        uow.connection.execute(sa.delete(table).where(uow.among(table.c.id, ids[start : start + 10_000])))
