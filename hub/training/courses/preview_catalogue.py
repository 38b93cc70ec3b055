"""A catalogue as it would be after a sync, shown before anybody decides: read, compared, and nothing written."""

from dataclasses import dataclass

from hub.errors import HubError, OutsideFailed
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.training.courses.catalogue import CatalogueRow, CatalogueSource
from hub.training.courses.fetched import fetch_rows
from hub.training.courses.offerings import CatalogueCounts, Comparison, compare_offerings
from hub.training.courses.sources import check_source, kept_secret

SHOWN = 50
_MASK = "…"


@dataclass(frozen=True)
class CataloguePreview:
    """Titles of the first courses of each kind; ``renamed`` are pairs of old and new. ``counts`` are of all of them.

    ``renamed_count`` is how many of those that change get another title.
    """

    counts: CatalogueCounts
    added: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    renamed_count: int
    retired: tuple[str, ...]


def preview_catalogue(hub: Hub, slug: str, plugin: str, address: str, secret: str = "") -> CataloguePreview:
    """Read a catalogue with ``plugin`` outside any unit, and compare. Nothing is kept, not even how it went.

    Without a secret the one that was kept for just this plugin and address is used. Raises Missing for an unknown connection,
    BadInput ``no_plugin``, ``no_address`` or ``bad_catalogue``, OutsideFailed when the LMS or the plugin fails; no message
    holds the secret.
    """
    with hub.reading() as uow:
        connection = find_connection(uow, slug)
        check_source(uow, "catalogue", plugin, address)
        secret = secret or kept_secret(uow, connection.id, "catalogue", plugin, address)
    source = CatalogueSource(connection.slug, address, secret)
    try:
        rows = fetch_rows(hub, "read_catalogue", plugin, CatalogueRow, source)
    except HubError as error:
        raise OutsideFailed(error.code, _masked(error.message, secret)) from None
    except Exception as error:  # noqa: BLE001  (a plugin may fail with anything)
        raise OutsideFailed("plugin_failed", f"{plugin} failed ({type(error).__name__}).") from None
    with hub.reading() as uow:
        return _preview(compare_offerings(uow, connection.id, rows))


def _masked(message: str, secret: str) -> str:
    return message.replace(secret, _MASK) if secret else message


def _preview(found: Comparison) -> CataloguePreview:
    renamed = [
        (found.titles[body["id"]], body["title"])
        for body in found.changed
        if found.titles[body["id"]] != body["title"]
    ]
    return CataloguePreview(
        counts=found.counts(),
        added=tuple(body["title"] for body in found.added[:SHOWN]),
        renamed=tuple(renamed[:SHOWN]),
        renamed_count=len(renamed),
        retired=tuple(body["title"] for body in found.retired[:SHOWN]),
    )
