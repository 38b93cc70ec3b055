"""A person's launches and gradebook results, deleted when the person is erased."""

import sqlalchemy as sa

from hub.lti.tables import lti_launch, lti_result
from hub.store import UnitOfWork

_TABLES = {"launches": lti_launch, "gradebook results": lti_result}


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    return {
        kind: uow.connection.scalar(sa.select(sa.func.count()).where(table.c.person_id == person_id)) or 0
        for kind, table in _TABLES.items()
    }


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Delete them. Rows by kind."""
    counts = count_of_person(uow, person_id)
    for table in _TABLES.values():
        uow.connection.execute(sa.delete(table).where(table.c.person_id == person_id))
    return counts
