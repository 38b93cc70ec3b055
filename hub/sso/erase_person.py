"""A person's web sessions, accounts, and what stands under the person's addresses, deleted when the person is erased."""

from collections import Counter
from collections.abc import Collection

import sqlalchemy as sa

from hub.network.people.merges import absorbed_ids
from hub.network.tables import person_detail
from hub.notify.erase_person import count_mails_to, erase_mails_to
from hub.sso.local import erase_person as local
from hub.sso.local.tables import local_account, recovery_request, self_registration
from hub.sso.onboarding.tables import connection_contact
from hub.sso.provider import erase_person as provider
from hub.sso.saml_provider import erase_person as saml_provider
from hub.sso.scim import erase_person as scim
from hub.sso.tables import web_session
from hub.store import UnitOfWork

_BY_ADDRESS = {
    "contacts of connections": connection_contact,
    "registrations": self_registration,
    "requests to get back in": recovery_request,
}
"""Tables that know an address and no person; they keep it in lower case."""
_MAILS = "mails to the person's addresses"


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    emails, people = _addresses(uow, person_id), _people(uow, person_id)
    sessions = sa.select(sa.func.count()).where(web_session.c.person_id.in_(people))
    counts = Counter(
        {
            "web sessions": uow.connection.scalar(sessions) or 0,
            **{kind: _count(uow, table, emails) for kind, table in _BY_ADDRESS.items()},
            _MAILS: count_mails_to(uow, emails),
        }
    )
    for room in (local, provider, saml_provider, scim):
        for each in people:
            counts.update(room.count_of_person(uow, each))
    return dict(counts)


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Sign the person out everywhere, for good; before the person's details are gone. Rows by kind."""
    counts = count_of_person(uow, person_id)
    emails = _addresses(uow, person_id)
    for table in _BY_ADDRESS.values():
        uow.connection.execute(sa.delete(table).where(uow.among(table.c.email, sorted(emails))))
    erase_mails_to(uow, emails)
    people = _people(uow, person_id)
    for room in (local, provider, saml_provider, scim):
        for each in people:
            room.erase_person(uow, each)
    uow.connection.execute(sa.delete(web_session).where(web_session.c.person_id.in_(people)))
    return counts


def _people(uow: UnitOfWork, person_id: str) -> list[str]:
    """The person, and who became part of it: what was theirs alone stays under their own ids."""
    return [person_id, *absorbed_ids(uow, person_id)]


def _addresses(uow: UnitOfWork, person_id: str) -> set[str]:
    """By which the person was known, also as those who became part of it; in lower case.

    Of accounts only those that were proved: anybody can write down another's address.
    """
    people = _people(uow, person_id)
    detail, account = person_detail.c, local_account.c
    found = set(uow.connection.scalars(sa.select(detail.email).where(detail.person_id.in_(people))))
    proved = sa.select(account.email).where(account.person_id.in_(people), account.verified_at.is_not(None))
    found.update(uow.connection.scalars(proved))
    return {email.strip().lower() for email in found} - {""}


def _count(uow: UnitOfWork, table: sa.Table, emails: Collection[str]) -> int:
    theirs = uow.among(table.c.email, sorted(emails))
    return uow.connection.scalar(sa.select(sa.func.count()).select_from(table).where(theirs)) or 0
