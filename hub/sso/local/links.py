"""Links that open an account once: an invitation, or the way back in for who has lost everything else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from hub.errors import HubError, Missing
from hub.ids import new_id
from hub.sso.local.accounts import Account, read_account
from hub.sso.local.tables import account_link
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork

LinkKind = Literal["invitation", "recovery"]
LIFETIMES: dict[LinkKind, timedelta] = {"invitation": timedelta(days=14), "recovery": timedelta(hours=1)}
PATHS: dict[LinkKind, str] = {"invitation": "/invitation", "recovery": "/recover"}
_AGAIN: dict[LinkKind, str] = {
    "invitation": "Ask whoever invited you for a new invitation. If you have used it already, just sign in.",
    "recovery": "Ask for a new mail on the sign-in page.",
}


class Gone(HubError):
    """A link that opened something once."""

    status = 410


@dataclass(frozen=True)
class NewLink:
    """Two addresses that open the same: ``handed_over`` is for whoever invites, ``mailed`` proves the mail address."""

    id: str
    handed_over: str
    mailed: str
    expires_at: datetime


@dataclass(frozen=True)
class OpenLink:
    """A link that may still be used, and what it opens. ``is_mailed`` tells that the code was in a mail; ``created_by`` who invited, None for a command."""

    id: str
    account: Account
    kind: LinkKind
    is_mailed: bool
    expires_at: datetime
    created_by: str | None


def make_link(uow: UnitOfWork, account: Account, kind: LinkKind, actor_id: str | None = None) -> NewLink:
    """A new link to the account; earlier ones of this kind open nothing any more."""
    revoke_links(uow, account.id, kind)
    code, mail_code, link_id = new_token(), new_token(), new_id()
    expires_at = uow.now + LIFETIMES[kind]
    uow.insert(
        account_link,
        id=link_id,
        account_id=account.id,
        kind=kind,
        code_hash=token_hash(code) if kind == "invitation" else None,
        mail_code_hash=token_hash(mail_code),
        created_by=actor_id,
        created_at=uow.now,
        expires_at=expires_at,
    )
    path = PATHS[kind]
    return NewLink(
        link_id, uow.settings.url(f"{path}/{code}"), uow.settings.url(f"{path}/{mail_code}"), expires_at
    )


def read_link(uow: UnitOfWork, kind: LinkKind, code: str) -> OpenLink:
    """The link with this code, unchanged: mail programs open links to look at them.

    Missing ``unknown_link``; Gone ``link_used``, ``link_revoked`` or ``link_expired``.
    """
    table, hashed = account_link, token_hash(code)
    this = sa.or_(table.c.code_hash == hashed, table.c.mail_code_hash == hashed)
    row: Any = uow.connection.execute(sa.select(table).where(this, table.c.kind == kind)).one_or_none()
    if row is None:
        raise Missing("unknown_link", "There is no such link.", "Check that you opened the whole address.")
    if row.used_at is not None:
        raise Gone("link_used", "This link has been used.", _AGAIN[kind])
    if row.revoked_at is not None:
        raise Gone("link_revoked", "This link was taken back, or replaced by a newer one.", _AGAIN[kind])
    if row.expires_at <= uow.now:
        raise Gone("link_expired", "This link is too old.", _AGAIN[kind])
    account, is_mailed = read_account(uow, row.account_id), row.mail_code_hash == hashed
    return OpenLink(row.id, account, kind, is_mailed, row.expires_at, row.created_by)


def use_link(uow: UnitOfWork, link: OpenLink) -> None:
    """Use the link up; of two that try at once, in whatever process, one succeeds. Gone ``link_used``."""
    table = account_link
    unused = table.c.used_at.is_(None) & table.c.revoked_at.is_(None)
    used = sa.update(table).where(table.c.id == link.id, unused).values(used_at=uow.now)
    if uow.connection.execute(used).rowcount != 1:
        raise Gone("link_used", "This link has been used.", _AGAIN[link.kind])


def revoke_links(uow: UnitOfWork, account_id: str, kind: LinkKind | None = None) -> int:
    """Let an account's links that nobody used open nothing any more; how many."""
    table = account_link
    mine = [table.c.account_id == account_id, table.c.used_at.is_(None), table.c.revoked_at.is_(None)]
    if kind is not None:
        mine.append(table.c.kind == kind)
    return uow.connection.execute(sa.update(table).where(*mine).values(revoked_at=uow.now)).rowcount
