"""Reading an LMS's catalogue through a plugin and making the hub's part of it equal."""

from hub.journal import audit
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.training.courses.catalogue import CatalogueRow, CatalogueSource
from hub.training.courses.fetched import fetch_rows
from hub.training.courses.offerings import CatalogueCounts, set_offerings
from hub.training.courses.sources import check_plugin, run_source


def sync_source(hub: Hub, connection: str) -> CatalogueCounts:
    """Sync the catalogue of a connection (its slug) from where ``set_source`` says; as ``sync_catalogue``.

    Missing ``no_source`` when nobody has said where it is. How it went is kept, also when it fails.
    """
    return run_source(hub, connection, "catalogue", lambda source, plugin: _sync(hub, source, plugin))


def sync_catalogue(hub: Hub, connection: str, address: str, plugin: str) -> CatalogueCounts:
    """Fetch with ``plugin`` outside any unit, then write in one; an error on the way changes nothing.

    Raises BadInput for a plugin that reads no catalogues, Missing for an unknown connection, OutsideFailed when the LMS fails.
    """
    return _sync(hub, CatalogueSource(connection, address), plugin)


def _sync(hub: Hub, source: CatalogueSource, plugin: str) -> CatalogueCounts:
    with hub.reading() as uow:
        check_plugin(uow, "catalogue", plugin)
        connection = find_connection(uow, source.connection)
    rows = fetch_rows(hub, "read_catalogue", plugin, CatalogueRow, source)
    with hub.unit_of_work() as uow:
        counts = set_offerings(uow, connection.id, rows)
        audit(
            uow,
            "catalogue_synced",
            connection.slug,
            connection_id=connection.id,
            detail=counts.as_numbers(),
        )
    return counts
