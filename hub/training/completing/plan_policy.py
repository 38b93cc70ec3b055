"""What a completion policy would change, worked out on the statements that are there; and putting it into force."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.errors import Conflict
from hub.ids import content_hash
from hub.journal.plain import canonical_json
from hub.journal.tables import reader as reader_table
from hub.store import UnitOfWork
from hub.training import tables
from hub.training.completing.completion import Offering
from hub.training.completing.policies import read_policy, set_policy
from hub.training.completing.policy import Policy
from hub.training.completing.policy_statements import relevant_statements
from hub.training.courses.offerings import offering_of
from hub.training.credit.credit_goals import Supposed, count_changed_credits, goals_for_offerings
from hub.training.credit.crediting import CompletionFact
from hub.training.credit.recognize import judge, people_of_statements, recognize, voided_among

if TYPE_CHECKING:
    from hub.runtime import Hub

SAMPLES = 5
Pair = tuple[str, str]
"""Ids of a statement or a person, and of an offering."""


@dataclass(frozen=True)
class Effect:
    """What becomes of completions or credits: how many, and ids of a few of the people concerned."""

    added: int
    kept: int
    gone: int
    added_people: tuple[str, ...] = ()
    gone_people: tuple[str, ...] = ()


@dataclass(frozen=True)
class PolicyPlan:
    """What putting ``policy`` into force would do, on statements up to the position ``up_to``.

    ``policy.version`` is the one in force now. ``by_offering`` are the completions of single courses that change, by id.
    """

    policy: Policy
    up_to: int
    statements: int
    completions: Effect
    credits: Effect
    by_offering: Mapping[str, Effect] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """The same for the same policy with the same effect."""
        told: dict[str, Any] = {
            "policy": self.policy.as_json(),
            "up_to": self.up_to,
            "completions": vars(self.completions),
            "credits": vars(self.credits),
        }
        return content_hash(canonical_json(told))


class PlanChanged(Conflict):
    """What was planned is not what would be done now; ``plan`` is what would be."""

    def __init__(self, plan: PolicyPlan) -> None:
        super().__init__(
            "plan_changed",
            "What the policy would change is not what you have seen; nothing was changed.",
            "Look at what it would do now, and decide again.",
        )
        self.plan = plan


def plan_policy(
    uow: UnitOfWork,
    policy: Policy,
    up_to: int | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> PolicyPlan:
    """What would change; reads only. ``up_to`` is that of an earlier plan which is to be compared; None: all that is read.

    BadInput ``bad_policy``. Every statement that matters is judged by the plugins, as it would be by recognition.
    """
    policy.check()
    if up_to is None:
        reader = reader_table.c
        up_to = uow.connection.scalar(sa.select(reader.position).where(reader.name == recognize.name)) or 0
    draft = _Draft(
        uow, Policy(policy.connection_id, policy.name, policy.version + 1, policy.terms, policy.overrides)
    )
    for rows in relevant_statements(uow, draft.policy, up_to):
        draft.judge(rows)
        progress("statements", draft.statements, draft.statements)
    credits = _credits(uow, draft)
    return PolicyPlan(
        policy,
        up_to,
        draft.statements,
        draft.effect(),
        credits,
        {id: draft.effect(id) for id in draft.changed()},
    )


def put_into_force(
    hub: "Hub", policy: Policy, plan_hash: str, up_to: int, actor_id: str | None = None
) -> Policy:
    """Put a policy into force whose plan somebody has seen; the policy with its new version.

    Raises PlanChanged with the new plan when it would do something else now, and as ``set_policy``. The worker recognizes
    what there is anew and appends the difference to the ledger: a credit whose evidence counts no longer is taken back by an
    entry of its own, one that stays keeps the policy and version it was given under.
    """
    with hub.reading() as uow:
        in_force = read_policy(uow, policy.connection_id)
        if (in_force.version if in_force else 0) == policy.version:
            plan = plan_policy(uow, policy, up_to)
            if plan.hash != plan_hash:
                raise PlanChanged(plan)
    with hub.unit_of_work() as uow:
        return set_policy(uow, policy, actor_id)


class _Draft:
    """Completions under a policy that is not in force, compared with those there are."""

    def __init__(self, uow: UnitOfWork, policy: Policy) -> None:
        self.uow, self.policy, self.statements = uow, policy, 0
        table = tables.offering
        rows = uow.connection.execute(sa.select(table).where(table.c.connection_id == policy.connection_id))
        self._offerings: dict[str, Offering] = {row.activity_id: offering_of(row, policy) for row in rows}
        self._seen: set[str] = set()
        self.added: dict[Pair, list[CompletionFact]] = defaultdict(list)
        self.gone: dict[Pair, str] = {}
        self.kept: dict[Pair, str] = {}

    def judge(self, rows: Any) -> None:
        uow, table = self.uow, tables.completion
        people, voided = people_of_statements(uow, rows), voided_among(uow, rows)
        stored = uow.connection.execute(
            sa.select(table).where(table.c.statement_id.in_([r.id for r in rows]))
        )
        known = {(row.statement_id, row.offering_id): row.person_id for row in stored}
        for row in rows:
            offering = self._offerings.get(row.object_id)
            self.statements += row.id not in self._seen
            self._seen.add(row.id)
            if offering is None or row.id not in people or row.id in voided:
                continue
            holds = judge(uow, row, offering) is not None
            self._note((row.id, offering.id), people[row.id], row, holds, was=(row.id, offering.id) in known)

    def _note(self, pair: Pair, person_id: str, row: Any, holds: bool, *, was: bool) -> None:
        if holds and was:
            self.kept[pair] = person_id
        elif was:
            self.gone[pair] = person_id
        elif holds:
            self.added[person_id, pair[1]].append(CompletionFact(row.timestamp, row.id))

    def effect(self, offering_id: str | None = None) -> Effect:
        """Of all courses, or of one."""
        added = {pair: facts for pair, facts in self.added.items() if offering_id in (None, pair[1])}
        gone = {pair: person for pair, person in self.gone.items() if offering_id in (None, pair[1])}
        kept = [pair for pair in self.kept if offering_id in (None, pair[1])]
        return Effect(
            sum(map(len, added.values())),
            len(kept),
            len(gone),
            _sample(person for person, _ in added),
            _sample(gone.values()),
        )

    def changed(self) -> list[str]:
        """Ids of the courses with completions that would come or go."""
        return sorted({offering for _, offering in (*self.added, *self.gone)})


def _credits(uow: UnitOfWork, draft: _Draft) -> Effect:
    pairs = {*draft.added, *((person, offering) for (_, offering), person in draft.gone.items())}
    goals = goals_for_offerings(uow, pairs)
    given, taken = count_changed_credits(uow, goals, Supposed(draft.added, frozenset(draft.gone)))
    live = _live_credits(uow, draft.policy.connection_id)
    return Effect(len(given), live - len(taken), len(taken), _sample(given.values()), _sample(taken.values()))


def _live_credits(uow: UnitOfWork, connection_id: str) -> int:
    """Goals that are reached through courses of a connection, alone or as a step of a path."""
    goal, step, offering = tables.goal, tables.path_step, tables.offering
    courses = sa.select(offering.c.id).where(offering.c.connection_id == connection_id)
    paths = sa.select(step.c.path_id).where(step.c.offering_id.in_(courses))
    by_target = sa.or_(
        sa.and_(goal.c.target_kind == "offering", goal.c.target_id.in_(courses)),
        sa.and_(goal.c.target_kind == "path", goal.c.target_id.in_(paths)),
    )
    query = sa.select(sa.func.count()).select_from(goal).where(goal.c.reached_at.is_not(None), by_target)
    return uow.connection.scalar(query) or 0


def _sample(people: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(people))[:SAMPLES])
