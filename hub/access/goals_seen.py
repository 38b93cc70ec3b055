"""Whose goals a program sees, and what of why they are asked for: one predicate, used by lists, credits and webhooks (I22, I24).

Goals of kind review are between a person and those who look after them: no token of the hub or of a partner sees one. A partner
sees the goals of the people it employs as far as something asks for them through an appointment at its own locations. A person sees
the own goals, and those of others as on the team page.
"""

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
            for table in (training.goal_source, training.waived_source)
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


def _own(sight: Sight) -> sa.Select[tuple[str]]:
    return sa.select(network.appointment.c.id).where(sight.appointments)
