"""Names for addresses: a connection's slug, made of what people call it."""

import re
import unicodedata

from hub.errors import Conflict
from hub.network.systems.connections import check_new_connection
from hub.store import UnitOfWork

MAX_SLUG = 40
_TRIES = 100
_OTHER_CHARACTERS = re.compile(r"[^a-z0-9]+")


def free_slug(uow: UnitOfWork, name: str, partner_id: str | None, otherwise: str) -> str:
    """The name as a slug that no connection has, with a number where it is taken; ``otherwise`` for a name without a Latin letter.

    Raises Conflict ``connection_exists`` where a hundred of them are taken.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = _OTHER_CHARACTERS.sub("-", plain)[:MAX_SLUG].strip("-") or otherwise
    for number in range(1, _TRIES):
        slug = base if number == 1 else f"{base}-{number}"
        try:
            check_new_connection(uow, slug, partner_id)
        except Conflict:
            continue
        return slug
    raise Conflict(
        "connection_exists", f"There are too many connections called {base}.", "Choose another name."
    )
