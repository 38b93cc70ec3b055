"""The address by which somebody ends the digests without signing in (RFC 8058): only the hub can make and read it."""

from hub.errors import HubError, Missing
from hub.ids import is_id
from hub.sealing import Sealer
from hub.store import UnitOfWork

PATH = "/messages/stop/"
_PURPOSE = "digests:"


def unsubscribe_address(uow: UnitOfWork, person_id: str) -> str:
    """Where one person ends them. Good for as long as the secret key is known."""
    return uow.settings.url(PATH + Sealer(uow.settings.secret_keys).seal(_PURPOSE + person_id))


def person_of(uow: UnitOfWork, code: str) -> str:
    """Whose address it is; Missing for one that the hub did not make."""
    try:
        purpose, _, person_id = Sealer(uow.settings.secret_keys).open(code).partition(":")
    except HubError:
        purpose = person_id = ""
    if f"{purpose}:" != _PURPOSE or not is_id(person_id):
        raise Missing(
            "no_such_link",
            "This link does not work.",
            "Sign in, and choose on your account page what you are told.",
        )
    return person_id
