"""What the files say about companies: brands, dimensions and their nodes, positions, partners, locations."""

from collections import defaultdict
from collections.abc import Sequence

from hub.ids import derived_id
from hub.network.roster.cells import parts_of_dated
from hub.network.roster.names import Names
from hub.network.roster.said import Said, parts_of, rows_of
from hub.network.roster.staging import Staging
from hub.network.snapshots import (
    BrandSnapshot,
    DimensionSnapshot,
    LocationBrand,
    LocationNode,
    LocationSnapshot,
    NodeParent,
    NodeSnapshot,
    PartnerKind,
    PartnerLinksSnapshot,
    PartnerSnapshot,
    PositionSnapshot,
    PositionSuperior,
    PositionSuperiorsSnapshot,
    UpstreamLink,
)
from hub.network.validity.dates import valid_from, valid_to


def say_dimensions(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """Dimensions. They are known by their key everywhere; the id is for ``roster_key`` alone."""
    said = []
    for row in rows_of(staging, "dimension", external):
        body: DimensionSnapshot = {"key": row.dimension_id, "name": row.name}
        said.append(Said(row.dimension_id, derived_id("dimension", row.dimension_id), body))
    return said


def say_brands(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """Brands."""
    said = []
    for row in rows_of(staging, "brand", external):
        body: BrandSnapshot = {"id": names.ids["brand"][row.brand_id], "name": row.name}
        said.append(Said(row.brand_id, body["id"], body))
    return said


def say_positions(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """Positions."""
    said = []
    for row in rows_of(staging, "position", external):
        id = names.ids["position"][row.position_id]
        body: PositionSnapshot = {"id": id, "title": row.title, "family": row.family}
        said.append(Said(row.position_id, id, body))
    return said


def say_nodes(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """Nodes, in the order they are asked for. Each exists from its first row to its last, and is called as the last says."""
    ids = names.ids["node"]
    rows = defaultdict(list)
    for row in rows_of(staging, "node", external):
        rows[f"{row.dimension_id}/{row.node_id}"].append(row)
    said = []
    for name in external:
        in_time = sorted(rows[name], key=lambda row: row.valid_from)
        last = in_time[-1]
        parents: list[NodeParent] = [
            {
                "parent_id": ids[f"{row.dimension_id}/{row.parent_id}"],
                "valid_from": valid_from(row.valid_from),
                "valid_to": valid_to(row.valid_to),
            }
            for row in in_time
            if row.parent_id
        ]
        body: NodeSnapshot = {
            "id": ids[name],
            "dimension": last.dimension_id,
            "name": last.name,
            "valid_from": valid_from(in_time[0].valid_from),
            "valid_to": valid_to(last.valid_to),
            "parents": parents,
        }
        said.append(Said(name, ids[name], body))
    return said


def say_partners(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """Partners with their relationship kinds."""
    said = []
    for row in rows_of(staging, "partner", external):
        id = names.ids["partner"][row.partner_id]
        kinds: list[PartnerKind] = [
            {"kind": kind, "valid_from": valid_from(since), "valid_to": valid_to(until)}
            for kind, since, until in sorted(map(parts_of_dated, row.kinds.split(";")))
        ]
        body: PartnerSnapshot = {"id": id, "name": row.name, "kinds": kinds}
        said.append(Said(row.partner_id, id, body))
    return said


def say_partner_links(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """Which partners each of these partners buys from."""
    ids = names.ids["partner"]
    upstream: dict[str, list[UpstreamLink]] = defaultdict(list)
    for row in parts_of(staging, "partner_links.csv", "downstream_id", external):
        upstream[row.downstream_id].append(
            {
                "partner_id": ids[row.upstream_id],
                "kind": row.kind,
                "valid_from": valid_from(row.valid_from),
                "valid_to": valid_to(row.valid_to),
            }
        )
    said = []
    for name in external:
        links = sorted(
            upstream[name], key=lambda link: (link["partner_id"], link["kind"], link["valid_from"])
        )
        body: PartnerLinksSnapshot = {"partner_id": ids[name], "upstream": links}
        said.append(Said(name, ids[name], body))
    return said


def say_superiors(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """Which positions stand above each of these at a location."""
    ids = names.ids["position"]
    superiors: dict[str, list[PositionSuperior]] = defaultdict(list)
    for row in parts_of(staging, "superiors.csv", "position_id", external):
        superiors[row.position_id].append(
            {
                "superior_id": ids[row.superior_id],
                "dimension": row.dimension_id,
                "valid_from": valid_from(row.valid_from),
                "valid_to": valid_to(row.valid_to),
            }
        )
    said = []
    for name in external:
        listed = sorted(superiors[name], key=lambda e: (e["superior_id"], e["dimension"], e["valid_from"]))
        body: PositionSuperiorsSnapshot = {"position_id": ids[name], "superiors": listed}
        said.append(Said(name, ids[name], body))
    return said


def say_locations(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """Locations with the brands they carry and the nodes they belong to."""
    brands = _location_brands(staging, names, external)
    nodes = _location_nodes(staging, names, external)
    said = []
    for row in rows_of(staging, "location", external):
        body: LocationSnapshot = {
            "id": names.ids["location"][row.location_id],
            "partner_id": names.ids["partner"][row.partner_id],
            "name": row.name,
            "city": row.city,
            "country": row.country,
            "time_zone": row.time_zone,
            "valid_from": valid_from(row.opened, row.time_zone),
            "valid_to": valid_to(row.closed, row.time_zone),
            "brands": brands[row.location_id],
            "nodes": nodes[row.location_id],
        }
        said.append(Said(row.location_id, body["id"], body))
    return said


def _location_brands(
    staging: Staging, names: Names, external: Sequence[str]
) -> dict[str, list[LocationBrand]]:
    brands: dict[str, list[LocationBrand]] = defaultdict(list)
    for row in parts_of(staging, "location_brands.csv", "location_id", external):
        zone = names.time_zones[row.location_id]
        brands[row.location_id].append(
            {
                "brand_id": names.ids["brand"][row.brand_id],
                "activity": row.activity,
                "valid_from": valid_from(row.valid_from, zone),
                "valid_to": valid_to(row.valid_to, zone),
            }
        )
    for carried in brands.values():
        carried.sort(key=lambda brand: (brand["brand_id"], brand["activity"], brand["valid_from"]))
    return brands


def _location_nodes(staging: Staging, names: Names, external: Sequence[str]) -> dict[str, list[LocationNode]]:
    nodes: dict[str, list[LocationNode]] = defaultdict(list)
    for row in parts_of(staging, "location_nodes.csv", "location_id", external):
        zone = names.time_zones[row.location_id]
        nodes[row.location_id].append(
            {
                "dimension": row.dimension_id,
                "node_id": names.ids["node"][f"{row.dimension_id}/{row.node_id}"],
                "valid_from": valid_from(row.valid_from, zone),
                "valid_to": valid_to(row.valid_to, zone),
            }
        )
    for places in nodes.values():
        places.sort(key=lambda node: (node["dimension"], node["valid_from"]))
    return nodes
