"""The hub's own keys for SAML: it signs with one, and opens what was encrypted for any that still lasts.

As service provider and as identity provider it has keys of their own: each is changed when the other sides of that role are
ready for it, and no message of the one can be taken for one of the other. Others learn of a new key from the hub's metadata, often weeks later. So a new key is published first, signs when an
operator says so, and the one before it still opens for OVERLAP.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from hub.errors import Conflict
from hub.ids import new_id
from hub.journal import Change, audit, record_changes
from hub.runtime import Hub
from hub.sealing import Sealer
from hub.sso.saml.certificates import bare_certificate
from hub.sso.saml.tables import saml_key
from hub.store import UnitOfWork
from hub.store.driver import Question

BITS = 2048
OVERLAP = timedelta(days=30)
LIFETIME = timedelta(days=3650)
CHANGED = "saml_key_rotated"
Role = Literal["sp", "idp"]
"""As what the hub uses a key: towards identity providers, or towards systems that sign people in with the hub."""
ROLES: tuple[Role, ...] = ("sp", "idp")
_POSTGRES_LOCK = 7_170_019


@dataclass(frozen=True)
class SpKey:
    """A key of the hub. ``signs_from`` is None while it is only published; ``retired_at`` is when it is gone."""

    id: str
    certificate: str
    created_at: datetime
    signs_from: datetime | None
    retired_at: datetime | None


def list_sp_keys(uow: UnitOfWork, role: Role = "sp") -> list[SpKey]:
    """All keys that are published, the newest first."""
    rows = uow.connection.execute(_published(uow, role).order_by(saml_key.c.created_at.desc(), saml_key.c.id))
    return [SpKey(row.id, row.certificate, row.created_at, row.signs_from, row.retired_at) for row in rows]


def published_certificates(hub: Hub, role: Role = "sp") -> list[str]:
    """The certificates for the hub's metadata, the one that signs first; made when there is none."""
    signing_key(hub, role)
    with hub.reading() as uow:
        keys = list_sp_keys(uow, role)
    keys.sort(key=lambda key: (key.signs_from is None, key.retired_at is not None))
    return [key.certificate for key in keys]


def signing_key(hub: Hub, role: Role = "sp") -> rsa.RSAPrivateKey:
    """The private key that signs now; the first one is made when it is needed. Not inside a unit of work."""
    with hub.glance() as uow:
        row = _SIGNING.ask(uow.connection, role=role)
    if row is None:
        with hub.unit_of_work() as uow:
            return signing_key_in(uow, role)
    return _open(row.private_key, tuple(hub.settings.secret_keys))


def signing_pair(hub: Hub, role: Role) -> tuple[rsa.RSAPrivateKey, str]:
    """The private key that signs now, and its certificate in bare base64; as ``signing_key``."""
    with hub.glance() as uow:
        row = _SIGNING.ask(uow.connection, role=role)
    if row is None:
        with hub.unit_of_work() as uow:
            signing_key_in(uow, role)
            row = _SIGNING.ask(uow.connection, role=role)
    return _open(row.private_key, tuple(hub.settings.secret_keys)), str(row.certificate)


def signing_key_in(uow: UnitOfWork, role: Role = "sp") -> rsa.RSAPrivateKey:
    """As ``signing_key``, inside a writing unit."""
    row = _SIGNING.ask(uow.connection, role=role)
    if row is None:
        _take_turns(uow)
        row = _SIGNING.ask(uow.connection, role=role)
    if row is None:
        _make(uow, role, signs_from=uow.now)
        row = _SIGNING.ask(uow.connection, role=role)
    return _open(row.private_key, tuple(uow.settings.secret_keys))


def signing_certificate(uow: UnitOfWork, role: Role = "sp") -> str:
    """The certificate, in bare base64, of the key that signs now, which was asked for before."""
    keys = list_sp_keys(uow, role)
    return next(key.certificate for key in keys if key.signs_from is not None and key.retired_at is None)


