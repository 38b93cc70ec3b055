"""The public keys of tools: fetched from their JWKS, kept with their age, fetched again when a kid is new."""

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64decode

from hub.errors import OutsideFailed
from hub.logging import get_logger
from hub.lti import tables
from hub.lti.refusals import Refused
from hub.lti.tools import Tool
from hub.lti.vocabulary import SIGNING_ALGORITHM
from hub.runtime import Hub

MAX_AGE = timedelta(hours=1)
"""A key that the tool took out of its JWKS is refused after this long at the latest."""
STALE_AGE = timedelta(days=1)
"""How long the last known keys are good while the tool's JWKS cannot be fetched."""
PAUSE = timedelta(seconds=10)
"""At most one fetch per tool in this time, over all processes: unknown kids cost nothing to invent."""
MAX_KEYS = 50
MIN_BITS = 2048

logger = get_logger(__name__)
_fetching: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

Jwks = list[dict[str, str]]


def tool_key(hub: Hub, tool: Tool, kid: str) -> RSAKey:
    """The tool's key with this kid, outside any unit: the JWKS may have to be fetched.

    Raises Refused ``unknown_kid``, or ``jwks_unreachable`` when nothing usable is known and the tool's JWKS fails.
    """
    keys, fetched_at = _stored(hub, tool)
    key = _find(keys, kid)
    if key and fetched_at and hub.clock.now() - fetched_at < MAX_AGE:
        return key
    problem = _refresh_in_turn(hub, tool, wait=key is None)
    keys, fetched_at = _stored(hub, tool)
    key = _find(keys, kid)
    if key and fetched_at and hub.clock.now() - fetched_at < STALE_AGE:
        return key
    if problem:
        raise Refused(
            "jwks_unreachable",
            f"The keys at {tool.jwks_url} cannot be fetched: {problem}",
            error="invalid_client",
            connection_id=tool.connection_id,
        )
    raise Refused(
        "unknown_kid",
        "The assertion is signed by a key that is not in the tool's JWKS.",
        error="invalid_client",
        connection_id=tool.connection_id,
    )


def _stored(hub: Hub, tool: Tool) -> tuple[Jwks, datetime | None]:
    table = tables.lti_tool
    with hub.reading() as uow:
        row = uow.connection.execute(
            sa.select(table.c.jwks, table.c.jwks_at).where(table.c.connection_id == tool.connection_id)
        ).one()
    return row.jwks or [], row.jwks_at


def _refresh_in_turn(hub: Hub, tool: Tool, *, wait: bool) -> str:
    """Threads that need the same JWKS wait for one fetch; those that know the key already do not wait for another's."""
    lock = _fetching[tool.connection_id]
    if not lock.acquire(blocking=wait):
        return ""
    try:
        return _refresh(hub, tool)
    finally:
        lock.release()


def _refresh(hub: Hub, tool: Tool) -> str:
    """Fetch the JWKS if it is time to; what went wrong, in words."""
    table = tables.lti_tool
    mine = table.c.connection_id == tool.connection_id
    with hub.unit_of_work() as uow:
        due = sa.or_(table.c.jwks_tried_at.is_(None), table.c.jwks_tried_at <= uow.now - PAUSE)
        tried = uow.connection.execute(sa.update(table).where(mine, due).values(jwks_tried_at=uow.now))
    if not tried.rowcount:
        return ""
    try:
        keys = _fetch(hub, tool)
    except OutsideFailed as error:
        logger.warning("jwks_failed", connection_id=tool.connection_id, code=error.code)
        return error.message
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(table).where(mine).values(jwks=keys, jwks_at=uow.now))
    return ""


def _fetch(hub: Hub, tool: Tool) -> Jwks:
    answer = hub.http.get(
        tool.jwks_url, connection=tool.connection_id, headers={"Accept": "application/json"}
    )
    if answer.status != 200:
        raise OutsideFailed("jwks_status", f"It answered with status {answer.status}.")
    document = answer.json()
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise OutsideFailed("jwks_unusable", "It is no JWKS.")
    return usable_keys(listed)


def usable_keys(listed: list[Any]) -> Jwks:
    """The RSA signing keys of a JWKS of at least 2048 bits, public members only; a kid that names two keys names none."""
    keys = [key for jwk in listed[:MAX_KEYS] if isinstance(jwk, dict) and (key := _public(jwk))]
    count = Counter(key["kid"] for key in keys)
    return [key for key in keys if count[key["kid"]] == 1]


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


def _find(keys: Jwks, kid: str) -> RSAKey | None:
    return next((RSAKey.import_key({**key}) for key in keys if key["kid"] == kid), None)
