"""What opens an account: its password and its passkeys, changed by one unit at a time."""

from dataclasses import dataclass

import sqlalchemy as sa

from hub.errors import Conflict
from hub.network.people.person import read_person
from hub.network.views import names_of_partners
from hub.sso.local.accounts import Account, employer_of, lock_account
from hub.sso.local.passkeys import Passkey, forget_passkey, list_passkeys
from hub.sso.local.tables import local_password, passkey
from hub.store import UnitOfWork
from hub.store.insert import insert_for


@dataclass(frozen=True)
class WaysIn:
    """What opens an account now."""

    account: Account
    employer: str
    passkeys: list[Passkey]
    has_password: bool

    @property
    def count(self) -> int:
        """How many ways there are."""
        return len(self.passkeys) + self.has_password


def read_ways_in(uow: UnitOfWork, account: Account) -> WaysIn:
    """What opens this account."""
    return WaysIn(
        account,
        employer_of(uow, account),
        list_passkeys(uow, account.id),
        read_hash(uow, account.id) is not None,
    )


def is_open(uow: UnitOfWork, account_id: str) -> bool:
    """Whether anything opens this account yet."""
    keys = sa.select(passkey.c.id).where(passkey.c.account_id == account_id).limit(1)
    return read_hash(uow, account_id) is not None or uow.connection.scalar(keys) is not None


def read_hash(uow: UnitOfWork, account_id: str) -> str | None:
    """The hash of the account's password, if it has one."""
    row = uow.find(local_password, account_id=account_id)
    return str(row.hash) if row else None


def set_hash(uow: UnitOfWork, account_id: str, hashed: str) -> None:
    """Let this be the account's password."""
    values = {"hash": hashed, "changed_at": uow.now}
    insert = insert_for(local_password, is_sqlite=uow.is_sqlite).values(account_id=account_id, **values)
    uow.connection.execute(
        insert.on_conflict_do_update(index_elements=[local_password.c.account_id], set_=values)
    )


def rehash(uow: UnitOfWork, account_id: str, old: str, new: str) -> None:
    """Keep the same password with newer parameters, unless it was changed in between."""
    mine = (local_password.c.account_id == account_id) & (local_password.c.hash == old)
    uow.connection.execute(sa.update(local_password).where(mine).values(hash=new))


def forget_password(uow: UnitOfWork, account_id: str) -> None:
    """Let no password open the account any more."""
    uow.connection.execute(sa.delete(local_password).where(local_password.c.account_id == account_id))


def forget_ways_in(uow: UnitOfWork, account_id: str) -> None:
    """Let nothing open the account any more."""
    forget_password(uow, account_id)
    uow.connection.execute(sa.delete(passkey).where(passkey.c.account_id == account_id))


def remove_password(uow: UnitOfWork, account: Account) -> None:
    """The same, unless nothing else opens it: Conflict ``last_way_in``."""
    lock_account(uow, account.id)
    if not list_passkeys(uow, account.id):
        raise _last()
    forget_password(uow, account.id)


def remove_passkey(uow: UnitOfWork, account: Account, passkey_id: str) -> None:
    """Let a passkey open the account no more. Missing ``no_passkey``; Conflict ``last_way_in``."""
    lock_account(uow, account.id)
    forget_passkey(uow, account.id, passkey_id)
    if not is_open(uow, account.id):
        raise _last()


def known_words(uow: UnitOfWork, account: Account) -> list[str]:
    """What others know of the person, which makes no password: names, address, employer."""
    person = read_person(uow, account.person_id)
    employer = names_of_partners(uow, [person.partner_id]).get(person.partner_id, "")
    words = f"{person.given_name} {person.family_name} {employer} {account.email.replace('@', ' ').replace('.', ' ')}"
    return [account.email, *words.split()]


def _last() -> Conflict:
    return Conflict(
        "last_way_in",
        "Nothing else opens your account.",
        "Add a passkey or a password first; then remove this one.",
    )
