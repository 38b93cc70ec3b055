"""Accounts of the hub's own: who has one, at which connection, and under which e-mail address."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.ids import is_id, new_id
from hub.network.people.identities import SUBJECT, find_person, link_identity
from hub.network.people.mail_address import is_address
from hub.network.people.person import read_person, works_for
from hub.network.systems.connections import create_connection, find_connection, read_connection
from hub.network.systems.link_proofs import take_turns
from hub.network.tables import connection, partner
from hub.network.views import names_of_partners
from hub.sso.local import tables
from hub.store import UnitOfWork
from hub.store.insert import insert_once

MAX_EMAIL = 320
PASSKEY, PASSWORD = "passkey", "password"
"""How somebody proved who they are, as a session's ``acr``."""


@dataclass(frozen=True)
class Account:
    """What one person signs in with at one partner. ``verified_at`` is when the address was last proved by a mail."""

    id: str
    connection_id: str
    person_id: str
    email: str
    verified_at: datetime | None
    created_at: datetime


def clean_email(text: str) -> str:
    """An address as accounts have it, in lower case. BadInput ``bad_email`` for what is none."""
    email = text.strip().lower()
    if not is_address(email) or "." not in email.rpartition("@")[2]:
        raise BadInput("bad_email", "This is no e-mail address.", "Write it like name@company.example.")
    return email


def local_connection(uow: UnitOfWork, partner_id: str) -> str:
    """The id of the connection at which a partner's people have accounts of the hub, made when it is first needed."""
    slug = f"local-{partner_id}"
    _take_turns(uow, partner_id)
    try:
        return find_connection(uow, slug).id
    except Missing:
        name = names_of_partners(uow, [partner_id]).get(partner_id, "")
        return create_connection(uow, slug, "local", f"{name} at the training hub".strip(), partner_id)


def open_account(uow: UnitOfWork, partner_id: str, person_id: str, email: str) -> Account:
    """The person's account at this partner, made or given this address.

    An address that changes has to be proved again. Several accounts may have one address until the mails to it are
    answered: whoever writes it down does not hold it, and a human may work for two partners. Missing ``no_person`` for
    somebody of another partner; BadInput ``bad_email``; Conflict ``address_taken`` where it is proved to be somebody
    else's of the same partner.
    """
    if not works_for(uow, read_person(uow, person_id), partner_id):
        raise Missing("no_person", "There is no such person.")
    email, connection_id = clean_email(email), local_connection(uow, partner_id)
    _refuse_proved(uow, connection_id, person_id, email)
    table = tables.local_account
    new = {"id": new_id(), "email": email, "created_at": uow.now}
    insert_once(uow, table, person_id=person_id, connection_id=connection_id, **new)
    account = _account(uow.find(table, person_id=person_id, connection_id=connection_id))
    if account.email == email:
        return account
    values = {"email": email, "verified_at": None}
    uow.connection.execute(sa.update(table).where(table.c.id == account.id).values(**values))
    return replace(account, email=email, verified_at=None)


def read_account(uow: UnitOfWork, account_id: str) -> Account:
    """The account with this id; Missing ``no_account``."""
    row = uow.find(tables.local_account, id=account_id) if is_id(account_id) else None
    if row is None:
        raise Missing("no_account", "There is no such account.")
    return _account(row)


def find_accounts(uow: UnitOfWork, email: str, limit: int) -> list[Account]:
    """Accounts that sign in with this address: those first whose address was proved, the newest proof first."""
    table = tables.local_account
    query = sa.select(table).where(table.c.email == email.strip().lower())
    order = (table.c.verified_at.is_(None), table.c.verified_at.desc(), table.c.id)
    return [_account(row) for row in uow.connection.execute(query.order_by(*order).limit(limit))]


def accounts_of(uow: UnitOfWork, person_id: str) -> list[Account]:
    """A person's accounts, one per partner at which there is one, the oldest first."""
    table = tables.local_account
    query = sa.select(table).where(table.c.person_id == person_id).order_by(table.c.created_at, table.c.id)
    return [_account(row) for row in uow.connection.execute(query)]


