"""What clients were given about a person, deleted when the person is erased."""

import sqlalchemy as sa

from hub.sso.provider.tables import oidc_code, oidc_grant, oidc_token
from hub.sso.provider.tell import end_grants
from hub.store import UnitOfWork


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    query = sa.select(sa.func.count()).where(oidc_grant.c.person_id == person_id)
    return {"sign-ins at other systems": uow.connection.scalar(query) or 0}


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Tell the clients that the person is signed out, and forget what they were given. Rows by kind."""
    counts = count_of_person(uow, person_id)
    end_grants(uow, oidc_grant.c.person_id == person_id)
    mine = sa.select(oidc_grant.c.id).where(oidc_grant.c.person_id == person_id)
    for table in (oidc_code, oidc_token):
        uow.connection.execute(sa.delete(table).where(table.c.grant_id.in_(mine)))
    uow.connection.execute(sa.delete(oidc_grant).where(oidc_grant.c.person_id == person_id))
    return counts
