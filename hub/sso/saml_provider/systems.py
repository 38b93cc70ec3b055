"""Systems in which people sign in with the hub by SAML, each part of the connection to that system."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from hub.errors import BadInput, Conflict, Missing
from hub.ids import is_id, new_id
from hub.journal import Change, audit, record_changes
from hub.network.systems.connections import read_connection
from hub.network.tables import connection as connection_table
from hub.sso.saml_provider.settings import DEFAULTS, SystemChanges, changed_settings
from hub.sso.saml_provider.system_metadata import SystemMetadata
from hub.sso.saml_provider.tables import saml_client
from hub.store import UnitOfWork
from hub.store.driver import Question
from hub.store.insert import insert_once

CHANGED = "saml_client_changed"
MAX_TO_OPEN = 100


@dataclass(frozen=True)
class System:
    """A system that uses the hub as SAML identity provider. ``disabled`` when it or its connection is switched off.

    ``partner_id``, ``partner_ids`` and ``audiences`` say who may sign in, as for clients of OpenID Connect.
    """

    client_id: str
    connection_id: str
    slug: str
    connection_name: str
    partner_id: str | None
    name: str
    entity_id: str
    metadata_url: str
    metadata: SystemMetadata
    metadata_at: datetime
    attribute_names: Mapping[str, str]
    subject_type: str
    encrypts: bool
    hub_initiated: bool
    partner_ids: tuple[str, ...]
    audiences: tuple[str, ...]
    disabled: bool
    created_at: datetime


def add_system(
    uow: UnitOfWork,
    connection_id: str,
    metadata: SystemMetadata,
    *,
    actor_id: str | None = None,
    **settings: Unpack[SystemChanges],
) -> str:
    """Let people sign in at the system of a connection with the hub; its client id. ``name`` is needed.

    Raises BadInput ``bad_client`` with one problem per wrong setting, ``not_a_system`` for a connection to an identity
    provider, Conflict ``entity_known``, Missing.
    """
    if read_connection(uow, connection_id).kind != "lms":
        raise BadInput("not_a_system", "Only a learning system or another application can be a client.")
    values = {
        "client_id": new_id(),
        "connection_id": connection_id,
        **changed_settings(DEFAULTS, settings),
        "entity_id": metadata.entity_id,
        "metadata": msgspec.to_builtins(metadata),
        "metadata_at": uow.now,
        "disabled": False,
        "created_at": uow.now,
    }
    _check_encryption(values, metadata)
    if not insert_once(uow, saml_client, **values):
        raise Conflict("entity_known", "A system with this entity id is added already.", "Change that one.")
    client_id = str(values["client_id"])
    _record(uow, client_id, actor_id)
    audit(uow, "client_added", client_id, actor_id=actor_id, connection_id=connection_id)
    return client_id


def update_system(
    uow: UnitOfWork,
    client_id: str,
    metadata: SystemMetadata | None = None,
    *,
    actor_id: str | None = None,
    **settings: Unpack[SystemChanges],
) -> None:
    """Change settings of a system, or its metadata, which must be about the same one; the same again changes nothing.

    Raises what ``add_system`` does, and BadInput ``other_entity``.
    """
    system = read_system(uow, client_id)
    known = {name: _plain(getattr(system, name)) for name in ("name", *DEFAULTS)}
    changed = changed_settings(known, settings)
    if metadata is not None and metadata.entity_id != system.entity_id:
        raise BadInput("other_entity", "The metadata is about another system than the one configured.")
    _check_encryption(changed, metadata or system.metadata)
    if metadata is not None:
        values = {"metadata": msgspec.to_builtins(metadata), "metadata_at": uow.now}
        uow.connection.execute(
            sa.update(saml_client).where(saml_client.c.client_id == client_id).values(**values)
        )
    names = sorted(name for name in changed if changed[name] != known[name])
    if metadata is not None and metadata != system.metadata:
        names.append("metadata")
    if names:
        mine = saml_client.c.client_id == client_id
        uow.connection.execute(sa.update(saml_client).where(mine).values(**changed))
        _record(uow, client_id, actor_id)
        connection_id = system.connection_id
        detail = {"changed": names}
        audit(uow, "client_updated", client_id, actor_id=actor_id, connection_id=connection_id, detail=detail)


def save_fetched_metadata(uow: UnitOfWork, system: System, metadata: SystemMetadata) -> SystemMetadata:
    """Keep what was read at a system's address; the metadata that counts now.

    Addresses and certificates that it does not have any more count no longer. Where an operator changed the system while it
    was read, what they entered stays. Raises BadInput ``no_encryption_key``.
    """
    table = saml_client
    _check_encryption({"encrypts": system.encrypts}, metadata)
    as_it_was = (
        table.c.client_id == system.client_id,
        table.c.metadata_url == system.metadata_url,
        table.c.metadata_at == system.metadata_at,
        table.c.encrypts == system.encrypts,
    )
    values = {"metadata": msgspec.to_builtins(metadata), "metadata_at": uow.now}
    if not uow.connection.execute(sa.update(table).where(*as_it_was).values(**values)).rowcount:
        return read_system(uow, system.client_id).metadata
    # A new validUntil with every answer is no change that anybody would look for.
    if replace(metadata, valid_until=None) != replace(system.metadata, valid_until=None):
        _record(uow, system.client_id, None)
        detail = {"changed": ["metadata"]}
        audit(uow, "client_updated", system.client_id, connection_id=system.connection_id, detail=detail)
    return metadata


def set_system_disabled(
    uow: UnitOfWork, client_id: str, *, disabled: bool, actor_id: str | None = None
) -> None:
    """Switch a system off or on. While it is off nobody signs in there."""
    system = read_system(uow, client_id)
    mine = sa.and_(saml_client.c.client_id == client_id, saml_client.c.disabled != disabled)
    if uow.connection.execute(sa.update(saml_client).where(mine).values(disabled=disabled)).rowcount:
        _record(uow, client_id, actor_id)
        action = "client_disabled" if disabled else "client_enabled"
        audit(uow, action, client_id, actor_id=actor_id, connection_id=system.connection_id)


def read_system(uow: UnitOfWork, client_id: str) -> System:
    """The system; Missing ``no_client`` when there is none."""
    row = _BY_ID.ask(uow.connection, client_id=client_id) if is_id(client_id) else None
    if row is None:
        raise Missing("no_client", "There is no such client.")
    return _system(row)


def find_system(uow: UnitOfWork, entity_id: str) -> System | None:
    """The system that calls itself by this entity id, if there is one."""
    row = _BY_ENTITY.ask(uow.connection, entity_id=entity_id)
    return _system(row) if row is not None else None


def list_systems(uow: UnitOfWork, connection_id: str) -> list[System]:
    """The systems of a connection, by name."""
    rows = _OF_CONNECTION.ask_all(uow.connection, connection_id=connection_id)
    return [_system(row) for row in rows]


def _check_encryption(settings: Mapping[str, Any], metadata: SystemMetadata) -> None:
    if settings["encrypts"] and not metadata.encryption_certificate:
        raise BadInput(
            "no_encryption_key",
            "The metadata has no RSA certificate to encrypt for.",
            "Switch encryption off here, or let the system publish a certificate for encryption.",
        )


def list_systems_to_open(uow: UnitOfWork, partner_ids: Collection[str]) -> list[System]:
    """Systems that are opened from the hub, by name, at most MAX_TO_OPEN: those of these partners, and shared ones."""
    shared_or_theirs = sa.or_(
        _connection.c.partner_id.is_(None), uow.among(_connection.c.partner_id, list(partner_ids))
    )
    query = _ALL.where(
        saml_client.c.hub_initiated, ~saml_client.c.disabled, ~_connection.c.disabled, shared_or_theirs
    )
    return [_system(row) for row in uow.connection.execute(query.limit(MAX_TO_OPEN))]


_connection = connection_table
_ALL = (
    sa.select(
        saml_client,
        _connection.c.slug,
        _connection.c.name.label("connection_name"),
        _connection.c.partner_id,
        _connection.c.disabled.label("connection_disabled"),
    )
    .join(_connection, _connection.c.id == saml_client.c.connection_id)
    .order_by(saml_client.c.name, saml_client.c.client_id)
)
_BY_ID = Question(_ALL.where(saml_client.c.client_id == sa.bindparam("client_id")))
_BY_ENTITY = Question(_ALL.where(saml_client.c.entity_id == sa.bindparam("entity_id")))
_OF_CONNECTION = Question(_ALL.where(saml_client.c.connection_id == sa.bindparam("connection_id")))


def _system(row: Any) -> System:
    values = {name: getattr(row, name) for name in System.__dataclass_fields__}
    values.update({name: tuple(values[name]) for name in ("partner_ids", "audiences")})
    values["metadata"] = msgspec.convert(row.metadata, SystemMetadata)
    values["disabled"] = row.disabled or row.connection_disabled
    return System(**values)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _record(uow: UnitOfWork, client_id: str, actor_id: str | None) -> None:
    row = uow.find(saml_client, client_id=client_id)
    names = ("client_id", "connection_id", "entity_id", "metadata", "disabled", "name", *DEFAULTS)
    body = {name: getattr(row, name) for name in names}
    record_changes(uow, [Change(CHANGED, client_id, body, actor_id=actor_id)])
