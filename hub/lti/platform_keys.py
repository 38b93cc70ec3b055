"""The platform's signing keys: one signs, the ones before it stay published for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import RSAKey

from hub.journal import Change, audit, record_changes
from hub.lti import tables
from hub.lti.vocabulary import SIGNING_ALGORITHM
from hub.runtime import Hub
from hub.sealing import Sealer
from hub.store import UnitOfWork
from hub.store.driver import Question

BITS = 2048
OVERLAP = timedelta(days=1)
"""How long a key that signs no more stays published: longer than any id_token lives, and than tools keep a JWKS."""
_POSTGRES_LOCK = 7_170_002


@dataclass(frozen=True)
class PlatformKey:
    """A key of the hub. ``signs`` for the current one; one with ``retired_at`` is published until then."""

    kid: str
    created_at: datetime
    retired_at: datetime | None

    @property
    def signs(self) -> bool:
        """Whether it is the one that signs now."""
        return self.retired_at is None


def list_platform_keys(uow: UnitOfWork) -> list[PlatformKey]:
    """All keys there ever were, the newest first."""
    key = tables.platform_key
    rows = uow.connection.execute(
        sa.select(key.c.kid, key.c.created_at, key.c.retired_at).order_by(key.c.created_at.desc(), key.c.kid)
    )
    return [PlatformKey(row.kid, row.created_at, row.retired_at) for row in rows]


def sign(uow: UnitOfWork, claims: Mapping[str, Any]) -> str:
    """The claims as a JWT signed by the current key, which is made at first need."""
    kid, key = _signing_key(uow)
    return jwt.encode(
        {"alg": SIGNING_ALGORITHM, "kid": kid}, dict(claims), key, algorithms=[SIGNING_ALGORITHM]
    )


def published_keys(hub: Hub) -> dict[str, list[dict[str, str]]]:
    """The JWKS: the current key and those before it that are still within their overlap."""
    with hub.reading() as uow:
        keys = _published(uow)
    if not keys:
        # Some tools read the JWKS when they are registered and remember an empty one.
        with hub.unit_of_work() as uow:
            _signing_key(uow)
            keys = _published(uow)
    return {"keys": keys}


def rotate_platform_key(uow: UnitOfWork) -> str:
    """Sign with a new key from now on; the kid of it. Its predecessors stay published for OVERLAP, without private part."""
    _take_turns(uow)
    key = tables.platform_key
    uow.connection.execute(
        sa.update(key).where(key.c.retired_at.is_(None)).values(retired_at=uow.now + OVERLAP, private_key="")
    )
    kid, _ = _make_key(uow)
    record_changes(uow, [Change("platform_key_rotated", kid, {"kid": kid})])
    audit(uow, "platform_key_rotated", kid)
    return kid


def _published(uow: UnitOfWork) -> list[dict[str, str]]:
    key = tables.platform_key
    rows = uow.connection.scalars(
        sa.select(key.c.public_jwk)
        .where(sa.or_(key.c.retired_at.is_(None), key.c.retired_at > uow.now))
        .order_by(key.c.created_at.desc(), key.c.kid)
    )
    return list(rows)


_CURRENT = Question(
    sa.select(tables.platform_key.c.kid, tables.platform_key.c.private_key).where(
        tables.platform_key.c.retired_at.is_(None)
    )
)


def _signing_key(uow: UnitOfWork) -> tuple[str, RSAKey]:
    row = _CURRENT.ask(uow.connection)
    if row is None:
        _take_turns(uow)
        row = _CURRENT.ask(uow.connection)
    if row is None:
        return _make_key(uow)
    return row.kid, _open_key(row.private_key, tuple(uow.settings.secret_keys))


@lru_cache(maxsize=4)
def _open_key(sealed: str, secret_keys: tuple[str, ...]) -> RSAKey:
    """Kept in memory: checking the primes of a private key takes longer than the rest of a launch."""
    return RSAKey.import_key(Sealer(secret_keys).open(sealed))


def _make_key(uow: UnitOfWork) -> tuple[str, RSAKey]:
    made = RSAKey.generate_key(BITS, {"use": "sig", "alg": SIGNING_ALGORITHM}, private=True, auto_kid=True)
    kid = str(made.kid)
    pem = made.as_pem(private=True).decode("ascii")
    uow.connection.execute(
        sa.insert(tables.platform_key).values(
            kid=kid,
            private_key=Sealer(uow.settings.secret_keys).seal(pem),
            public_jwk=made.as_dict(private=False),
            created_at=uow.now,
        )
    )
    return kid, made


def _take_turns(uow: UnitOfWork) -> None:
    """One unit at a time makes keys, in whatever process; on SQLite writing units take turns anyway."""
    if not uow.is_sqlite:
        uow.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRES_LOCK)))
