"""Mails as operators see them: which wait, which went, and what stands in one that did not go."""

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.errors import Missing
from hub.journal import audit
from hub.journal.listed import ROWS, Listed, listed
from hub.journal.outbox import PARKED
from hub.journal.tables import outbox
from hub.notify.send_mail import MAIL
from hub.notify.tables import mail
from hub.sealing import Sealer
from hub.store import UnitOfWork

STATES = ("waiting", "queued", "failed", "sent", "dropped")


@dataclass(frozen=True)
class MailRow:
    """One mail. ``state`` is waiting (no mail server), queued, failed, sent or dropped; ``person_id`` is whose it is."""

    id: str
    template: str
    person_id: str | None
    state: str
    created_at: datetime
    sent_at: datetime | None
    last_error: str
    delivery_id: str | None

    @property
    def can_be_read(self) -> bool:
        """Whether its text is still there."""
        return self.state in {"waiting", "queued", "failed"}


@dataclass(frozen=True)
class OpenMail:
    """A mail that did not go yet, opened."""

    row: MailRow
    to: str
    subject: str
    text: str


def list_mails(uow: UnitOfWork, *, unsent: bool = False, before: str | None = None) -> Listed[MailRow]:
    """Mails of the last weeks, the newest first; with ``unsent`` those that wait, are on their way or failed."""
    query = _select().order_by(mail.c.id.desc()).limit(ROWS + 1)
    if unsent:
        query = query.where(mail.c.sealed_letter.is_not(None))
    if before is not None:
        query = query.where(mail.c.id < before)
    return listed([_row(row) for row in uow.connection.execute(query)], lambda row: row.id)


def read_mail(uow: UnitOfWork, mail_id: str, actor_id: str) -> OpenMail:
    """Open a mail for an operator, with an audit row, for what stands in it can let somebody in.

    Missing when there is none, or its text is gone.
    """
    found = uow.connection.execute(_select().where(mail.c.id == mail_id)).one_or_none()
    if found is None or found.sealed_letter is None:
        raise Missing("no_mail", "There is no such mail, or it was sent: then its text is gone.")
    letter = json.loads(Sealer(uow.settings.secret_keys).open(found.sealed_letter))
    uow.connection.execute(sa.update(mail).where(mail.c.id == mail_id).values(read_by=actor_id))
    audit(uow, "mail_read", mail_id, actor_id=actor_id, detail={"template": found.template})
    return OpenMail(_row(found), letter["to"], letter["subject"], letter["text"])


def count_unsent(uow: UnitOfWork) -> int:
    """How many mails wait because there is no mail server."""
    query = sa.select(sa.func.count()).where(~mail.c.is_queued, mail.c.sealed_letter.is_not(None))
    return uow.connection.scalar(query) or 0


def _select() -> "sa.Select[tuple[object, ...]]":
    o = outbox
    joined = mail.outerjoin(o, o.c.key == sa.literal(f"{MAIL}:") + sa.cast(mail.c.id, sa.String))
    return sa.select(
        mail, o.c.id.label("delivery_id"), o.c.state.label("delivery"), o.c.last_error
    ).select_from(joined)


def _row(row: "sa.Row[tuple[object, ...]]") -> MailRow:
    state = "queued"
    if row.sent_at is not None:
        state = "sent"
    elif row.dropped_at is not None:
        state = "dropped"
    elif not row.is_queued:
        state = "waiting"
    elif row.delivery == PARKED:
        state = "failed"
    return MailRow(
        row.id,
        row.template,
        row.person_id,
        state,
        row.created_at,
        row.sent_at,
        row.last_error or "",
        row.delivery_id,
    )
