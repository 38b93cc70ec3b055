"""A hub with a mail server on loopback."""

from collections.abc import Iterator

import pytest

from hub.config import Settings
from hub.testing.smtp import Mailbox, mail_server


@pytest.fixture(scope="session")
def mail_server_of_all() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(mail_server_of_all: Mailbox) -> Mailbox:
    mail_server_of_all.mails.clear()
    mail_server_of_all.replies.clear()
    mail_server_of_all.logins.clear()
    return mail_server_of_all


@pytest.fixture
def settings(database_url: str, mailbox: Mailbox) -> Settings:
    return Settings(
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        smtp_url=mailbox.url,
        mail_from="Training Hub <training@hub.example>",
    )
