"""A person's launches both ways, gradebook results, places in rosters and access, deleted when the person is erased."""

import sqlalchemy as sa

from hub.lti.content.tables import lti_content_request, lti_pick
from hub.lti.roster.tables import lti_member
from hub.lti.tables import lti_launch, lti_result
from hub.lti.tool.tables import lti_entry
from hub.store import UnitOfWork
from hub.training.tables import course_access

_TABLES = {
    "launches": lti_launch,
    "launches from other systems": lti_entry,
    "choices of content": lti_pick,
    "requests for content": lti_content_request,
    "gradebook results": lti_result,
    "places in rosters": lti_member,
    "access to placed courses": course_access,
}


def _of_person(table: sa.Table, person_id: str) -> sa.ColumnElement[bool]:
    """The person's own rows, and launches of others that were to look at the person's work."""
    mine = table.c.person_id == person_id
    return sa.or_(mine, table.c.for_person_id == person_id) if table is lti_launch else mine


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    return {
        kind: uow.connection.scalar(sa.select(sa.func.count()).where(_of_person(table, person_id))) or 0
        for kind, table in _TABLES.items()
    }


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Delete them. Rows by kind."""
    counts = count_of_person(uow, person_id)
    for table in _TABLES.values():
        uow.connection.execute(sa.delete(table).where(_of_person(table, person_id)))
    return counts
