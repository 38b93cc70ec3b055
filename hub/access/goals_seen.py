"""Whose goals a program sees, and what of why they are asked for: one predicate, used by lists, credits and webhooks (I22, I24).

Goals of kind review are between a person and those who look after them: no token of the hub or of a partner sees one. A partner
sees the goals of the people it employs as far as something asks for them through an appointment at its own locations, and of credits
what was completed before that ended: what somebody learns for a later employer is that one's business. A person sees the own goals,
and those of others as on the team page.
"""

from datetime import datetime
from functools import reduce

import sqlalchemy as sa

from hub.access.reach import Sight
from hub.access.visibility import (
    REVIEW,
    appointments_for_goals,
    dimensions_of_manager,
    goals_looked_after,
)
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.training import tables as training


def goals_seen(uow: UnitOfWork, sight: Sight) -> sa.ColumnElement[bool]:
    """Whether a row of the table ``goal`` is seen now."""
    goal, reach = training.goal, sight.reach
    if reach.kind == "operator":
        return goal.c.kind != REVIEW
    if reach.kind == "partner":
        own = sa.select(network.person.c.id).where(sight.people)
        asked = [
            sa.exists().where(table.c.goal_id == goal.c.id, table.c.appointment_id.in_(_own(sight)))
            for table in _asking()
        ]
        return sa.and_(goal.c.kind != REVIEW, goal.c.person_id.in_(own), sa.or_(*asked))
    theirs = [goals_looked_after(uow, reach.id, each) for each in dimensions_of_manager(uow, reach.id)]
    return reduce(sa.or_, theirs, goal.c.person_id == reach.id)


def sources_seen(uow: UnitOfWork, sight: Sight, source: sa.Table) -> sa.ColumnElement[bool]:
    """Whether a row of ``goal_source`` or ``waived_source`` is seen, beside a row of ``goal`` that is."""
    goal, reach = training.goal, sight.reach
    if reach.kind == "operator":
        return sa.true()
    if reach.kind == "partner":
        return source.c.appointment_id.in_(_own(sight))
    theirs = []
    for dimension in dimensions_of_manager(uow, reach.id):
        for is_review in (False, True):
            ours = appointments_for_goals(uow, reach.id, dimension, REVIEW if is_review else "").subquery()
            theirs.append(
                sa.and_(
                    goal.c.dimension == dimension,
                    goal.c.kind == REVIEW if is_review else goal.c.kind != REVIEW,
                    source.c.appointment_id.in_(sa.select(ours.c.id)),
                )
            )
    return reduce(sa.or_, theirs, goal.c.person_id == reach.id)


def entries_seen(uow: UnitOfWork, sight: Sight) -> sa.ColumnElement[bool]:
    """Whether a row of ``credit_ledger`` is seen, beside a row of ``goal`` that is.

    A partner sees what was completed before its own reasons to ask ended; and no end of a credit that only gives way to one it does
    not see.
    """
    entry = training.credit_ledger
    if sight.reach.kind != "partner":
        return sa.true()
    after = entry.alias("after")
    gives_way = sa.exists().where(
        after.c.goal_id == entry.c.goal_id,
        after.c.turn == entry.c.turn + 1,
        after.c.recorded_at == entry.c.recorded_at,
        ~_asked_then(uow, sight, after),
    )
    return sa.and_(_asked_then(uow, sight, entry), sa.or_(entry.c.kind == "credit", ~gives_way))


def reached_seen(uow: UnitOfWork, sight: Sight) -> sa.ColumnElement[datetime | None]:
    """When a row of ``goal`` was reached, as far as that is seen."""
    goal, entry = training.goal, training.credit_ledger
    if sight.reach.kind != "partner":
        return goal.c.reached_at
    last = (
        sa.select(sa.case((entry.c.kind == "credit", entry.c.completed_at)))
        .where(entry.c.goal_id == goal.c.id, entries_seen(uow, sight))
        .order_by(entry.c.turn.desc())
        .limit(1)
    )
    return last.scalar_subquery()


def _asked_then(uow: UnitOfWork, sight: Sight, entry: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether something has asked through an own appointment, and had not ended when an entry was completed."""
    return sa.or_(
        *(
            sa.exists().where(
                table.c.goal_id == entry.c.goal_id,
                table.c.appointment_id.in_(_own(sight)),
                table.c.valid_from <= uow.now,
                sa.or_(table.c.valid_to.is_(None), table.c.valid_to > entry.c.completed_at),
            )
            for table in _asking()
        )
    )


def _asking() -> tuple[sa.FromClause, sa.FromClause]:
    """What asks and what is waived, under names of their own: whoever asks may have the tables too."""
    return training.goal_source.alias("asked"), training.waived_source.alias("asked_waived")


def _own(sight: Sight) -> sa.Select[tuple[str]]:
    return sa.select(network.appointment.c.id).where(sight.appointments)