def employer_of(uow: UnitOfWork, account: Account) -> str:
    """The name of the partner at which this is an account; the person may be employed by another one."""
    partner_id = read_connection(uow, account.connection_id).partner_id or ""
    return names_of_partners(uow, [partner_id]).get(partner_id, "")


def is_unproved(uow: UnitOfWork, person_id: str) -> bool:
    """Whether somebody can sign in as this person whose address nobody ever proved.

    Such a person must not be linked to another sign-in by what that one says: whoever made the account would have it too.
    """
    return bool(unproved_at(uow, person_id))


def unproved_at(uow: UnitOfWork, person_id: str) -> set[str]:
    """The partners (ids) at which somebody can sign in as this person whose address nobody ever proved."""
    account = tables.local_account
    opened = [
        sa.exists().where(table.c.account_id == account.c.id)
        for table in (tables.local_password, tables.passkey)
    ]
    query = (
        sa.select(connection.c.partner_id)
        .join(account, account.c.connection_id == connection.c.id)
        .where(account.c.person_id == person_id, account.c.verified_at.is_(None), sa.or_(*opened))
    )
    return set(uow.connection.scalars(query))


def refuse_power(uow: UnitOfWork, person_id: str, partner_id: str | None) -> None:
    """Conflict ``unproved_account`` for who would get power at this partner (None: everywhere) with an unproved account of another.

    Whoever invited the person may have opened that account, and would get the power too.
    """
    if unproved_at(uow, person_id) - {partner_id}:
        raise unproved_account()


def unproved_account() -> Conflict:
    """The refusal to give power to an account of which nobody knows who opened it."""
    return Conflict(
        "unproved_account",
        "Nobody has proved that the address of this person's account is theirs: whoever invited them may have opened it.",
        'Let them choose "I cannot get in any more" on the sign-in page and follow the mail first.',
    )


def connect_account(uow: UnitOfWork, account: Account, *, proved_address: bool) -> None:
    """Let the account mean its person from now on; ``proved_address`` when a mail to its address was answered.

    Conflict ``address_taken`` when somebody else of the same partner has proved the address meanwhile.
    """
    link_identity(uow, account.connection_id, SUBJECT, account.id, account.person_id, made_by="invitation")
    if proved_address:
        if account.verified_at is None:
            take_turns(uow, account.connection_id)
            _refuse_proved(uow, account.connection_id, account.person_id, account.email)
        table = tables.local_account
        mine = sa.update(table).where(table.c.id == account.id)
        uow.connection.execute(mine.values(verified_at=uow.now))


def _refuse_proved(uow: UnitOfWork, connection_id: str, person_id: str, email: str) -> None:
    table = tables.local_account
    proved = sa.select(table.c.id).where(
        table.c.email == email,
        table.c.connection_id == connection_id,
        table.c.person_id != person_id,
        table.c.verified_at.is_not(None),
    )
    if uow.connection.scalar(proved.limit(1)) is not None:
        raise Conflict(
            "address_taken",
            "Another account of this partner opens with this address.",
            "Every account of a partner needs an address of its own.",
        )


def is_connected(uow: UnitOfWork, account: Account) -> bool:
    """Whether the account means its person: from when it is opened until the owner removes the sign-in."""
    return find_person(uow, account.connection_id, SUBJECT, account.id) is not None


def lock_account(uow: UnitOfWork, account_id: str) -> None:
    """Let only this unit change what opens the account until it ends. On SQLite writing units take turns anyway."""
    if not uow.is_sqlite:
        table = tables.local_account
        mine = sa.select(table.c.id).where(table.c.id == account_id)
        uow.connection.execute(mine.with_for_update()).all()


def _take_turns(uow: UnitOfWork, partner_id: str) -> None:
    """Two first accounts of one partner at once make one connection."""
    if not uow.is_sqlite:
        mine = sa.select(partner.c.id).where(partner.c.id == partner_id)
        uow.connection.execute(mine.with_for_update(key_share=True)).all()


def _account(row: Any) -> Account:
    return Account(row.id, row.connection_id, row.person_id, row.email, row.verified_at, row.created_at)
