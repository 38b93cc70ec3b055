"""Who takes part in a course now."""

import sqlalchemy as sa

from hub.store import UnitOfWork, valid_at
from hub.training import tables


def people_of_course(uow: UnitOfWork, offering_id: str) -> set[str]:
    """Ids of the people who may open the course: by a live goal on it or on a path through it, or by course access."""
    goal, source, step, access = tables.goal, tables.goal_source, tables.path_step, tables.course_access
    paths = sa.select(step.c.path_id).where(step.c.offering_id == offering_id)
    wanted = sa.or_(
        sa.and_(goal.c.target_kind == "offering", goal.c.target_id == offering_id),
        sa.and_(goal.c.target_kind == "path", goal.c.target_id.in_(paths)),
    )
    live = sa.exists().where(source.c.goal_id == goal.c.id, valid_at(source, uow.now))
    by_goal = sa.select(goal.c.person_id).where(wanted, live)
    by_access = sa.select(access.c.person_id).where(access.c.offering_id == offering_id)
    return set(uow.connection.scalars(by_goal.union(by_access)))
