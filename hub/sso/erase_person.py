"""A person's web sessions, deleted when the person is erased."""

import sqlalchemy as sa

from hub.sso.tables import web_session
from hub.store import UnitOfWork


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    query = sa.select(sa.func.count()).where(web_session.c.person_id == person_id)
    return {"web sessions": uow.connection.scalar(query) or 0}


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Sign the person out everywhere. Rows by kind."""
    counts = count_of_person(uow, person_id)
    uow.connection.execute(sa.delete(web_session).where(web_session.c.person_id == person_id))
    return counts
