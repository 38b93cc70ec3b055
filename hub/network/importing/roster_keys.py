"""What the network files call things, and the ids the hub gave them."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import count

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing, Problem
from hub.network import tables
from hub.store import UnitOfWork


def find_id(uow: UnitOfWork, kind: str, external_id: str) -> str:
    """The id of the thing of this kind (partner, person, brand, ...) that the files call ``external_id``; or Missing."""
    key = tables.roster_key
    found = uow.connection.scalar(
        sa.select(key.c.id).where(key.c.kind == kind, key.c.external_id == external_id)
    )
    if found is None:
        raise Missing(f"no_{kind}", f"The network files name no {kind} {external_id}.")
    return str(found)


def find_ids(
    uow: UnitOfWork, kind: str, external_ids: Collection[str], partner_id: str = ""
) -> dict[str, str]:
    """Ids by what the files call things of this kind; unknown ones are left out.

    With ``partner_id`` only locations of this partner.
    """
    if not external_ids:
        return {}
    key, location = tables.roster_key, tables.location
    query = sa.select(key.c.external_id, key.c.id).where(
        key.c.kind == kind, uow.among(key.c.external_id, sorted(external_ids))
    )
    if partner_id:
        query = query.join(location, location.c.id == key.c.id).where(location.c.partner_id == partner_id)
    return {row.external_id: row.id for row in uow.connection.execute(query)}


MAX_NAME = 200
OWN = "hub-"
"""Begins what the hub itself calls things that people made in it without saying how files call them."""
_OTHER_CHARACTERS = re.compile(r"[^a-z0-9]+")


def free_name(uow: UnitOfWork, kind: str, external_id: str, name: str, within: str = "") -> str:
    """How files will call a new thing of a kind: as somebody says, or else ``hub-`` and its name, with a number where taken.

    So everything that rules ask about has a name that they can be exported with. ``within`` is the dimension of a node. For
    whoever holds the network's lock. BadInput ``bad_external_id``; Conflict ``<kind>_exists`` for a name that is taken.
    """
    external_id, prefix = external_id.strip(), f"{within}/" if within else ""
    if len(external_id) > MAX_NAME - len(prefix) or not external_id.isprintable():
        raise BadInput(
            "bad_external_id",
            "This cannot be how files call it.",
            f"Enter at most {MAX_NAME} characters.",
            [Problem("is too long or cannot be printed", "external_id")],
        )
    if external_id:
        if find_ids(uow, kind, [prefix + external_id]):
            raise Conflict(f"{kind}_exists", f"The network files call another {kind} {external_id}.")
        return prefix + external_id
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = prefix + OWN + (_OTHER_CHARACTERS.sub("-", plain).strip("-")[:40] or kind)
    key = tables.roster_key
    alike = sa.select(key.c.external_id).where(
        key.c.kind == kind, key.c.external_id.startswith(base, autoescape=True)
    )
    taken = set(uow.connection.scalars(alike))
    return next(each for each in _numbered(base) if each not in taken)


def name_for_files(uow: UnitOfWork, kind: str, external_id: str, id: str) -> None:
    """Let files call a thing so. Without a hash: what they say of it is new to the next import."""
    uow.insert(tables.roster_key, kind=kind, external_id=external_id, id=id, content_hash="")


def _numbered(base: str) -> Iterator[str]:
    yield base
    for number in count(2):
        yield f"{base}-{number}"
