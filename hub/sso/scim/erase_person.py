"""What SCIM clients told about a person, deleted when the person is erased."""

import sqlalchemy as sa

from hub.network.tables import identity_link
from hub.sso.scim.names import FORMS, compared
from hub.sso.scim.tables import scim_admin, scim_resource
from hub.store import UnitOfWork


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    query = sa.select(sa.func.count()).select_from(scim_resource).where(_theirs(uow, person_id))
    return {"users of SCIM clients": uow.connection.scalar(query) or 0}


def erase_person(uow: UnitOfWork, person_id: str) -> None:
    """Delete the users that mean the person; the client finds none any more, and may provide somebody new."""
    uow.connection.execute(sa.delete(scim_resource).where(_theirs(uow, person_id)))
    uow.connection.execute(sa.delete(scim_admin).where(scim_admin.c.person_id == person_id))


def _theirs(uow: UnitOfWork, person_id: str) -> sa.ColumnElement[bool]:
    """By the row, or by a name that a merge moved to the person."""
    r, link = scim_resource.c, identity_link.c
    links = uow.connection.execute(
        sa.select(link.connection_id, link.subject).where(link.person_id == person_id, link.form.in_(FORMS))
    )
    named = [
        sa.and_(
            r.connection_id == row.connection_id,
            sa.or_(r.external_id == row.subject, r.user_name == compared(row.subject)),
        )
        for row in links
    ]
    return sa.or_(r.person_id == person_id, *named)
