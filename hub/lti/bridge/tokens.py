"""Access tokens for the services of platforms (1EdTech Security Framework 1.0, section 4.1), kept until they expire.

A token is kept for exactly one registration: issuer, client id, token address, audience and scopes. Two tenants of one
LMS, which have the same issuer, never share one.
"""

import json
import math
import threading
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.errors import OutsideFailed
from hub.http import Answer
from hub.ids import content_hash, random_id
from hub.lti.bridge import tables
from hub.lti.bridge.outcome import ServiceFailed, judge
from hub.lti.platform_keys import sign
from hub.lti.tool.platforms import Platform
from hub.lti.vocabulary import JWT_BEARER_ASSERTION
from hub.runtime import Hub
from hub.store.insert import insert_for

ASSERTION_LIFE = timedelta(minutes=5)
RENEWED_BEFORE = timedelta(seconds=60)
"""So long before its end a token is used no more: the clocks of two systems differ."""
USUAL_LIFE, LONGEST_LIFE = 300, 86_400
_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)
"""RFC 6749, section 5.2."""
_fetching: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def service_token(hub: Hub, platform: Platform, scopes: Collection[str]) -> str:
    """An access token with these scopes, outside any unit; fetched at first need and again before it expires.

    Raises ServiceFailed: ``token_refused`` when the platform does not accept the hub, ``no_scope`` when it grants none
    of the scopes, and as ``judge`` does; OutsideFailed when it cannot be reached.
    """
    key = token_key(platform, scopes)
    token = _kept(hub, key)
    if token is None:
        with _fetching[key]:
            token = _kept(hub, key) or _fetch(hub, platform, scopes, key)
    return token


def drop_token(hub: Hub, platform: Platform, scopes: Collection[str], token: str) -> None:
    """Forget a token that the platform does not accept any more; another one that is there by now stays."""
    table, key = tables.lti_service_token, token_key(platform, scopes)
    with hub.unit_of_work() as uow:
        sealed = uow.connection.scalar(sa.select(table.c.sealed_token).where(table.c.key == key))
        if sealed is not None and hub.sealer.open(sealed) == token:
            uow.connection.execute(sa.delete(table).where(table.c.key == key))


def token_key(platform: Platform, scopes: Collection[str]) -> str:
    """Under which a token is kept: another one for every registration and every set of scopes, in whatever order."""
    parts = [platform.issuer, platform.client_id, platform.token_url, platform.token_audience]
    return content_hash(json.dumps([platform.connection_id, *parts, *sorted(scopes)]).encode())


def _kept(hub: Hub, key: str) -> str | None:
    table = tables.lti_service_token
    with hub.reading() as uow:
        sealed = uow.connection.scalar(
            sa.select(table.c.sealed_token).where(
                table.c.key == key, table.c.expires_at > uow.now + RENEWED_BEFORE
            )
        )
    return hub.sealer.open(sealed) if sealed is not None else None


def _fetch(hub: Hub, platform: Platform, scopes: Collection[str], key: str) -> str:
    now = hub.clock.now()
    with hub.unit_of_work() as uow:
        assertion = sign(uow, _assertion(platform, now))
    answer = hub.http.post(
        platform.token_url,
        connection=platform.connection_id,
        headers={"Accept": "application/json"},
        form={
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER_ASSERTION,
            "client_assertion": assertion,
            "scope": " ".join(sorted(scopes)),
        },
    )
    token, life = _read(answer, scopes, now)
    row = {
        "key": key,
        "connection_id": platform.connection_id,
        "sealed_token": hub.sealer.seal(token),
        "expires_at": now + life,
    }
    with hub.unit_of_work() as uow:
        table = tables.lti_service_token
        insert = insert_for(table, is_sqlite=uow.is_sqlite).values(**row)
        changed = {name: insert.excluded[name] for name in ("sealed_token", "expires_at")}
        uow.connection.execute(insert.on_conflict_do_update(index_elements=[table.c.key], set_=changed))
    return token


def _assertion(platform: Platform, now: datetime) -> dict[str, Any]:
    return {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.token_audience or platform.token_url,
        "iat": int(now.timestamp()),
        "exp": int((now + ASSERTION_LIFE).timestamp()),
        "jti": random_id(),
    }


def _read(answer: Answer, scopes: Collection[str], now: datetime) -> tuple[str, timedelta]:
    """The token and how long it is good for."""
    if answer.status in {400, 401, 403}:
        # Its own words may repeat the assertion; the code of the standard says what matters.
        raise ServiceFailed(
            "token_refused",
            f"The platform gives the hub no access token ({_error_of(answer)}).",
            answer.status,
        )
    judge(answer, now)
    told = answer.json()
    token = told.get("access_token") if isinstance(told, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token.strip():
        raise ServiceFailed(
            "bad_token_answer", "The answer of the platform's token address holds no access_token.", 200
        )
    granted = told.get("scope")
    if isinstance(granted, str) and granted.strip() and not set(scopes) & set(granted.split()):
        raise ServiceFailed("no_scope", "The platform's access token has none of the scopes asked for.", 200)
    return token, _life(told.get("expires_in"))


def _error_of(answer: Answer) -> str:
    try:
        told = answer.json()
    except OutsideFailed:
        return str(answer.status)
    error = told.get("error") if isinstance(told, dict) else None
    return error if isinstance(error, str) and error in _ERRORS else str(answer.status)


def _life(told: object) -> timedelta:
    """What ``expires_in`` says (RFC 6749, section 5.1), also as a text; a day at most."""
    if isinstance(told, str) and told.isascii() and told.isdecimal() and len(told) < 10:
        told = int(told)
    if not isinstance(told, int | float) or not 0 <= told < math.inf:
        return timedelta(seconds=USUAL_LIFE)
    return timedelta(seconds=min(told, LONGEST_LIFE))
