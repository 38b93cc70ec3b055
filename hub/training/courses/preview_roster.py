"""A roster as it would be linked by a sync, shown before anybody decides: read, compared, and nothing written."""

from dataclasses import dataclass

from hub.runtime import Hub
from hub.training.courses.catalogue import RosterRow
from hub.training.courses.read_ahead import read_ahead
from hub.training.courses.sync_roster import SECONDS, RosterCounts, compare_roster

SHOWN = 50


@dataclass(frozen=True)
class RosterPreview:
    """``counts`` are of all accounts; ``linked`` are the first that would be linked, as (person as the network files call them, form)."""

    counts: RosterCounts
    linked: tuple[tuple[str, str], ...]


def preview_roster(hub: Hub, slug: str, plugin: str, address: str, secret: str = "") -> RosterPreview:
    """Read a roster with ``plugin`` outside any unit, and compare. Nothing is kept. Raises as ``read_ahead``, and BadInput ``bad_roster``."""
    connection_id, rows = read_ahead(hub, slug, "roster", plugin, address, secret, RosterRow, SECONDS)
    with hub.reading() as uow:
        found = compare_roster(uow, connection_id, rows)
    return RosterPreview(found.counts(), tuple((row.person_id, row.form) for row in found.fresh[:SHOWN]))
