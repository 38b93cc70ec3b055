"""Why and why not, as far as a program sees it: of the own self all, of others what one looks after, of a partner its own side."""

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from hub.access.listing.read_network import seen_row
from hub.access.reach import Sight
from hub.access.why_scope import OPERATORS, OWN, WhyScope, scope_of_manager
from hub.audiences.why.read_why import Target, read_why_tree
from hub.audiences.why.tree import Ask, WhyGoal, WhyTree
from hub.errors import BadInput, Problem
from hub.network import tables
from hub.store import UnitOfWork


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
    reach = sight.reach
    seen = sa.and_(sight.people, sight.details) if reach.kind == "partner" else sight.people
    seen_row(uow, tables.person, seen, person_id, "person")
    if reach.kind == "operator":
        return read_why_tree(uow, person_id, target, OPERATORS, at)
    if reach.kind == "partner":
        a = tables.appointment
        mine = sa.select(a.c.id).where(a.c.person_id == person_id, sight.appointments)
        scope = WhyScope(through=frozenset(uow.connection.scalars(mine)), reviews=False)
        return _on_this_side(read_why_tree(uow, person_id, target, scope, at))
    if person_id == reach.id:
        return read_why_tree(uow, person_id, target, OWN, at)
    if not dimension:
        problem = Problem("name the one in which you look after this person", "dimension")
        raise BadInput("no_dimension", "Why is told in one dimension.", "", [problem])
    return read_why_tree(
        uow, person_id, target, scope_of_manager(uow, reach.id, person_id, dimension, at), at
    )


def _on_this_side(tree: WhyTree) -> WhyTree:
    """Without a trace of what asks through appointments at other partners, of what people chose, and of managers' words."""
    goals = map(_own_part, tree.goals)
    return replace(tree, goals=tuple(goal for goal in goals if goal.asks))


def _is_for_others(ask: Ask) -> bool:
    """Whether it is for other partners, whom the partner's own appointment is not at."""
    return any(leaf.what == "partner" and not leaf.holds for leaf in ask.leaves)


def _own_part(goal: WhyGoal) -> WhyGoal:
    credit = replace(goal.credit, statement_id="") if goal.credit else None
    asks = tuple(ask for ask in goal.asks if ask.appointment_id is not None and not _is_for_others(ask))
    waivers = tuple(
        replace(each, title="", leaves=tuple(replace(leaf, found=()) for leaf in each.leaves))
        if each.kind == "decision"
        else each
        for each in goal.waivers
    )
    return replace(goal, asks=asks, waivers=waivers, credit=credit)
