"""Signing keys: of each purpose one signs, and the ones before it stay published for a while."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import RSAKey

from hub.journal import Change, audit, record_changes
from hub.runtime import Hub
from hub.sealing import Sealer
from hub.signing.tables import signing_key
from hub.store import UnitOfWork
from hub.store.driver import Question

ALGORITHM = "RS256"
BITS = 2048
OVERLAP = timedelta(days=1)
"""How long a key that signs no more stays published: longer than any id_token lives, and than others keep a JWKS."""
Purpose = Literal["lti", "oidc"]
"""What a key signs: messages to tools and platforms, or ID tokens of people who sign in at another system."""
_POSTGRES_LOCK = 7_170_002


@dataclass(frozen=True)
class SigningKey:
    """A key of the hub. ``signs`` for the current one; one with ``retired_at`` is published until then."""

    kid: str
    created_at: datetime
    retired_at: datetime | None

    @property
    def signs(self) -> bool:
        """Whether it is the one that signs now."""
        return self.retired_at is None


def list_signing_keys(uow: UnitOfWork, purpose: Purpose) -> list[SigningKey]:
    """All keys there ever were for this purpose, the newest first."""
    key = signing_key
    rows = uow.connection.execute(
        sa.select(key.c.kid, key.c.created_at, key.c.retired_at)
        .where(key.c.purpose == purpose)
        .order_by(key.c.created_at.desc(), key.c.kid)
    )
    return [SigningKey(row.kid, row.created_at, row.retired_at) for row in rows]


def sign(uow: UnitOfWork, purpose: Purpose, claims: Mapping[str, Any], typ: str = "") -> str:
    """The claims as a JWT signed by the current key, which is made at first need; ``typ`` stands in its header."""
    kid, key = _current_key(uow, purpose)
    header = {"alg": ALGORITHM, "kid": kid, **({"typ": typ} if typ else {})}
    return jwt.encode(header, dict(claims), key, algorithms=[ALGORITHM])


def find_public_key(uow: UnitOfWork, purpose: Purpose, kid: str) -> RSAKey | None:
    """The public key that once signed under this kid, also when it is long retired; None for no key of this purpose."""
    row = uow.find(signing_key, kid=kid) if kid.isprintable() and len(kid) <= 64 else None
    return RSAKey.import_key(row.public_jwk) if row is not None and row.purpose == purpose else None


def published_keys(hub: Hub, purpose: Purpose) -> dict[str, list[dict[str, str]]]:
    """The JWKS: the current key and those before it that are still within their overlap."""
    with hub.reading() as uow:
        keys = _published(uow, purpose)
    if not keys:
        # Some systems read the JWKS when they are registered and remember an empty one.
        with hub.unit_of_work() as uow:
            _current_key(uow, purpose)
            keys = _published(uow, purpose)
    return {"keys": keys}


def rotate_signing_key(uow: UnitOfWork, purpose: Purpose) -> str:
    """Sign with a new key from now on; the kid of it. Its predecessors stay published for OVERLAP, without private part."""
    _take_turns(uow)
    key = signing_key
    uow.connection.execute(
        sa.update(key)
        .where(key.c.purpose == purpose, key.c.retired_at.is_(None))
        .values(retired_at=uow.now + OVERLAP, private_key="")
    )
    kid, _ = _make_key(uow, purpose)
    record_changes(uow, [Change("platform_key_rotated", kid, {"kid": kid, "purpose": purpose})])
    audit(uow, "platform_key_rotated", kid, detail={"purpose": purpose})
    return kid


def _published(uow: UnitOfWork, purpose: Purpose) -> list[dict[str, str]]:
    key = signing_key
    rows = uow.connection.scalars(
        sa.select(key.c.public_jwk)
        .where(
            key.c.purpose == purpose,
            sa.or_(key.c.retired_at.is_(None), key.c.retired_at > uow.now),
        )
        .order_by(key.c.created_at.desc(), key.c.kid)
    )
    return list(rows)


_CURRENT = Question(
    sa.select(signing_key.c.kid, signing_key.c.private_key).where(
        signing_key.c.purpose == sa.bindparam("purpose"), signing_key.c.retired_at.is_(None)
    )
)


def _current_key(uow: UnitOfWork, purpose: Purpose) -> tuple[str, RSAKey]:
    row = _CURRENT.ask(uow.connection, purpose=purpose)
    if row is None:
        _take_turns(uow)
        row = _CURRENT.ask(uow.connection, purpose=purpose)
    if row is None:
        return _make_key(uow, purpose)
    return row.kid, _open_key(row.private_key, tuple(uow.settings.secret_keys))


@lru_cache(maxsize=8)
def _open_key(sealed: str, secret_keys: tuple[str, ...]) -> RSAKey:
    """Kept in memory: checking the primes of a private key takes longer than the rest of a launch."""
    return RSAKey.import_key(Sealer(secret_keys).open(sealed))


def _make_key(uow: UnitOfWork, purpose: Purpose) -> tuple[str, RSAKey]:
    made = RSAKey.generate_key(BITS, {"use": "sig", "alg": ALGORITHM}, private=True, auto_kid=True)
    kid = str(made.kid)
    pem = made.as_pem(private=True).decode("ascii")
    uow.connection.execute(
        sa.insert(signing_key).values(
            kid=kid,
            purpose=purpose,
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
