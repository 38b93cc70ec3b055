"""Home-realm discovery: where somebody signs in. It looks at the domain of an e-mail, never at who has it."""

from collections.abc import Iterable

from hub.errors import Missing
from hub.network.connections import Connection, connections_for_email
from hub.sso.oidc.providers import read_provider
from hub.store import UnitOfWork

MAX_EMAIL = 320
MAX_CHOICES = 20


def find_sign_ins(uow: UnitOfWork, email: str) -> list[Connection]:
    """The connections for the domain of an e-mail, by slug; none for what is not an e-mail.

    The answer and the work are the same for every e-mail of a domain, whether anybody has it or not.
    """
    name, _, domain = email.strip().rpartition("@")
    if not name or not domain or len(email) > MAX_EMAIL or not email.isprintable():
        return []
    return connections_for_email(uow, f"@{domain}")


def read_choices(uow: UnitOfWork, slugs: Iterable[str]) -> list[Connection]:
    """The connections among these slugs that people can sign in through, for the page on which they choose."""
    choices = []
    for slug in list(slugs)[:MAX_CHOICES]:
        try:
            connection = read_provider(uow, slug).connection
        except Missing:
            continue
        if not connection.disabled:
            choices.append(connection)
    return choices
