"""Why and why not, as far as a program sees it: of the own self all, of others what one looks after, of a partner its own side."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.goals_seen import entries_seen
from hub.access.listing.read_network import seen_row
from hub.access.reach import Sight
from hub.access.why_scope import OPERATORS, OWN, WhyScope, scope_of_manager
from hub.audiences.why.read_why import Target, narrowed, read_whole
from hub.audiences.why.tree import Credited, WhyGoal, WhyTree
from hub.audiences.why.verify_why import Verified, claim_of, verify_why
from hub.errors import BadInput, Problem
from hub.network import tables
from hub.store import UnitOfWork
from hub.training import tables as training


def why_seen(
    uow: UnitOfWork,
    sight: Sight,
    person_id: str,
    target: Target,
    *,
    dimension: str = "",
    at: datetime | None = None,
) -> WhyTree:
    """Why a person is asked for something, or why not. Missing ``no_person``, also for one behind the wall, and ``no_target``.

    Whoever looks after the person says in which dimension: BadInput ``no_dimension``; NotAllowed ``no_team`` in one that is not the own.
    """
    scope = _scope(uow, sight, person_id, dimension, at)
    return _told(uow, sight, read_whole(uow, person_id, [target], scope, at)[0], scope)


def verify_why_seen(
    uow: UnitOfWork,
    sight: Sight,
    claimed: Mapping[str, Any],
    tell: Callable[[WhyTree], dict[str, Any]],
    *,
    dimension: str = "",
) -> Verified:
    """Reckon a tree again that ``why_seen`` gave and ``tell`` made plain. BadInput ``bad_why`` for what is none; else as there."""
    person_id, _, at = claim_of(claimed)
    scope = _scope(uow, sight, person_id, dimension, at)
    return verify_why(uow, claimed, scope, lambda tree: _told(uow, sight, tree, scope), tell)


def _scope(uow: UnitOfWork, sight: Sight, person_id: str, dimension: str, at: datetime | None) -> WhyScope:
    reach = sight.reach
    seen = sa.and_(sight.people, sight.details) if reach.kind == "partner" else sight.people
    seen_row(uow, tables.person, seen, person_id, "person")
    if reach.kind == "operator":
        return OPERATORS
    if reach.kind == "partner":
        a = tables.appointment
        mine = sa.select(a.c.id).where(a.c.person_id == person_id, sight.appointments)
        return WhyScope(through=frozenset(uow.connection.scalars(mine)), reviews=False)
    if person_id == reach.id:
        return OWN
    if not dimension:
        problem = Problem("name the one in which you look after this person", "dimension")
        raise BadInput("no_dimension", "Why is told in one dimension.", "", [problem])
    return scope_of_manager(uow, reach.id, person_id, dimension, at)


def _told(uow: UnitOfWork, sight: Sight, tree: WhyTree, scope: WhyScope) -> WhyTree:
    tree = narrowed(tree, scope)
    if sight.reach.kind != "partner":
        return tree
    # Without a trace of what asks through appointments at other partners, of what people chose, and of managers' words.
    credits = _credits_seen(uow, sight, [goal.id for goal in tree.goals])
    goals = (_own_part(goal, credits.get(goal.id)) for goal in tree.goals)
    return replace(tree, goals=tuple(goal for goal in goals if goal.asks))


def _credits_seen(uow: UnitOfWork, sight: Sight, goal_ids: Collection[str]) -> dict[str, Credited]:
    """What a partner sees of credits: without the evidence, which lies in the record store."""
    entry = training.credit_ledger
    query = sa.select(entry).where(entry.c.goal_id.in_(goal_ids), entries_seen(uow, sight))
    last = {row.goal_id: row for row in uow.connection.execute(query.order_by(entry.c.turn))}
    return {
        id: Credited(row.completed_at, "", row.policy, row.policy_version)
        for id, row in last.items()
        if row.kind == "credit"
    }


def _own_part(goal: WhyGoal, credit: Credited | None) -> WhyGoal:
    asks = tuple(ask for ask in goal.asks if ask.appointment_id is not None)
    waivers = tuple(
        replace(each, title="", leaves=tuple(replace(leaf, found=()) for leaf in each.leaves))
        if each.kind == "decision"
        else each
        for each in goal.waivers
    )
    return replace(goal, asks=asks, waivers=waivers, credit=credit)
