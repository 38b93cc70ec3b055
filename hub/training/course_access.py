"""Courses that somebody may open without a goal, because the learning system they came from has placed them."""

import sqlalchemy as sa

from hub.journal import Change, record_changes
from hub.store import UnitOfWork
from hub.training import tables


def allow_course(uow: UnitOfWork, person_id: str, offering_id: str, connection_id: str) -> bool:
    """Let the person open the offering from now on; whether that is new. The same again changes nothing."""
    return bool(allow_courses(uow, person_id, [offering_id], connection_id))


def allow_courses(uow: UnitOfWork, person_id: str, offering_ids: list[str], connection_id: str) -> list[str]:
    """Let the person open these offerings from now on; those that are new."""
    if not offering_ids:
        return []
    table = tables.course_access
    known = set(
        uow.connection.scalars(
            sa.select(table.c.offering_id).where(
                table.c.person_id == person_id,
                table.c.connection_id == connection_id,
                table.c.offering_id.in_(offering_ids),
            )
        )
    )
    new = [id for id in dict.fromkeys(offering_ids) if id not in known]
    bodies = [{"person_id": person_id, "offering_id": id, "connection_id": connection_id} for id in new]
    uow.insert_new(table, [{**body, "since": uow.now} for body in bodies])
    if new:
        record_changes(
            uow, [Change("course_access_given", person_id, body, person_id=person_id) for body in bodies]
        )
    return new


def has_access(uow: UnitOfWork, person_id: str, offering_id: str) -> bool:
    """Whether any system has placed the offering for the person."""
    table = tables.course_access
    query = sa.select(table.c.person_id).where(
        table.c.person_id == person_id, table.c.offering_id == offering_id
    )
    return uow.connection.scalar(query.limit(1)) is not None
