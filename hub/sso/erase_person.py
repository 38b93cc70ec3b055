"""A person's web sessions and accounts, deleted when the person is erased."""

import sqlalchemy as sa

from hub.sso.local import erase_person as local
from hub.sso.onboarding import contacts
from hub.sso.provider import erase_person as provider
from hub.sso.scim import erase_person as scim
from hub.sso.tables import web_session
from hub.store import UnitOfWork


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    query = sa.select(sa.func.count()).where(web_session.c.person_id == person_id)
    return {
        "web sessions": uow.connection.scalar(query) or 0,
        **local.count_of_person(uow, person_id),
        **contacts.count_of_person(uow, person_id),
        **provider.count_of_person(uow, person_id),
        **scim.count_of_person(uow, person_id),
    }


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Sign the person out everywhere, for good. Rows by kind."""
    counts = count_of_person(uow, person_id)
    local.erase_person(uow, person_id)
    contacts.erase_person(uow, person_id)
    provider.erase_person(uow, person_id)
    scim.erase_person(uow, person_id)
    uow.connection.execute(sa.delete(web_session).where(web_session.c.person_id == person_id))
    return counts
