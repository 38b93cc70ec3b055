"""Writing a mail: it leaves after the commit, through the outbox; without a mail server it waits where operators see it."""

import json
from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.ids import is_id, new_id
from hub.journal import audit, enqueue
from hub.network.people.mail_address import is_address
from hub.network.people.person import read_person
from hub.network.people.preferences import read_preferences
from hub.notify.letter import Value, write_letter
from hub.notify.tables import mail
from hub.sealing import Sealer
from hub.store import UnitOfWork
from hub.store.insert import insert_once
from hub.themes.choose_theme import theme_of
from hub.words.languages import DEFAULT, language_of

MAIL = "mail"
"""The kind of such deliveries in the outbox."""
RECEIVER = "mail server"
LIFETIME = timedelta(days=30)
"""For how long a mail that was not sent is kept, and the note of one that was."""


def send_mail(
    uow: UnitOfWork,
    to: str,
    template: str,
    values: Mapping[str, Value],
    *,
    key: str,
    about: str | None = None,
) -> bool:
    """Write a mail to an address or to a person (by id) from ``letters/TEMPLATE.txt``; False when ``key`` was written before.

    ``key`` holds ids only. A person's given name is there as ``name``, and the hub's address as ``hub``, unless the values
    say otherwise. It is written in the person's language, to an address in English, and the name it comes from is that of the
    person's theme. ``about`` is whose mail it is when ``to`` is an address: erasing the person takes it away. BadInput
    ``bad_email`` for what is no address, ``no_email`` for a person without one.
    """
    person_id, address, name, language = about, to.strip(), "", DEFAULT
    if is_id(to):
        person = read_person(uow, to)
        person_id, address, name = person.id, person.email, person.given_name
        language = read_preferences(uow, to).language or language_of(person.locale) or DEFAULT
        if not address:
            raise BadInput("no_email", "This person has no e-mail address.", "Add one first.")
    if not is_address(address):
        raise BadInput(
            "bad_email", "This is no e-mail address.", "Write one address, such as tess@example.com."
        )
    letter = write_letter(template, {"name": name, "hub": uow.settings.public_url, **values}, language)
    content = {"to": address, "subject": letter.subject, "text": letter.text, "html": letter.html}
    if isinstance(unsubscribe := values.get("unsubscribe"), str):
        content["unsubscribe"] = unsubscribe
    if person_id and (theme := theme_of(uow, person_id)):
        content |= {"sender": theme.sender, "reply_to": theme.reply_to}
    id, goes = new_id(), bool(uow.settings.smtp_url.get_secret_value())
    written = insert_once(
        uow,
        mail,
        id=id,
        key=key,
        template=template,
        person_id=person_id,
        sealed_letter=Sealer(uow.settings.secret_keys).seal(json.dumps(content)),
        is_queued=goes,
        created_at=uow.now,
        expires_at=uow.now + LIFETIME,
    )
    if written and goes:
        _enqueue(uow, id)
    return written


def queue_waiting(uow: UnitOfWork, limit: int = 500) -> int:
    """Let mails go that were written while there was no mail server; how many. None go while there still is none."""
    if not uow.settings.smtp_url.get_secret_value():
        return 0
    ids = list(
        uow.connection.scalars(
            sa.select(mail.c.id)
            .where(~mail.c.is_queued, mail.c.sealed_letter.is_not(None))
            .order_by(mail.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    for id in ids:
        _enqueue(uow, id)
    if ids:
        uow.connection.execute(sa.update(mail).where(uow.among(mail.c.id, ids)).values(is_queued=True))
    return len(ids)


def has_waiting(uow: UnitOfWork) -> bool:
    """Whether ``queue_waiting`` has anything to do."""
    if not uow.settings.smtp_url.get_secret_value():
        return False
    query = sa.select(mail.c.id).where(~mail.c.is_queued, mail.c.sealed_letter.is_not(None)).limit(1)
    return uow.connection.scalar(query) is not None


def drop_mail(uow: UnitOfWork, mail_id: str, actor_id: str) -> None:
    """Let a mail be that was not sent: its text goes. Missing when there is none, Conflict ``mail_sent`` when it has gone."""
    row = uow.find(mail, id=mail_id)
    if row is None:
        raise Missing("no_mail", "There is no such mail.")
    dropped = uow.connection.execute(
        sa.update(mail)
        .where(mail.c.id == mail_id, mail.c.sealed_letter.is_not(None))
        .values(sealed_letter=None, dropped_at=uow.now)
    )
    if not dropped.rowcount:
        raise Conflict("mail_sent", "This mail has gone already, or was let be.")
    audit(uow, "mail_dropped", mail_id, actor_id=actor_id, detail={"template": row.template})


def _enqueue(uow: UnitOfWork, mail_id: str) -> None:
    enqueue(uow, MAIL, RECEIVER, f"{MAIL}:{mail_id}", {"mail_id": mail_id})
