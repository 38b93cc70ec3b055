"""Deciding about goals: giving one, choosing one, waiving one, and taking that back. Who may decide what is said in ``access``."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, get_args

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.ids import is_id, new_id
from hub.journal import audit
from hub.network import tables as network
from hub.network.people.person import lock_people, read_person
from hub.network.validity.dates import is_in_reach
from hub.store import UnitOfWork, valid_at
from hub.training import tables
from hub.training.goals.decisions import Decision, Verdict, decision_of, record_decisions
from hub.training.goals.goal import GoalKey, GoalKind, TargetKind
from hub.training.goals.waivers import NEVER_WAIVED

CHOSEN_KIND, CHOSEN_DIMENSION = "development", "general"
"""What a learner chooses is nobody else's business: it belongs to no dimension anybody looks after."""
MAX_WORDS = 1_000
_AUDITED = {"give": "goal_given", "choose": "goal_chosen", "waive": "goal_waived"}


def give_goal(
    uow: UnitOfWork,
    goal: GoalKey,
    appointment_ids: Sequence[str],
    *,
    reason: str,
    actor_id: str | None,
    due_at: datetime | None = None,
    look_back_days: int | None = None,
    binding: bool = False,
) -> str:
    """Ask for a goal from now on, as long as one of these appointments of the person is in force; the decision's id.

    BadInput ``bad_decision``; Missing ``no_person``, ``no_target``; Conflict ``already_given`` by the same one, ``goal_waived``.
    """
    lock_people(uow, [goal.person_id])
    _check(uow, goal, reason, due_at, look_back_days)
    if _live(uow, goal, "give", actor_id):
        raise Conflict("already_given", "You have given this goal already.")
    _refuse_waived(uow, goal)
    return _decide(
        uow,
        Decision(
            new_id(),
            verdict="give",
            actor_id=actor_id,
            valid_from=uow.now,
            appointments=tuple(sorted(set(appointment_ids))),
            binding=binding,
            due_at=due_at,
            look_back_days=look_back_days,
            **goal._asdict(),
        ),
        reason,
    )


def choose_goal(
    uow: UnitOfWork, person_id: str, target_kind: str, target_id: str, due_at: datetime | None = None
) -> str:
    """Let a person take a course or a path up; the decision's id. It stays whatever happens to the person's appointments (I14).

    BadInput ``bad_decision``; Missing ``no_person``, ``no_target``; Conflict ``already_chosen``, ``goal_waived``.
    """
    lock_people(uow, [person_id])
    goal = GoalKey(person_id, target_kind, target_id, CHOSEN_KIND, CHOSEN_DIMENSION)
    _check(uow, goal, "", due_at, None)
    if _live(uow, goal, "choose", person_id):
        raise Conflict("already_chosen", "You have chosen this already.")
    _refuse_waived(uow, goal)
    one = Decision(
        new_id(),
        verdict="choose",
        actor_id=person_id,
        valid_from=uow.now,
        due_at=due_at,
        **goal._asdict(),
    )
    return _decide(uow, one, "")


def waive_goal(
    uow: UnitOfWork,
    goal_id: str,
    *,
    reason: str,
    actor_id: str | None,
    evidence: str = "",
    until: datetime | None = None,
) -> str:
    """Let nothing ask for a goal from now on, or until an instant; the decision's id. Credit that is there stays.

    Missing ``no_goal`` unless something asks for it now; BadInput ``bad_decision`` without a reason, or when it would end before it
    begins; Conflict ``not_waivable`` (I13), ``goal_waived`` already, ``goal_reached``.
    """
    goal = read_goal(uow, goal_id)
    lock_people(uow, [goal.person_id])
    _check_words(reason, evidence)
    if not reason.strip():
        raise _bad("A waiver needs a reason.")
    _check_date(until)
    if until is not None and until <= uow.now:
        raise _bad("A waiver ends after it begins.")
    _refuse_waived(uow, goal)
    if is_binding(uow, goal):
        raise Conflict(
            "not_waivable", "This goal cannot be waived.", "Compliance goals and binding ones stay asked for."
        )
    row = uow.connection.execute(sa.select(tables.goal).where(tables.goal.c.id == goal_id)).one()
    if row.reached_at is not None:
        raise Conflict("goal_reached", "This goal is reached already: there is nothing to waive.")
    source = tables.goal_source
    asked = sa.select(source.c.id).where(source.c.goal_id == goal_id, valid_at(source, uow.now))
    if uow.connection.scalar(asked.limit(1)) is None:
        raise _no_goal()
    one = Decision(
        new_id(),
        verdict="waive",
        actor_id=actor_id,
        valid_from=uow.now,
        valid_to=until,
        **goal._asdict(),
    )
    return _decide(uow, one, reason, evidence)


