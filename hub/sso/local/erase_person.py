"""A person's accounts of the hub, deleted when the person is erased."""

import sqlalchemy as sa

from hub.sso.local import tables
from hub.store import UnitOfWork

_PARTS = {
    "passkeys": tables.passkey,
    "passwords": tables.local_password,
    "account links": tables.account_link,
}


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    mine = _accounts(person_id)
    counts = {
        kind: uow.connection.scalar(
            sa.select(sa.func.count()).select_from(table).where(table.c.account_id.in_(mine))
        )
        or 0
        for kind, table in _PARTS.items()
    }
    total = sa.select(sa.func.count()).where(tables.local_account.c.person_id == person_id)
    return {**counts, "accounts of the hub": uow.connection.scalar(total) or 0}


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Delete the accounts and what opens them. Rows by kind."""
    counts = count_of_person(uow, person_id)
    mine = _accounts(person_id)
    for table in _PARTS.values():
        uow.connection.execute(sa.delete(table).where(table.c.account_id.in_(mine)))
    uow.connection.execute(
        sa.delete(tables.local_account).where(tables.local_account.c.person_id == person_id)
    )
    return counts


def _accounts(person_id: str) -> sa.Select[tuple[str]]:
    return sa.select(tables.local_account.c.id).where(tables.local_account.c.person_id == person_id)
