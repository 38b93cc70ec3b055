"""What the record store keeps about an actor beside statements: documents, and registrations for cmi5 courses."""

from collections.abc import Collection
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from hub.store import UnitOfWork
from hub.xapi.cmi5 import tables as cmi5
from hub.xapi.documents.tables import xapi_document
from hub.xapi.tables import xapi_credential

Name = tuple[str, tuple[str, str]]
"""A connection, and form and subject of an actor there."""


def count_of_actor(uow: UnitOfWork, names: Collection[Name], person_id: str | None) -> dict[str, int]:
    """What ``erase_actor`` would delete, in rows by kind."""
    documents = sum(_count(uow, where) for where in _documents(uow, names))
    registration, session = cmi5.cmi5_registration, cmi5.cmi5_session
    return {
        "documents": documents,
        "cmi5 registrations": _count(uow, registration.c.person_id == person_id),
        "cmi5 sessions": _count(uow, session.c.registration_id.in_(_registrations(person_id))),
    }


def erase_actor(uow: UnitOfWork, names: Collection[Name], person_id: str | None) -> dict[str, int]:
    """Delete the documents under these names, and all that cmi5 keeps of the person. Rows by kind."""
    counts = count_of_actor(uow, names, person_id)
    for where in _documents(uow, names):
        uow.connection.execute(sa.delete(xapi_document).where(where))
    mine = _registrations(person_id)
    session = cmi5.cmi5_session
    credentials = list(
        uow.connection.scalars(sa.select(session.c.credential_id).where(session.c.registration_id.in_(mine)))
    )
    for table in (session, cmi5.cmi5_waiver, cmi5.cmi5_satisfied):
        uow.connection.execute(sa.delete(table).where(table.c.registration_id.in_(mine)))
    uow.connection.execute(sa.delete(xapi_credential).where(uow.among(xapi_credential.c.id, credentials)))
    registration = cmi5.cmi5_registration
    uow.connection.execute(sa.delete(registration).where(registration.c.person_id == person_id))
    return counts


def _registrations(person_id: str | None) -> sa.Select[Any]:
    registration = cmi5.cmi5_registration
    return sa.select(registration.c.id).where(registration.c.person_id == person_id)


def _documents(uow: UnitOfWork, names: Collection[Name]) -> list[sa.ColumnElement[bool]]:
    """One condition for each identity, over the connections where it is the actor's."""
    d = xapi_document
    by_identity = groupby(sorted(names, key=lambda name: name[1]), key=lambda name: name[1])
    return [
        sa.and_(
            d.c.agent_subject == subject,
            d.c.agent_form == form,
            uow.among(d.c.connection_id, [connection_id for connection_id, _ in some]),
        )
        for (form, subject), some in by_identity
    ]


def _count(uow: UnitOfWork, where: sa.ColumnElement[bool]) -> int:
    return uow.connection.scalar(sa.select(sa.func.count()).where(where)) or 0