def withdraw_decision(uow: UnitOfWork, decision_id: str, actor_id: str | None) -> bool:
    """End a decision now; False when it has ended already. Missing ``no_decision``."""
    decision = read_decision(uow, decision_id)
    lock_people(uow, [decision.person_id])
    decision = read_decision(uow, decision_id)  # somebody else may have ended it while this unit waited
    if decision.valid_to is not None and decision.valid_to <= uow.now:
        return False
    record_decisions(uow, [replace(decision, valid_to=max(uow.now, decision.valid_from))])
    detail = {"decision": decision.id, "verdict": decision.verdict}
    audit(uow, "decision_withdrawn", decision.person_id, actor_id=actor_id, detail=detail)
    return True


def drop_choice(uow: UnitOfWork, person_id: str, decision_id: str) -> bool:
    """Let a person give up what they chose themselves; False when they have already. Missing ``no_decision`` for anything else."""
    decision = read_decision(uow, decision_id)
    if decision.verdict != "choose" or decision.person_id != person_id:
        raise _no_decision()
    return withdraw_decision(uow, decision_id, person_id)


def read_decision(uow: UnitOfWork, decision_id: str) -> Decision:
    """A decision; Missing ``no_decision``."""
    table = tables.goal_decision
    query = sa.select(table).where(table.c.id == decision_id)
    row = uow.connection.execute(query).one_or_none() if is_id(decision_id) else None
    if row is None:
        raise _no_decision()
    return decision_of(row)


def read_goal(uow: UnitOfWork, goal_id: str) -> GoalKey:
    """What makes a goal what it is; Missing ``no_goal``."""
    table = tables.goal
    query = sa.select(*(table.c[name] for name in GoalKey._fields)).where(table.c.id == goal_id)
    row = uow.connection.execute(query).one_or_none() if is_id(goal_id) else None
    if row is None:
        raise _no_goal()
    return GoalKey(*row)


def is_binding(uow: UnitOfWork, goal: GoalKey) -> bool:
    """Whether nobody may waive a goal now: compliance, and what a binding source asks for now or will."""
    source = tables.goal_source
    ends_later = sa.or_(source.c.valid_to.is_(None), source.c.valid_to > uow.now)
    binding = sa.select(source.c.id).where(source.c.goal_id == goal.id, source.c.binding, ends_later)
    return goal.kind == NEVER_WAIVED or uow.connection.scalar(binding.limit(1)) is not None


def _decide(uow: UnitOfWork, decision: Decision, reason: str, evidence: str = "") -> str:
    record_decisions(uow, [decision])
    if reason.strip() or evidence.strip():
        words = {"reason": reason.strip(), "evidence": evidence.strip()}
        uow.insert(tables.decision_words, decision_id=decision.id, **words)
    detail: dict[str, Any] = {"decision": decision.id, "goal": decision.goal.id}
    audit(uow, _AUDITED[decision.verdict], decision.person_id, actor_id=decision.actor_id, detail=detail)
    return decision.id


def _check(
    uow: UnitOfWork, goal: GoalKey, reason: str, due_at: datetime | None, look_back_days: int | None
) -> None:
    read_person(uow, goal.person_id)
    _check_words(reason)
    if goal.kind not in get_args(GoalKind) or goal.target_kind not in get_args(TargetKind):
        raise _bad("There is no such kind of goal.")
    _check_date(due_at)
    if due_at is not None and due_at <= uow.now:
        raise _bad("A goal is due after it is given.")
    if look_back_days is not None and look_back_days < 0:
        raise _bad("The days to look back are 0 or more.")
    if uow.find(network.dimension, key=goal.dimension) is None:
        raise _bad("There is no such dimension.")
    table = {"offering": tables.offering, "path": tables.path}[goal.target_kind]
    found = uow.find(table, id=goal.target_id) if is_id(goal.target_id) else None
    if found is None or (goal.target_kind == "offering" and found.retired):
        raise Missing("no_target", "There is no such course.", "Choose one of the catalogue.")


def _check_date(at: datetime | None) -> None:
    if at is not None and not is_in_reach(at):
        raise _bad("This date is too far off.")


def _check_words(*words: str) -> None:
    if any(len(each) > MAX_WORDS for each in words):
        raise _bad(f"At most {MAX_WORDS} characters, please.")


def _live(uow: UnitOfWork, goal: GoalKey, verdict: Verdict, actor_id: str | None = None) -> bool:
    """Whether such a decision about a goal is in force now, or will be; of one person where one is named."""
    table = tables.goal_decision
    query = (
        sa.select(table.c.id)
        .filter_by(verdict=verdict, **goal._asdict())
        .where(sa.or_(table.c.valid_to.is_(None), table.c.valid_to > uow.now))
    )
    if actor_id is not None:
        query = query.where(table.c.actor_id == actor_id)
    return uow.connection.scalar(query.limit(1)) is not None


def _refuse_waived(uow: UnitOfWork, goal: GoalKey) -> None:
    if _live(uow, goal, "waive"):
        raise Conflict("goal_waived", "This goal is waived.", "End the waiver first.")


def _bad(message: str) -> BadInput:
    return BadInput("bad_decision", message)


def _no_goal() -> Missing:
    return Missing("no_goal", "There is no such goal.")


def _no_decision() -> Missing:
    return Missing("no_decision", "There is no such decision.")
