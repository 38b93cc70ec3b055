"""Courses that somebody may open without a goal, because the learning system they came from has placed them."""

from collections.abc import Collection, Sequence

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


def move_access(
    uow: UnitOfWork, from_id: str, to_id: str, only: Collection[Sequence[str]] | None = None
) -> list[list[str]]:
    """Let ``to_id`` open what ``from_id`` may and it may not; offerings and connections (ids) of what moved.

    ``only`` what moved before, for taking that back.
    """
    table = tables.course_access
    theirs, here = (
        [(row.offering_id, row.connection_id) for row in uow.connection.execute(_keys(person_id))]
        for person_id in (to_id, from_id)
    )
    going = here if only is None else [(offering_id, connection_id) for offering_id, connection_id in only]
    moved = [key for key in here if key in going and key not in theirs]
    for offering_id, connection_id in moved:
        this = {"person_id": from_id, "offering_id": offering_id, "connection_id": connection_id}
        uow.connection.execute(sa.update(table).filter_by(**this).values(person_id=to_id))
        body = {**this, "person_id": to_id}
        record_changes(uow, [Change("course_access_given", to_id, body, person_id=to_id)])
    return [[offering_id, connection_id] for offering_id, connection_id in moved]


def _keys(person_id: str) -> sa.Select[tuple[str, str]]:
    table = tables.course_access
    mine = sa.select(table.c.offering_id, table.c.connection_id).where(table.c.person_id == person_id)
    return mine.order_by(table.c.offering_id, table.c.connection_id)
