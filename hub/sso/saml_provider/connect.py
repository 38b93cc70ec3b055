"""Adding and changing systems by their metadata: from an address, which may be slow, or as it was pasted."""

from typing import Unpack

from hub.errors import BadInput, Missing
from hub.network.systems.connections import create_connection, find_connection
from hub.runtime import Hub
from hub.sso.saml.metadata import MAX_UPLOAD
from hub.sso.saml_provider.settings import DEFAULTS, SystemChanges, changed_settings
from hub.sso.saml_provider.system_metadata import SystemMetadata, fetch_system_metadata, read_system_metadata
from hub.sso.saml_provider.systems import add_system, read_system, update_system
from hub.store import UnitOfWork


def connect_system(
    hub: Hub,
    slug: str,
    connection_name: str,
    partner_id: str | None,
    *,
    pasted: bytes = b"",
    entity_id: str = "",
    actor_id: str | None = None,
    **settings: Unpack[SystemChanges],
) -> str:
    """Let people sign in by SAML at the system SLUG, which is made if there is none; the client id. Outside any unit.

    Where nothing is ``pasted``, the metadata is read at ``metadata_url``. Raises what ``add_system``, ``create_connection``
    and ``read_system_metadata`` do, and BadInput ``no_metadata``.
    """
    settings.setdefault("name", connection_name)
    wanted = changed_settings(DEFAULTS, settings)
    metadata = _read(hub, wanted["metadata_url"], slug, pasted, entity_id)
    with hub.unit_of_work() as uow:
        connection_id = _connection(uow, slug, connection_name, partner_id)
        return add_system(uow, connection_id, metadata, actor_id=actor_id, **settings)


def change_system(
    hub: Hub,
    client_id: str,
    *,
    pasted: bytes = b"",
    again: bool = False,
    actor_id: str | None = None,
    **settings: Unpack[SystemChanges],
) -> None:
    """Change a system. Its metadata is read where something is ``pasted``, its address is another one, or ``again``."""
    with hub.reading() as uow:
        system = read_system(uow, client_id)
    url = settings.get("metadata_url", system.metadata_url)
    metadata = None
    if pasted or again or (url and url != system.metadata_url):
        metadata = _read(hub, url, system.connection_id, pasted, system.entity_id)
    with hub.unit_of_work() as uow:
        update_system(uow, client_id, metadata, actor_id=actor_id, **settings)


def _read(hub: Hub, url: str, connection: str, pasted: bytes, entity_id: str) -> SystemMetadata:
    if len(pasted) > MAX_UPLOAD:
        raise BadInput("too_large", "The metadata is larger than 2 MB.", "Paste that of this system alone.")
    if pasted.strip():
        return read_system_metadata(pasted.strip(), hub.clock.now(), entity_id)
    if not url:
        raise BadInput(
            "no_metadata", "There is neither an address nor a text of metadata.", "Enter one of the two."
        )
    return fetch_system_metadata(hub.http, url, connection, hub.clock.now(), entity_id)


def _connection(uow: UnitOfWork, slug: str, name: str, partner_id: str | None) -> str:
    try:
        return find_connection(uow, slug).id
    except Missing:
        return create_connection(uow, slug, "lms", name, partner_id)
