"""A person's mails, deleted when the person is erased."""

import sqlalchemy as sa

from hub.notify.tables import mail
from hub.store import UnitOfWork


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    return {
        "mails": uow.connection.scalar(sa.select(sa.func.count()).where(mail.c.person_id == person_id)) or 0
    }


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Delete what was written to the person, or about. Rows by kind."""
    counts = count_of_person(uow, person_id)
    uow.connection.execute(sa.delete(mail).where(mail.c.person_id == person_id))
    return counts
