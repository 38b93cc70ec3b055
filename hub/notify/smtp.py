"""Sending mails by SMTP (RFC 5321), encrypted unless the server is on this machine or the settings say otherwise."""

import json
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from functools import cache
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from hub.config import Settings
from hub.errors import OutsideFailed
from hub.journal.outbox import Delivery, Handler
from hub.notify.digest_letter import DIGEST, write_again
from hub.notify.tables import mail
from hub.runtime import Hub

TIMEOUT_SECONDS = 20
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


def send_mails(hub: Hub) -> Handler:
    """The outbox handler that sends one mail. Its text is deleted with the note that it was sent.

    A mail that is gone or was let be is parked, and so is one that the server refuses for good (5xx about the mail
    itself); all else is tried again. Errors name no address. It may arrive twice when a worker dies between sending and
    noting, always with the same Message-ID.
    """

    def deliver(delivery: Delivery) -> None:
        mail_id = delivery.body["mail_id"]
        with hub.reading() as uow:
            row = uow.find(mail, id=mail_id)
        if row is not None and row.sent_at is not None:
            return
        if row is None or row.sealed_letter is None:
            raise OutsideFailed("mail_gone", "The mail was let be, or is too old.", retryable=False)
        letter = json.loads(hub.sealer.open(row.sealed_letter))
        if row.template == DIGEST and not _is_still_news(hub, mail_id, letter):
            return
        _send(hub.settings, _message(hub, row.id, letter))
        with hub.unit_of_work() as uow:
            values = {"sealed_letter": None, "sent_at": uow.now}
            uow.connection.execute(sa.update(mail).where(mail.c.id == mail_id).values(**values))

    return deliver


def try_server(settings: Settings) -> None:
    """Connect and sign in at the mail server, without sending anything; OutsideFailed says what is wrong."""
    try:
        with _open(settings) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        raise _failure(error) from None


def _message(hub: Hub, mail_id: str, letter: dict[str, str]) -> EmailMessage:
    message = EmailMessage()
    message["From"] = _sender(hub.settings.mail_from, letter.get("sender", ""))
    if letter.get("reply_to"):
        message["Reply-To"] = letter["reply_to"]
    message["To"] = letter["to"]
    message["Subject"] = letter["subject"]
    message["Date"] = format_datetime(hub.clock.now())
    message["Message-ID"] = f"<{mail_id}@{urlsplit(hub.settings.public_url).hostname}>"
    if letter.get("unsubscribe"):
        message["List-Unsubscribe"] = f"<{letter['unsubscribe']}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to these
    message.set_content(letter["text"])
    message.add_alternative(letter["html"], subtype="html")
    return message


def _sender(mail_from: str, name: str) -> str:
    """The hub's address, which the mail server vouches for, under another name if there is one (RFC 5322, 3.4)."""
    return formataddr((name, parseaddr(mail_from)[1])) if name else mail_from


def _is_still_news(hub: Hub, mail_id: str, letter: dict[str, str]) -> bool:
    """Whether a digest is still to be sent; its letter then says what holds now. One that says nothing any more is let be."""
    with hub.unit_of_work() as uow:
        written = write_again(uow, mail_id)
        if written is None:
            gone = {"sealed_letter": None, "dropped_at": uow.now}
            uow.connection.execute(sa.update(mail).where(mail.c.id == mail_id).values(**gone))
            return False
    letter |= {"subject": written.subject, "text": written.text, "html": written.html}
    return True


def _send(settings: Settings, message: EmailMessage) -> None:
    try:
        with _open(settings) as server:
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise _failure(error) from None


def _open(settings: Settings) -> smtplib.SMTP:
    parts = urlsplit(settings.smtp_url.get_secret_value())
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=_trusted())
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    try:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=_trusted())
            server.ehlo()
        elif parts.scheme == "smtp" and host not in LOOPBACK:
            raise OutsideFailed(
                "mail_not_encrypted",
                "The mail server offers no encryption.",
                "Use smtps://, or smtp+plain:// where the way there is safe.",
            )
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


@cache
def _trusted() -> ssl.SSLContext:
    """Whom this machine trusts; read once, because it takes longer than all else that a mail needs."""
    return ssl.create_default_context()


def _failure(error: Exception) -> OutsideFailed:
    """In words without what the server said, which often repeats the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        permanent = all(code >= 500 for code in codes)
        return OutsideFailed(
            "mail_refused",
            f"The mail server takes no mail to this address ({codes[0]}).",
            retryable=not permanent,
        )
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return OutsideFailed("mail_login", f"The mail server refused the login ({error.smtp_code}).")
    if isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500:
        return OutsideFailed(
            "mail_refused", f"The mail server refused the mail ({error.smtp_code}).", retryable=False
        )
    if isinstance(error, smtplib.SMTPResponseException):
        return OutsideFailed("mail_server", f"The mail server answered {error.smtp_code}.")
    return OutsideFailed("mail_server", f"The mail server cannot be reached ({type(error).__name__}).")
