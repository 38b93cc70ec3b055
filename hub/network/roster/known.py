"""Copying into staging what the hub knows already, so that all checks and comparisons happen there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from hub.network import tables
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import read_kinds
from hub.network.roster.staging import ROWS, Staging, known, known_link
from hub.network.structure.apply_nodes import read_branches
from hub.network.structure.trees import Branch, Edge
from hub.network.validity.dates import day_of
from hub.store import UnitOfWork

Spans = dict[str, list[tuple[str, str]]]
"""When a location carries each brand, in any activity: days from and to, empty where open."""

_BATCH = 10_000
_PEOPLE_FILES = {"people.csv", "representatives.csv", "managers.csv", "attributes.csv", "identities.csv"}
_APPOINTMENT_FILES = {"appointments.csv", "managers.csv", "attributes.csv"}


@dataclass
class KnownNetwork:
    """What the checks ask about things that are known but not in these files; all by the files' names of them."""

    branches: dict[str, Branch] = field(default_factory=dict)
    time_zones: dict[str, str] = field(default_factory=dict)
    brand_names: list[str] = field(default_factory=list)
    attribute_kinds: dict[str, AttributeKind] = field(default_factory=dict)
    brands_at: dict[str, Spans] = field(default_factory=dict)
    choices_in_use: dict[str, set[str]] = field(default_factory=dict)


def copy_known(uow: UnitOfWork, staging: Staging) -> KnownNetwork:
    """Copy what the files that are present can refer to: keys, connections and identities into staging, the rest back."""
    key = tables.roster_key
    columns = (key.c.kind, key.c.external_id, key.c.id, key.c.content_hash)
    _copy(
        uow,
        staging,
        known,
        sa.select(*columns, sa.null()).where(key.c.kind.not_in(("person", "appointment"))),
    )
    if staging.present & _PEOPLE_FILES:
        person = tables.person
        people = sa.select(*columns, person.c.partner_id).join(person, person.c.id == key.c.id)
        _copy(uow, staging, known, people.where(key.c.kind == "person"))
    if staging.present & _APPOINTMENT_FILES:
        appointment = tables.appointment
        appointments = sa.select(*columns, appointment.c.person_id).join(
            appointment, appointment.c.id == key.c.id
        )
        _copy(uow, staging, known, appointments.where(key.c.kind == "appointment"))
    if "identities.csv" in staging.present:
        _copy_identities(uow, staging)
    return _read_network(uow, staging)


def _copy_identities(uow: UnitOfWork, staging: Staging) -> None:
    connection, link = tables.connection, tables.identity_link
    kind, no_hash = sa.literal("connection"), sa.literal("")
    columns = (kind, connection.c.slug, connection.c.id, no_hash, connection.c.partner_id)
    _copy(uow, staging, known, sa.select(*columns))
    named = staging.connection.scalars(sa.select(ROWS["identities.csv"].c.connection).distinct()).all()
    links = sa.select(connection.c.slug, link.c.form, link.c.subject, link.c.person_id)
    _copy(
        uow,
        staging,
        known_link,
        links.join(connection, connection.c.id == link.c.connection_id).where(connection.c.slug.in_(named)),
    )


def _copy(uow: UnitOfWork, staging: Staging, target: sa.Table, query: sa.Select[*tuple[object, ...]]) -> None:
    # Read in pieces: PostgreSQL's driver would otherwise hold all rows at once.
    result = uow.connection.execute(query.execution_options(yield_per=_BATCH))
    for rows in result.partitions():
        staging.load(target, [tuple(row) for row in rows])


def _read_network(uow: UnitOfWork, staging: Staging) -> KnownNetwork:
    network = KnownNetwork()
    nodes = _names_by_id(staging, "node")
    for id, branch in read_branches(uow, list(nodes)).items():
        edges = (Edge(nodes.get(edge.parent_id, ""), edge.during) for edge in branch.edges)
        network.branches[nodes[id]] = Branch(branch.during, tuple(edge for edge in edges if edge.parent_id))
    locations = _names_by_id(staging, "location")
    for row in uow.connection.execute(sa.select(tables.location.c.id, tables.location.c.time_zone)):
        if row.id in locations:
            network.time_zones[locations[row.id]] = row.time_zone
    network.attribute_kinds = read_kinds(uow)
    if "attribute_kinds.csv" in staging.present:
        network.choices_in_use = _read_choices(uow, network.attribute_kinds.values())
    network.brand_names = list(uow.connection.scalars(sa.select(tables.brand.c.name)))
    if "appointments.csv" in staging.present:
        _read_brands_at(uow, staging, locations, network)
    return network


def _read_brands_at(
    uow: UnitOfWork, staging: Staging, locations: Mapping[str, str], network: KnownNetwork
) -> None:
    in_files = set(staging.connection.scalars(sa.select(ROWS["locations.csv"].c.location_id)))
    network.brands_at = {location: {} for location in locations.values() if location not in in_files}
    brands, table = _names_by_id(staging, "brand"), tables.location_brand
    columns = (table.c.location_id, table.c.brand_id, table.c.valid_from, table.c.valid_to)
    for row in uow.connection.execute(sa.select(*columns).execution_options(yield_per=_BATCH)):
        location = locations.get(row.location_id, "")
        if location not in network.brands_at or row.brand_id not in brands:
            continue
        zone = network.time_zones[location]
        days = day_of(row.valid_from, zone), day_of(row.valid_to, zone) if row.valid_to else ""
        network.brands_at[location].setdefault(brands[row.brand_id], []).append(days)


def _read_choices(uow: UnitOfWork, kinds: Iterable[AttributeKind]) -> dict[str, set[str]]:
    """Values that somebody or something has, had or will have, of each attribute with choices."""
    table = tables.attribute
    found: dict[str, set[str]] = {}
    for key in [kind.key for kind in kinds if kind.type == "choice"]:
        found[key] = set(
            uow.connection.scalars(sa.select(table.c.value).where(table.c.key == key).distinct())
        )
    return found


def _names_by_id(staging: Staging, kind: str) -> dict[str, str]:
    rows = staging.connection.execute(sa.select(known.c.id, known.c.external_id).where(known.c.kind == kind))
    return dict(rows.all())
