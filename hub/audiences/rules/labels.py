"""What people call nodes, partners, courses and paths when they write them into a form, and what they mean by it."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from hub.network import tables as network
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import read_kinds
from hub.store import UnitOfWork
from hub.training import tables as training

OFFERED = 500
"""So many nodes and so many courses are offered in a list; all are found by their names."""
_TOLD_APART = re.compile(r"^(.*\S)\s*\[([0-9a-f]{8})\]$")


@dataclass(frozen=True)
class Choices:
    """What a form offers: ids or keys, and names."""

    positions: Sequence[tuple[str, str]]
    brands: Sequence[tuple[str, str]]
    dimensions: Sequence[tuple[str, str]]
    nodes: Sequence[str]
    targets: Sequence[tuple[str, str]]
    attributes: Sequence[AttributeKind]


def read_choices(uow: UnitOfWork) -> Choices:
    """Everything one can choose; of nodes and courses the first OFFERED."""

    def named(table: sa.Table, id: str, name: str) -> list[tuple[str, str]]:
        rows = uow.connection.execute(
            sa.select(table.c[id], table.c[name]).order_by(table.c[name], table.c[id])
        )
        return [(row[0], row[1]) for row in rows]

    node, dimension = network.node, network.dimension
    query = sa.select(node.c.id).join(dimension, dimension.c.key == node.c.dimension)
    first = list(
        uow.connection.scalars(query.order_by(dimension.c.name, node.c.name, node.c.id).limit(OFFERED))
    )
    offering, path = training.offering, training.path
    courses = sa.select(offering.c.key, offering.c.title).where(~offering.c.retired)
    targets = [
        tuple(row) for row in uow.connection.execute(courses.order_by(offering.c.title).limit(OFFERED))
    ]
    targets += [
        (f"path:{row.key}", row.title)
        for row in uow.connection.execute(sa.select(path).order_by(path.c.title))
    ]
    return Choices(
        named(network.position, "id", "title"),
        named(network.brand, "id", "name"),
        named(dimension, "key", "name"),
        list(labels_of_nodes(uow, first).values()),
        targets,
        sorted(read_kinds(uow).values(), key=lambda kind: kind.title),
    )


def labels_of_nodes(uow: UnitOfWork, ids: Collection[str]) -> dict[str, str]:
    """``Service: North`` by id, in the order of the labels; those of one name are told apart by the beginning of their ids."""
    node, dimension = network.node, network.dimension
    query = sa.select(node.c.id, dimension.c.name.label("of"), node.c.name).join(
        dimension, dimension.c.key == node.c.dimension
    )
    rows = uow.connection.execute(query.where(uow.among(node.c.id, ids)))
    return _told_apart([(row.id, f"{row.of}: {row.name}") for row in rows])


def labels_of_partners(uow: UnitOfWork, ids: Collection[str]) -> dict[str, str]:
    """Names by id, told apart as those of nodes are."""
    partner = network.partner
    rows = uow.connection.execute(sa.select(partner.c.id, partner.c.name).where(uow.among(partner.c.id, ids)))
    return _told_apart([(row.id, row.name) for row in rows])


def find_nodes(uow: UnitOfWork, labels: Iterable[str]) -> dict[str, list[str]]:
    """Ids of all that each label may mean: ``service: north``, by the key or the name of the dimension."""
    node, dimension = network.node, network.dimension
    found: dict[str, list[str]] = {}
    for label in labels:
        of, _, name = label.partition(":")
        said, part = _parts(name)
        query = sa.select(node.c.id).join(dimension, dimension.c.key == node.c.dimension)
        is_named = sa.func.lower(node.c.name) == said.lower()
        is_of = sa.or_(dimension.c.key == of.strip(), sa.func.lower(dimension.c.name) == of.strip().lower())
        found[label] = [
            id for id in uow.connection.scalars(query.where(is_named, is_of)) if id.startswith(part)
        ]
    return found


def find_partners(uow: UnitOfWork, labels: Iterable[str]) -> dict[str, list[str]]:
    """Ids of all that each name may mean."""
    partner = network.partner
    found: dict[str, list[str]] = {}
    for label in labels:
        said, part = _parts(label)
        ids = uow.connection.scalars(
            sa.select(partner.c.id).where(sa.func.lower(partner.c.name) == said.lower())
        )
        found[label] = [id for id in ids if id.startswith(part)]
    return found


def find_targets(uow: UnitOfWork, said: str) -> list[tuple[str, str]]:
    """Kind and id of all that a text may mean: the key of a course, ``path:KEY``, or a title."""
    kind, _, rest = said.partition(":")
    tables = {"offering": training.offering, "path": training.path}
    if kind in tables and rest:
        found = uow.find(tables[kind], key=rest.strip())
        return [(kind, found.id)] if found else []
    for name in ("key", "title"):
        both = [
            (kind, id)
            for kind, table in tables.items()
            for id in uow.connection.scalars(
                sa.select(table.c.id).where(sa.func.lower(table.c[name]) == said.lower())
            )
        ]
        if both:
            return both
    return []


def key_of_target(uow: UnitOfWork, kind: str, id: str) -> str:
    """What ``find_targets`` finds it by."""
    found = uow.find(training.offering if kind == "offering" else training.path, id=id)
    key = str(found.key) if found else ""
    return key if kind == "offering" else f"path:{key}"


def _told_apart(named: Sequence[tuple[str, str]]) -> dict[str, str]:
    ids: dict[str, list[str]] = defaultdict(list)
    for id, name in named:
        ids[name].append(id)
    return {
        id: name if len(ids[name]) == 1 else f"{name} [{id[:8]}]"
        for name in sorted(ids)
        for id in sorted(ids[name])
    }


def _parts(label: str) -> tuple[str, str]:
    told = _TOLD_APART.match(label.strip())
    return (told[1].strip(), told[2]) if told else (label.strip(), "")
