"""A person's mails, what they were told and what they chose, deleted when the person is erased."""

import json
from collections.abc import Collection

import sqlalchemy as sa

from hub.errors import HubError
from hub.network.tables import message_preference
from hub.notify.tables import mail, notice, notice_look, notice_news
from hub.sealing import Sealer
from hub.store import UnitOfWork

_BATCH = 500


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    notices = sum(_count(uow, table, person_id) for table in (notice, notice_news))
    return {"mails": _count(uow, mail, person_id)} | ({"notices": notices} if notices else {})


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Delete what was written to the person, or about. Rows by kind."""
    counts = count_of_person(uow, person_id)
    for table in (mail, notice, notice_news, notice_look, message_preference):
        uow.connection.execute(sa.delete(table).where(table.c.person_id == person_id))
    return counts


def _count(uow: UnitOfWork, table: sa.Table, person_id: str) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.person_id == person_id)
    return uow.connection.scalar(query) or 0


def count_mails_to(uow: UnitOfWork, emails: Collection[str]) -> int:
    """How many mails ``erase_mails_to`` would delete."""
    return len(_mails_to(uow, emails))


def erase_mails_to(uow: UnitOfWork, emails: Collection[str]) -> int:
    """Delete mails to these addresses (lower case) that wait and are about nobody the hub knows; how many."""
    ids = _mails_to(uow, emails)
    uow.connection.execute(sa.delete(mail).where(uow.among(mail.c.id, ids)))
    return len(ids)


def _mails_to(uow: UnitOfWork, emails: Collection[str]) -> list[str]:
    """Their ids. What was sent holds no address any more, and only an open mail says where it goes."""
    if not emails:
        return []
    sealer = Sealer(uow.settings.secret_keys)
    waiting = sa.select(mail.c.id, mail.c.sealed_letter).where(
        mail.c.sealed_letter.is_not(None), mail.c.person_id.is_(None)
    )
    rows = uow.connection.execute(waiting.execution_options(yield_per=_BATCH))
    return [row.id for row in rows if _address(sealer, row.sealed_letter) in emails]


def _address(sealer: Sealer, sealed: str) -> str:
    """Where a mail goes; nowhere when its key is gone, for then nobody reads it any more."""
    try:
        return str(json.loads(sealer.open(sealed))["to"]).strip().lower()
    except HubError:
        return ""
