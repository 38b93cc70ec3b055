"""Reading a catalogue or a roster before anybody decides: nothing is kept, not even how it went."""

from hub.errors import HubError, OutsideFailed
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.training.courses.catalogue import CatalogueSource
from hub.training.courses.fetched import Row, fetch_rows
from hub.training.courses.sources import HOOKS, SourceKind, check_source, kept_secret

_MASK = "…"


def read_ahead(
    hub: Hub,
    slug: str,
    kind: SourceKind,
    plugin: str,
    address: str,
    secret: str,
    row: type[Row],
    seconds: float = 60,
) -> tuple[str, list[Row]]:
    """The id of a connection, and all rows that ``plugin`` reads for it outside any unit.

    Without a secret the one that was kept for just this plugin and address is used. Raises Missing for an unknown connection,
    BadInput ``no_plugin`` or ``no_address``, OutsideFailed when the LMS or the plugin fails; no message holds the secret.
    """
    with hub.reading() as uow:
        connection = find_connection(uow, slug)
        check_source(uow, kind, plugin, address)
        secret = secret or kept_secret(uow, connection.id, kind, plugin, address)
    source = CatalogueSource(connection.slug, address, secret)
    try:
        return connection.id, fetch_rows(hub, HOOKS[kind], plugin, row, source, seconds)
    except HubError as error:
        raise OutsideFailed(error.code, _masked(error.message, secret), _masked(error.help, secret)) from None
    except Exception as error:  # noqa: BLE001  (a plugin may fail with anything)
        raise OutsideFailed("plugin_failed", f"{plugin} failed ({type(error).__name__}).") from None


def _masked(message: str, secret: str) -> str:
    return message.replace(secret, _MASK) if secret else message
