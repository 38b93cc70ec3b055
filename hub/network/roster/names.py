"""What the files' names of things stand for."""

from dataclasses import dataclass, field

import sqlalchemy as sa

from hub.ids import new_id
from hub.network.attribute_values import AttributeKind
from hub.network.roster.files import FILE_OF_KIND
from hub.network.roster.staging import ROWS, Staging, known

_FEW = ("partner", "brand", "position", "node", "location")
"""Kinds of which there are so few that their ids fit into memory."""


@dataclass
class Names:
    """``ids``: kind -> external id -> id, of what is known and of what is new. ``time_zones``: of locations.

    ``attribute_kinds`` are those known before.
    """

    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    time_zones: dict[str, str] = field(default_factory=dict)
    attribute_kinds: dict[str, AttributeKind] = field(default_factory=dict)


def read_names(staging: Staging, known_zones: dict[str, str]) -> Names:
    """Ids of all things of which there are few; what is new gets one now. For files that have been checked."""
    names = Names(time_zones=dict(known_zones))
    for kind in _FEW:
        rows = sa.select(known.c.external_id, known.c.id).where(known.c.kind == kind)
        ids: dict[str, str] = dict(staging.connection.execute(rows).all())
        for external_id in staging.connection.scalars(sa.select(external_ids(kind))):
            if external_id not in ids:
                ids[external_id] = new_id()
        names.ids[kind] = ids
    places = ROWS["locations.csv"]
    zones = staging.connection.execute(sa.select(places.c.location_id, places.c.time_zone))
    names.time_zones.update(zones.all())
    return names


def external_ids(kind: str) -> sa.ColumnElement[str]:
    """What rows of a kind's own file are known by. A node's name is unique in its dimension."""
    rows = ROWS[FILE_OF_KIND[kind]]
    if kind == "node":
        return node_name(rows.c.dimension_id, rows.c.node_id)
    return rows.c["attribute_id" if kind == "attribute_kind" else f"{kind}_id"]


def node_name(dimension: sa.ColumnElement[str], node: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """What a node is known by, from its dimension's and its own name in the files."""
    return dimension.concat("/").concat(node)