def opening_keys(uow: UnitOfWork) -> list[rsa.RSAPrivateKey]:
    """The private keys for what was encrypted for the hub, the newest first."""
    rows = uow.connection.execute(_published(uow, "sp").order_by(saml_key.c.created_at.desc()))
    return [_open(row.private_key, tuple(uow.settings.secret_keys)) for row in rows]


def publish_new_key(uow: UnitOfWork, actor_id: str | None = None, role: Role = "sp") -> str:
    """A new key that stands in the metadata and does not sign yet; its id. Conflict ``key_waits`` if one does already."""
    _take_turns(uow)
    if any(key.signs_from is None for key in list_sp_keys(uow, role)):
        raise Conflict(
            "key_waits",
            "A new key is published already and waits to be used.",
            "Use it once the other systems have read the metadata again.",
        )
    id = _make(uow, role, signs_from=None)
    _record(uow, id, role, "published", actor_id)
    return id


def use_new_key(uow: UnitOfWork, actor_id: str | None = None, role: Role = "sp") -> str:
    """Let the key that waits sign from now on; its id. Those before it open for OVERLAP. Conflict ``no_new_key``."""
    _take_turns(uow)
    waiting = [key for key in list_sp_keys(uow, role) if key.signs_from is None]
    if not waiting:
        raise Conflict("no_new_key", "No new key is published.", "Publish one first.")
    update = sa.update(saml_key)
    uow.connection.execute(
        update.where(
            saml_key.c.role == role, saml_key.c.signs_from.is_not(None), saml_key.c.retired_at.is_(None)
        ).values(retired_at=uow.now + OVERLAP)
    )
    uow.connection.execute(update.where(saml_key.c.retired_at <= uow.now).values(private_key=""))
    uow.connection.execute(update.where(saml_key.c.id == waiting[0].id).values(signs_from=uow.now))
    _record(uow, waiting[0].id, role, "used", actor_id)
    return waiting[0].id


def _record(uow: UnitOfWork, id: str, role: Role, step: str, actor_id: str | None) -> None:
    record_changes(uow, [Change(CHANGED, id, {"id": id, "role": role, "step": step})])
    audit(uow, CHANGED, id, actor_id=actor_id, detail={"role": role, "step": step})


def _published(uow: UnitOfWork, role: Role) -> sa.Select[Any]:
    lasts = sa.or_(saml_key.c.retired_at.is_(None), saml_key.c.retired_at > uow.now)
    return sa.select(saml_key).where(saml_key.c.role == role, lasts)


_SIGNING = Question(
    sa.select(saml_key.c.private_key, saml_key.c.certificate).where(
        saml_key.c.role == sa.bindparam("role"),
        saml_key.c.signs_from.is_not(None),
        saml_key.c.retired_at.is_(None),
    )
)


def _make(uow: UnitOfWork, role: Role, signs_from: datetime | None) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    id = new_id()
    uow.insert(
        saml_key,
        id=id,
        role=role,
        certificate=bare_certificate(_self_signed(key, uow.now)),
        private_key=Sealer(uow.settings.secret_keys).seal(pem.decode()),
        created_at=uow.now,
        signs_from=signs_from,
        retired_at=None,
    )
    return id


def _self_signed(key: rsa.RSAPrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Partner Training Hub")])
    begin = now.astimezone(UTC).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin - timedelta(days=1))
        .not_valid_after(begin + LIFETIME)
        .sign(key, hashes.SHA256())
    )


@lru_cache(maxsize=8)
def _open(sealed: str, secret_keys: tuple[str, ...]) -> rsa.RSAPrivateKey:
    """Kept in memory: checking the primes of a private key takes longer than the rest of a sign-in."""
    key = serialization.load_pem_private_key(Sealer(secret_keys).open(sealed).encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the hub makes RSA keys")
    return key


def _take_turns(uow: UnitOfWork) -> None:
    """One unit at a time makes keys, in whatever process; on SQLite writing units take turns anyway."""
    if not uow.is_sqlite:
        uow.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRES_LOCK)))
