"""The public keys of other systems: fetched from their JWKS, kept with their age, fetched again when a kid is new.

Tools and platforms alike publish keys at an address (1EdTech Security Framework 1.0, section 6.3). Where the keys are
kept is a ``KeySource``; the rules are the same for both.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64decode

from hub.errors import OutsideFailed
from hub.logging import get_logger
from hub.lti.refusals import Refused
from hub.lti.vocabulary import SIGNING_ALGORITHM
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.store.driver import Question

MAX_AGE = timedelta(hours=1)
"""A key that its owner took out of the JWKS is refused after this long at the latest."""
STALE_AGE = timedelta(days=1)
"""How long the last known keys are good while the JWKS cannot be fetched."""
PAUSE = timedelta(seconds=10)
"""At most one fetch per source in this time, over all processes: unknown kids cost nothing to invent."""
MAX_KEYS = 50
MIN_BITS = 2048

logger = get_logger(__name__)
_fetching: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)

Jwks = list[dict[str, str]]


@dataclass(frozen=True)
class KeySource:
    """Whose keys, and where they are kept.

    ``table`` has the columns ``connection_id``, ``jwks``, ``jwks_at`` and ``jwks_tried_at``. ``given`` are keys that its
    administrator handed over instead of an address: then nothing is ever fetched.
    """

    table: sa.Table
    connection_id: str
    jwks_url: str
    given: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True)
class KeyAge:
    """What is kept of a JWKS: the kids, when they were fetched, and when that was last tried."""

    kids: tuple[str, ...]
    fetched_at: datetime | None
    tried_at: datetime | None


def remote_key(hub: Hub, source: KeySource, kid: str) -> RSAKey:
    """The key with this kid, outside any unit: the JWKS may have to be fetched.

    Raises Refused ``unknown_kid``, or ``jwks_unreachable`` when nothing usable is known and the JWKS fails.
    """
    if source.given:
        given = _find(source.given, kid)
        if given is None:
            raise _unknown(source)
        return given
    keys, fetched_at = _stored(hub, source)
    key = _find(keys, kid)
    if key and fetched_at and hub.clock.now() - fetched_at < MAX_AGE:
        return key
    problem = _refresh_in_turn(hub, source, wait=key is None)
    keys, fetched_at = _stored(hub, source)
    key = _find(keys, kid)
    if key and fetched_at and hub.clock.now() - fetched_at < STALE_AGE:
        return key
    if problem:
        raise Refused(
            "jwks_unreachable",
            f"The keys at {source.jwks_url} cannot be fetched: {problem}",
            error="invalid_client",
            connection_id=source.connection_id,
        )
    raise _unknown(source)


def key_age(uow: UnitOfWork, source: KeySource) -> KeyAge:
    """The kids that are known of a source now, and how old that knowledge is."""
    table = source.table
    row = uow.connection.execute(
        sa.select(table.c.jwks, table.c.jwks_at, table.c.jwks_tried_at).where(
            table.c.connection_id == source.connection_id
        )
    ).one()
    kids = tuple(key["kid"] for key in source.given or row.jwks or [])
    return KeyAge(kids, row.jwks_at, row.jwks_tried_at)


def usable_keys(listed: Sequence[Any]) -> Jwks:
    """The RSA signing keys of a JWKS of at least 2048 bits, public members only; a kid that names two keys names none."""
    keys = [key for jwk in listed[:MAX_KEYS] if isinstance(jwk, dict) and (key := _public(jwk))]
    count = Counter(key["kid"] for key in keys)
    return [key for key in keys if count[key["kid"]] == 1]


def _unknown(source: KeySource) -> Refused:
    return Refused(
        "unknown_kid",
        "It is signed by a key that is not in the JWKS of the system it comes from.",
        error="invalid_client",
        connection_id=source.connection_id,
    )


def _stored(hub: Hub, source: KeySource) -> tuple[Jwks, datetime | None]:
    with hub.glance() as uow:
        row = _kept_in(source.table).ask(uow.connection, connection_id=source.connection_id)
    return row.jwks or [], row.jwks_at


@cache
def _kept_in(table: sa.Table) -> Question:
    return Question(
        sa.select(table.c.jwks, table.c.jwks_at).where(table.c.connection_id == sa.bindparam("connection_id"))
    )


def _refresh_in_turn(hub: Hub, source: KeySource, *, wait: bool) -> str:
    """Threads that need the same JWKS wait for one fetch; those that know the key already do not wait for another's."""
    lock = _fetching[source.table.name, source.connection_id]
    if not lock.acquire(blocking=wait):
        return ""
    try:
        return _refresh(hub, source)
    finally:
        lock.release()


def _refresh(hub: Hub, source: KeySource) -> str:
    """Fetch the JWKS if it is time to; what went wrong, in words."""
    table = source.table
    mine = table.c.connection_id == source.connection_id
    with hub.unit_of_work() as uow:
        due = sa.or_(table.c.jwks_tried_at.is_(None), table.c.jwks_tried_at <= uow.now - PAUSE)
        tried = uow.connection.execute(sa.update(table).where(mine, due).values(jwks_tried_at=uow.now))
    if not tried.rowcount:
        return ""
    try:
        keys = _fetch(hub, source)
    except OutsideFailed as error:
        logger.warning("jwks_failed", connection_id=source.connection_id, code=error.code)
        return error.message
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(table).where(mine).values(jwks=keys, jwks_at=uow.now))
    return ""


def _fetch(hub: Hub, source: KeySource) -> Jwks:
    answer = hub.http.get(
        source.jwks_url, connection=source.connection_id, headers={"Accept": "application/json"}
    )
    if answer.status != 200:
        raise OutsideFailed("jwks_status", f"It answered with status {answer.status}.")
    document = answer.json()
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise OutsideFailed("jwks_unusable", "It is no JWKS.")
    return usable_keys(listed)


def _public(jwk: Mapping[str, Any]) -> dict[str, str] | None:
    members = {name: jwk.get(name) for name in ("kty", "kid", "n", "e")}
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", SIGNING_ALGORITHM) != SIGNING_ALGORITHM:
        return None
    if members["kty"] != "RSA" or not all(isinstance(value, str) and value for value in members.values()):
        return None
    public = {name: str(value) for name, value in members.items()}
    if "\0" in public["kid"]:
        return None
    try:
        modulus = int.from_bytes(urlsafe_b64decode(public["n"].encode()))
        if modulus.bit_length() < MIN_BITS:
            return None
        RSAKey.import_key({**public})
    except (JoseError, ValueError):
        return None
    return public


def _find(keys: Sequence[Mapping[str, str]], kid: str) -> RSAKey | None:
    return next((_open(kid, key["n"], key["e"]) for key in keys if key["kid"] == kid), None)


@lru_cache(maxsize=1024)
def _open(kid: str, n: str, e: str) -> RSAKey:
    """Kept in memory: making a key of its members takes longer than finding them."""
    return RSAKey.import_key({"kty": "RSA", "kid": kid, "n": n, "e": e})
