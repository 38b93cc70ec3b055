"""When an appointment is in force: the one predicate for all that lists, counts and shows who works where."""

from datetime import datetime

import sqlalchemy as sa

from hub.network import tables
from hub.store import valid_at


def in_force(appointment: sa.FromClause, at: datetime) -> sa.ColumnElement[bool]:
    """Whether rows of ``appointment`` hold at an instant: each for its own time, and only while its location is open.

    ``read_facts`` says the same of goals, as intervals. ``appointment`` is the table or an alias of it.
    """
    place = tables.location.alias()
    return sa.and_(
        valid_at(appointment, at),
        sa.exists().where(place.c.id == appointment.c.location_id, valid_at(place, at)),
    )
