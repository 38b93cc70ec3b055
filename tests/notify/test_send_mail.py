"""Mails: written with their cause, sent once, sealed until then, and gone afterwards."""

import pytest
import sqlalchemy as sa

from hub.app import open_hub, open_worker
from hub.clock import SettableClock
from hub.errors import BadInput, Conflict, Missing
from hub.ids import new_id
from hub.journal.outbox import deliver
from hub.journal.tables import audit, outbox
from hub.network.people.mail_address import is_address
from hub.network.tables import partner, person, person_detail
from hub.notify.erase_person import erase_person
from hub.notify.send_mail import MAIL, drop_mail, send_mail
from hub.notify.smtp import send_mails
from hub.notify.tables import mail
from hub.notify.views import count_unsent, list_mails, read_mail
from hub.runtime import Hub
from hub.testing.smtp import Mailbox


def write(hub: Hub, to: str = "tess@riverside.example", key: str = "test:1") -> bool:
    with hub.unit_of_work() as uow:
        return send_mail(uow, to, "test", {}, key=key)


def send(hub: Hub) -> int:
    return deliver(hub.unit_of_work, {MAIL: send_mails(hub)})


def mails(hub: Hub) -> list[tuple[str, bool]]:
    """States, and whether the text is still there."""
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(mail.c.id, mail.c.sealed_letter.is_not(None)))
        texts = {row[0]: row[1] for row in rows}
        return [(row.state, texts[row.id]) for row in list_mails(uow).rows]


def add_tess(hub: Hub) -> str:
    partner_id, person_id = new_id(), new_id()
    with hub.unit_of_work() as uow:
        uow.insert(partner, id=partner_id, name="Riverside")
        uow.insert(person, id=person_id, partner_id=partner_id, locale="en", disabled=False)
        names = {"given_name": "Tess", "family_name": "Okafor", "email": "tess@riverside.example"}
        uow.insert(person_detail, person_id=person_id, **names)
    return person_id


def test_a_mail_arrives_once_and_its_text_is_gone_then(hub: Hub, mailbox: Mailbox) -> None:
    tess = add_tess(hub)
    assert write(hub, tess)
    assert not write(hub, tess)
    assert send(hub) == 1
    (arrived,) = mailbox.mails
    assert (arrived["To"], arrived["From"]) == (
        "tess@riverside.example",
        "Training Hub <training@hub.example>",
    )
    body = arrived.get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith("Hello Tess,")
    assert arrived.get_body(("html",)) is not None
    assert mails(hub) == [("sent", False)]
    assert send(hub) == 0


def test_nothing_personal_stands_in_the_clear(hub: Hub, mailbox: Mailbox) -> None:
    write(hub)
    with hub.reading() as uow:
        rows = [*uow.connection.execute(sa.select(outbox)), *uow.connection.execute(sa.select(mail))]
    assert "riverside" not in str(rows)


def test_what_is_rolled_back_is_not_sent(hub: Hub, mailbox: Mailbox) -> None:
    def fail() -> None:
        with hub.unit_of_work() as uow:
            send_mail(uow, "tess@riverside.example", "test", {}, key="test:1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert send(hub) == 0


@pytest.mark.parametrize("command, state", [("MAIL", "queued"), ("RCPT", "failed"), ("DATA", "failed")])
def test_a_refusal_names_no_address(hub: Hub, mailbox: Mailbox, command: str, state: str) -> None:
    write(hub)
    code = "451" if command == "MAIL" else "550"
    mailbox.replies[command] = f"{code} <tess@riverside.example> is not welcome"
    assert send(hub) == 1
    assert mails(hub) == [(state, True)]
    with hub.reading() as uow:
        (row,) = list_mails(uow).rows
    assert code in row.last_error
    assert "tess" not in row.last_error


def test_a_server_that_is_down_is_tried_again(hub: Hub, mailbox: Mailbox, clock: SettableClock) -> None:
    write(hub)
    mailbox.replies["EHLO"] = mailbox.replies["HELO"] = "421 not now"
    send(hub)
    mailbox.replies.clear()
    clock.advance(minutes=5)
    send(hub)
    assert len(mailbox.mails) == 1


def test_without_a_server_a_mail_waits_to_be_read_and_goes_when_there_is_one(
    hub: Hub, mailbox: Mailbox, clock: SettableClock
) -> None:
    without = hub.settings.model_copy(update={"smtp_url": type(hub.settings.smtp_url)("")})
    small = open_hub(without, clock=clock)
    write(small)
    assert send(small) == 0
    operator = new_id()
    with small.unit_of_work() as uow:
        assert count_unsent(uow) == 1
        (row,) = list_mails(uow, unsent=True).rows
        opened = read_mail(uow, row.id, operator)
        assert (
            uow.connection.scalar(sa.select(audit.c.action).where(audit.c.actor_id == operator))
            == "mail_read"
        )
    assert (row.state, opened.to, opened.text[:5]) == ("waiting", "tess@riverside.example", "Hello")
    small.close()
    open_worker(hub).drain()
    assert len(mailbox.mails) == 1
    with hub.unit_of_work() as uow, pytest.raises(Missing):
        read_mail(uow, row.id, operator)


def test_a_mail_that_was_let_be_is_not_sent(hub: Hub, mailbox: Mailbox) -> None:
    write(hub)
    with hub.unit_of_work() as uow:
        (row,) = list_mails(uow).rows
        drop_mail(uow, row.id, new_id())
    with hub.unit_of_work() as uow, pytest.raises(Conflict):
        drop_mail(uow, row.id, new_id())
    send(hub)
    assert mails(hub) == [("dropped", False)]
    assert mailbox.mails == []


def test_erasing_somebody_takes_their_mails_away(hub: Hub, mailbox: Mailbox) -> None:
    tess = add_tess(hub)
    write(hub, tess)
    with hub.unit_of_work() as uow:
        send_mail(uow, "tess@old.example", "test", {}, key="test:2", about=tess)
        assert erase_person(uow, tess) == {"mails": 2}
    send(hub)
    assert mailbox.mails == []


def test_somebody_without_an_address_is_told(hub: Hub, mailbox: Mailbox) -> None:
    tess = add_tess(hub)
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.delete(person_detail))
    with pytest.raises(BadInput, match="no e-mail address"):
        write(hub, tess)


def test_what_is_an_address() -> None:
    for text in ("tess@riverside.example", "t+a.b'c@x.example", "ö@x.example"):
        assert is_address(text), text
    for text in ("", "tess", "a@b, c@d", "a@b\nBcc: c@d", "<a@b>", "a@b;c@d", "a" * 320 + "@b"):
        assert not is_address(text), text
    for text in (
        "a@b.c.",
        "a@.b",
        "a@b..c",
        "a@.",
        "=?utf-8?q?a=40evil.example?=@x.example",
        "a@=?utf-8?q?b?=",
    ):
        assert not is_address(text), text
