"""Old consumer keys: entered once at the connection by an operator, the shared secret sealed."""

from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from hub.errors import BadInput, HubError, Problem
from hub.journal import Change, audit, record_changes
from hub.logging import get_logger
from hub.lti.legacy.tables import lti_consumer_key
from hub.network.systems.connections import read_connection
from hub.sealing import Sealer
from hub.store import UnitOfWork
from hub.store.insert import insert_for

logger = get_logger(__name__)

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

    A secret that is left out stays as long as the key does; one that cannot be opened any more is replaced by any.
    Raises BadInput ``bad_consumer_key`` with one problem per wrong part, at ``consumer_key`` or ``consumer_secret``; Missing
    for an unknown connection.
    """
    connection = read_connection(uow, connection_id)
    row = _row(uow, connection.id, role)
    same = consumer_key == (row.consumer_key if row is not None else "")
    if same and (not secret or (row is not None and _secret(uow, row) == secret)):
        return
    _check(consumer_key, secret, needs_secret=not same)
    _keep(uow, connection.id, role, consumer_key, secret)
    body = {
        "connection_id": connection.id,
        "role": role,
        "consumer_key": consumer_key,
        "new_secret": bool(secret),
    }
    record_changes(uow, [Change("lti_consumer_key_changed", connection.id, body)])
    audit(uow, "consumer_key_changed", connection.slug, connection_id=connection.id, detail={"role": role})


def find_consumer_key(uow: UnitOfWork, connection_id: str, role: Role) -> ConsumerKey | None:
    """The key of a system that was LTI 1.1's tool or platform, if one was entered.

    A key whose secret cannot be opened any more is no key, and the log says so: launches go on without it.
    """
    row = _row(uow, connection_id, role)
    secret = _secret(uow, row) if row is not None else None
    return None if secret is None else ConsumerKey(row.consumer_key, secret)


def consumer_key_name(uow: UnitOfWork, connection_id: str, role: Role) -> str:
    """The key alone, for forms; empty where there is none."""
    row = _row(uow, connection_id, role)
    return str(row.consumer_key) if row is not None else ""


def _row(uow: UnitOfWork, connection_id: str, role: Role) -> Any:
    return uow.find(lti_consumer_key, connection_id=connection_id, role=role)


def _secret(uow: UnitOfWork, row: Any) -> str | None:
    """None for a secret that was sealed with a key that is not in the settings any more."""
    try:
        return Sealer(uow.settings.secret_keys).open(row.sealed_secret)
    except HubError as error:
        logger.warning(
            "consumer_key_unusable", connection=row.connection_id, role=row.role, reason=error.code
        )
        return None


def _keep(uow: UnitOfWork, connection_id: str, role: Role, consumer_key: str, secret: str) -> None:
    """Of two that enter a key at once, the second wins."""
    table = lti_consumer_key
    mine = {"connection_id": connection_id, "role": role}
    if not consumer_key:
        uow.connection.execute(
            sa.delete(table).where(*(table.c[name] == value for name, value in mine.items()))
        )
        return
    told = {
        "consumer_key": consumer_key,
        "sealed_secret": Sealer(uow.settings.secret_keys).seal(secret),
    }
    insert = insert_for(table, is_sqlite=uow.is_sqlite).values(**mine, **told)
    uow.connection.execute(insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=told))


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
