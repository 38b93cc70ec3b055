"""Clients: systems in which people sign in with the hub, each of them part of the connection to that system."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Unpack

import sqlalchemy as sa

from hub.errors import BadInput, Missing
from hub.ids import is_id, new_id
from hub.journal import Change, audit, record_changes
from hub.network.systems.connections import read_connection
from hub.network.tables import connection as connection_table
from hub.sso.provider.client_settings import DEFAULTS, ClientChanges, changed_settings
from hub.sso.provider.tables import oidc_client, oidc_grant
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork
from hub.store.driver import Question

_SECRET_METHODS = frozenset({"client_secret_basic", "client_secret_post"})
MAX_OVERLAP = timedelta(days=30)


@dataclass(frozen=True)
class Client:
    """A system that uses the hub as OpenID provider. ``disabled`` when it or its connection is switched off.

    ``partner_id`` is the owner of the connection: only its people may sign in then. ``partner_ids`` and ``audiences``
    narrow further; empty ones do not. ``jwks`` are the keys that were last fetched from ``jwks_uri``.
    """

    client_id: str
    connection_id: str
    slug: str
    connection_name: str
    partner_id: str | None
    name: str
    auth_method: str
    secret_hash: str
    old_secret_hash: str
    old_secret_until: datetime | None
    public_jwks: tuple[Mapping[str, str], ...]
    redirect_uris: tuple[str, ...]
    logout_redirect_uris: tuple[str, ...]
    logout_url: str
    scopes: tuple[str, ...]
    subject_type: str
    refreshes: bool
    partner_ids: tuple[str, ...]
    audiences: tuple[str, ...]
    disabled: bool
    created_at: datetime
    jwks_uri: str = ""
    jwks: tuple[Mapping[str, str], ...] = ()
    jwks_at: datetime | None = None

    @property
    def has_secret(self) -> bool:
        """Whether it shows who it is by a secret."""
        return self.auth_method in _SECRET_METHODS


@dataclass(frozen=True)
class NewClient:
    """A client with its secret, known in clear only here; empty where it has none."""

    client_id: str
    secret: str


def add_client(uow: UnitOfWork, connection_id: str, **settings: Unpack[ClientChanges]) -> NewClient:
    """Let people sign in at the system of a connection with the hub. ``name`` and ``redirect_uris`` are needed.

    Raises BadInput ``bad_client`` with one problem per wrong setting, ``not_a_system`` for a connection to an identity
    provider, Missing for none.
    """
    if read_connection(uow, connection_id).kind != "lms":
        raise BadInput("not_a_system", "Only a learning system or another application can be a client.")
    chosen = changed_settings(DEFAULTS, settings)
    secret = new_token() if chosen["auth_method"] in _SECRET_METHODS else ""
    client_id = new_id()
    values = {
        "client_id": client_id,
        "connection_id": connection_id,
        **chosen,
        "secret_hash": token_hash(secret) if secret else "",
        "old_secret_hash": "",
        "disabled": False,
        "created_at": uow.now,
    }
    uow.insert(oidc_client, **values)
    _record(uow, client_id)
    audit(uow, "client_added", client_id, connection_id=connection_id)
    return NewClient(client_id, secret)


def update_client(uow: UnitOfWork, client_id: str, **settings: Unpack[ClientChanges]) -> str:
    """Change settings of a client; the same again changes nothing. As ``add_client``.

    Returns a secret, to be shown once, where the new way of showing who it is needs one that was not there; else an empty
    text.
    """
    known = _settings(uow, client_id)
    changed = changed_settings(known, settings)
    if changed == known:
        return ""
    row = read_client(uow, client_id)
    secret = new_token() if changed["auth_method"] in _SECRET_METHODS and not row.secret_hash else ""
    values = dict(changed)
    if changed["jwks_uri"] != known["jwks_uri"]:
        values |= {"jwks": None, "jwks_at": None}
    if secret:
        values["secret_hash"] = token_hash(secret)
    elif changed["auth_method"] not in _SECRET_METHODS:
        values |= {"secret_hash": "", "old_secret_hash": "", "old_secret_until": None}
    _write(uow, client_id, values)
    names = sorted(name for name in changed if changed[name] != known[name])
    audit(uow, "client_updated", client_id, connection_id=row.connection_id, detail={"changed": names})
    return secret


def rotate_client_secret(uow: UnitOfWork, client_id: str, overlap: timedelta = timedelta()) -> NewClient:
    """A new secret; the old one is good for ``overlap`` more (none to MAX_OVERLAP). BadInput where it has no secret."""
    client = read_client(uow, client_id)
    if not client.has_secret:
        raise BadInput("no_secret", "This system shows who it is without a secret.")
    overlap = min(max(overlap, timedelta()), MAX_OVERLAP)
    secret = new_token()
    values = {
        "secret_hash": token_hash(secret),
        "old_secret_hash": client.secret_hash if overlap else "",
        "old_secret_until": uow.now + overlap if overlap else None,
    }
    _write(uow, client_id, values)
    audit(uow, "client_secret_rotated", client_id, connection_id=client.connection_id)
    return NewClient(client_id, secret)


def set_client_disabled(uow: UnitOfWork, client_id: str, *, disabled: bool) -> None:
    """Switch a client off or on. While it is off nobody signs in there, and its tokens are refused at once."""
    client = read_client(uow, client_id)
    row = uow.find(oidc_client, client_id=client_id)
    if row.disabled == disabled:
        return
    _write(uow, client_id, {"disabled": disabled})
    if disabled:  # tokens given out before come not back to life with it
        mine = (oidc_grant.c.client_id == client_id) & oidc_grant.c.revoked_at.is_(None)
        uow.connection.execute(sa.update(oidc_grant).where(mine).values(revoked_at=uow.now))
    action = "client_disabled" if disabled else "client_enabled"
    audit(uow, action, client_id, connection_id=client.connection_id)


def read_client(uow: UnitOfWork, client_id: str) -> Client:
    """The client; Missing when there is none."""
    client = find_client(uow, client_id)
    if client is None:
        raise Missing("no_client", "There is no such client.")
    return client


def find_client(uow: UnitOfWork, client_id: str) -> Client | None:
    """The client with this client_id, if there is one."""
    row = _BY_ID.ask(uow.connection, client_id=client_id) if is_id(client_id) else None
    return _client(row) if row is not None else None


def list_clients(uow: UnitOfWork, connection_id: str) -> list[Client]:
    """The clients of a connection, by name."""
    rows = _OF_CONNECTION.ask_all(uow.connection, connection_id=connection_id)
    return [_client(row) for row in rows]


_CHANGEABLE = ("name", *DEFAULTS)
_client_table, _connection = oidc_client, connection_table
_ALL = (
    sa.select(
        _client_table,
        _connection.c.slug,
        _connection.c.name.label("connection_name"),
        _connection.c.partner_id,
        _connection.c.disabled.label("connection_disabled"),
    )
    .join(_connection, _connection.c.id == _client_table.c.connection_id)
    .order_by(_client_table.c.name, _client_table.c.client_id)
)
_BY_ID = Question(_ALL.where(_client_table.c.client_id == sa.bindparam("client_id")))
_OF_CONNECTION = Question(_ALL.where(_client_table.c.connection_id == sa.bindparam("connection_id")))
_LISTS = (
    "jwks",
    "public_jwks",
    "redirect_uris",
    "logout_redirect_uris",
    "scopes",
    "partner_ids",
    "audiences",
)


def _client(row: Any) -> Client:
    values = {name: getattr(row, name) for name in Client.__dataclass_fields__}
    values.update({name: tuple(values[name] or ()) for name in _LISTS})
    values["disabled"] = row.disabled or row.connection_disabled
    return Client(**values)


def _settings(uow: UnitOfWork, client_id: str) -> dict[str, Any]:
    client = read_client(uow, client_id)
    values = {name: getattr(client, name) for name in _CHANGEABLE}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _write(uow: UnitOfWork, client_id: str, values: Mapping[str, Any]) -> None:
    uow.connection.execute(
        sa.update(oidc_client).where(oidc_client.c.client_id == client_id).values(**values)
    )
    _record(uow, client_id)


def _record(uow: UnitOfWork, client_id: str) -> None:
    """The journal has what a client is allowed, and nothing of its secret."""
    row = uow.find(oidc_client, client_id=client_id)
    names = ("client_id", "connection_id", "disabled", *_CHANGEABLE)
    body = {name: getattr(row, name) for name in names}
    record_changes(uow, [Change("oidc_client_changed", client_id, body)])
