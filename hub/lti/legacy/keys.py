"""Old consumer keys: entered once at the connection by an operator, the shared secret sealed."""

from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from hub.errors import BadInput, Problem
from hub.journal import Change, audit, record_changes
from hub.lti.legacy.tables import lti_consumer_key
from hub.network.connections import read_connection
from hub.sealing import Sealer
from hub.store import UnitOfWork

Role = Literal["tool", "platform"]
MAX_KEY = 255
MAX_SECRET = 1000


@dataclass(frozen=True)
class ConsumerKey:
    """What LTI 1.1 signed with. The secret is never shown."""

    consumer_key: str
    secret: str = field(repr=False)


def set_consumer_key(
    uow: UnitOfWork, connection_id: str, role: Role, consumer_key: str, secret: str = ""
) -> None:
    """Keep the key that this system had under LTI 1.1; without a key what was kept is forgotten. The same again changes nothing.

    A secret that is left out stays as long as the key does. Raises BadInput ``bad_consumer_key`` with one problem per wrong
    part, at ``consumer_key`` or ``consumer_secret``; Missing for an unknown connection.
    """
    connection = read_connection(uow, connection_id)
    known = find_consumer_key(uow, connection.id, role)
    same = known is not None and known.consumer_key == consumer_key
    if (known is None and not consumer_key and not secret) or (
        known is not None and same and secret in ("", known.secret)
    ):
        return
    _check(consumer_key, secret, needs_secret=not same)
    table = lti_consumer_key
    uow.connection.execute(
        sa.delete(table).where(table.c.connection_id == connection.id, table.c.role == role)
    )
    if consumer_key:
        kept = secret or (known.secret if known else "")
        sealed = Sealer(uow.settings.secret_keys).seal(kept)
        uow.connection.execute(
            sa.insert(table).values(
                connection_id=connection.id, role=role, consumer_key=consumer_key, sealed_secret=sealed
            )
        )
    body = {
        "connection_id": connection.id,
        "role": role,
        "consumer_key": consumer_key,
        "new_secret": bool(secret),
    }
    record_changes(uow, [Change("lti_consumer_key_changed", connection.id, body)])
    audit(uow, "consumer_key_changed", connection.slug, connection_id=connection.id, detail={"role": role})


def find_consumer_key(uow: UnitOfWork, connection_id: str, role: Role) -> ConsumerKey | None:
    """The key of a system that was LTI 1.1's tool or platform, if one was entered."""
    row = _row(uow, connection_id, role)
    if row is None:
        return None
    return ConsumerKey(row.consumer_key, Sealer(uow.settings.secret_keys).open(row.sealed_secret))


def consumer_key_name(uow: UnitOfWork, connection_id: str, role: Role) -> str:
    """The key alone, for forms; empty where there is none."""
    row = _row(uow, connection_id, role)
    return str(row.consumer_key) if row is not None else ""


def _row(uow: UnitOfWork, connection_id: str, role: Role) -> Any:
    return uow.find(lti_consumer_key, connection_id=connection_id, role=role)


def _check(consumer_key: str, secret: str, *, needs_secret: bool) -> None:
    problems = []
    if len(consumer_key) > MAX_KEY or "\0" in consumer_key:
        problems.append(Problem(f"must have at most {MAX_KEY} characters", "consumer_key"))
    if secret and not consumer_key:
        problems.append(Problem("is missing: a secret belongs to a key", "consumer_key"))
    if consumer_key and not secret and needs_secret:
        problems.append(Problem("is missing: each key has its own", "consumer_secret"))
    if len(secret) > MAX_SECRET or "\0" in secret:
        problems.append(Problem(f"must have at most {MAX_SECRET} characters", "consumer_secret"))
    if problems:
        raise BadInput("bad_consumer_key", "This consumer key cannot be kept.", problems=problems)
