"""A short text that changes whenever a person's plan does, so that an open page can ask often and cheaply."""

import sqlalchemy as sa

from hub.ids import content_hash
from hub.store import UnitOfWork, valid_at
from hub.training import tables


def read_plan_version(uow: UnitOfWork, person_id: str) -> str:
    """Two queries by index: the live sources with their goals' state, and the completions."""
    goal, source, completion = tables.goal, tables.goal_source, tables.completion
    sources = uow.connection.execute(
        sa.select(source.c.id, source.c.version, goal.c.reached_at)
        .join(goal, goal.c.id == source.c.goal_id)
        .where(goal.c.person_id == person_id, valid_at(source, uow.now))
        .order_by(source.c.id)
    ).all()
    completions = uow.connection.scalars(
        sa.select(completion.c.id).where(completion.c.person_id == person_id).order_by(completion.c.id)
    ).all()
    return content_hash(repr((sources, completions)).encode())[:16]
