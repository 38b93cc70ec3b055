"""Reading an LMS's catalogue through a plugin and making the hub's part of it equal."""

from hub.errors import BadInput
from hub.journal import audit
from hub.network.connections import find_connection
from hub.runtime import Hub
from hub.training.catalogue import CatalogueSource
from hub.training.offerings import CatalogueCounts, set_offerings


def sync_catalogue(hub: Hub, connection: str, address: str, plugin: str) -> CatalogueCounts:
    """Fetch with ``plugin`` outside any unit, then write in one; an error on the way changes nothing.

    Raises BadInput for a plugin that reads no catalogues, Missing for an unknown connection, OutsideFailed when the LMS fails.
    """
    if plugin not in hub.hooks.implementers("read_catalogue"):
        known = ", ".join(hub.hooks.implementers("read_catalogue")) or "none"
        raise BadInput(
            "no_plugin", f"No plugin {plugin} that reads catalogues is on.", f"Those that are on: {known}."
        )
    with hub.reading() as uow:
        source = find_connection(uow, connection)
    rows = list(
        hub.hooks.fetch("read_catalogue", plugin, source=CatalogueSource(source.slug, address), http=hub.http)
    )
    with hub.unit_of_work() as uow:
        counts = set_offerings(uow, source.id, rows)
        audit(uow, "catalogue_synced", source.slug, connection_id=source.id, detail=vars(counts))
    return counts
