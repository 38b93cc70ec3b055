"""A catalogue as it would be after a sync, shown before anybody decides: read, compared, and nothing written."""

from dataclasses import dataclass

from hub.runtime import Hub
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import CatalogueCounts, Comparison, compare_offerings
from hub.training.courses.read_ahead import read_ahead

SHOWN = 50


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
    """Read a catalogue with ``plugin`` outside any unit, and compare. Nothing is kept. Raises as ``read_ahead``, and BadInput ``bad_catalogue``."""
    connection_id, rows = read_ahead(hub, slug, "catalogue", plugin, address, secret, CatalogueRow)
    with hub.reading() as uow:
        return _preview(compare_offerings(uow, connection_id, rows))


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
