"""What the network files call somebody who becomes part of another person: taken away with all they said, and given back."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.network.tables import roster_key
from hub.store import UnitOfWork

_KEPT = ("kind", "external_id", "content_hash", "parts")


def keys_of_person(uow: UnitOfWork, person_id: str) -> list[dict[str, Any]]:
    """The keys under which files said anything about a person, whatever it was: ``kind``, ``external_id``, hash and parts."""
    key = roster_key
    rows = uow.connection.execute(
        sa.select(*(key.c[name] for name in _KEPT))
        .where(key.c.id == person_id)
        .order_by(key.c.kind, key.c.external_id)
    )
    return [dict(row._mapping) for row in rows]


def names_for_files(keys: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What files call the person these keys are of. Merges of old kept keys without their kind, which was ``person``."""
    return tuple(key["external_id"] for key in keys if key.get("kind", "person") == "person")


def forget_keys(uow: UnitOfWork, person_id: str) -> None:
    """Let files know nobody of whom they said anything under this id: who they bring under the same name is somebody new."""
    uow.connection.execute(sa.delete(roster_key).where(roster_key.c.id == person_id))


def restore_keys(uow: UnitOfWork, person_id: str, keys: Sequence[Mapping[str, Any]]) -> None:
    """Give the keys back, but for names by which files brought somebody else meanwhile."""
    mine = [{"kind": "person", "parts": None, **key, "id": person_id} for key in keys]
    uow.insert_new(roster_key, [key for key in mine if key["kind"] == "person"])
    key = roster_key
    back = sa.select(key.c.external_id).where(key.c.kind == "person", key.c.id == person_id)
    names = set(uow.connection.scalars(back))
    uow.insert_new(
        roster_key, [each for each in mine if each["kind"] != "person" and each["external_id"] in names]
    )
