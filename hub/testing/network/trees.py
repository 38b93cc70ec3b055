"""The three field trees, each cut in its own way, so that no two of them divide the network alike.

Sales follows continents, countries and districts within them. Service follows bands of longitude and belts of latitude
and minds no border. Parts follows warehouses and, around them, the depot nearest to each city.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from hub.testing.network.files import Row
from hub.testing.network.geography import Atlas, City, nearest

_BAND = 45
_DEPOTS_PER_WAREHOUSE = 12

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A node of a tree; ``city`` is its middle, where its representative would look for an office."""

    dimension: str
    node_id: str
    name: str
    parent_id: str
    city: City

    def row(self) -> Row:
        """Its row in nodes.csv."""
        return self.dimension, self.node_id, self.name, self.parent_id


@dataclass(slots=True)
class Tree:
    """A dimension with its nodes, parents before children, and the leaf that each city belongs to."""

    dimension: str
    name: str
    nodes: list[Node] = field(default_factory=list)
    leaf_of: dict[City, Node] = field(default_factory=dict)

    def add(self, name: str, parent: Node | None, city: City) -> Node:
        """Add a node around a city."""
        node_id = f"{self.dimension}-{len(self.nodes) + 1:04d}"
        node = Node(self.dimension, node_id, name, parent.node_id if parent else "", city)
        self.nodes.append(node)
        return node

    def add_leaf(self, kind: str, parent: Node, city: City, cities: Iterable[City]) -> None:
        """Add a leaf named after a city, to which all these cities belong."""
        leaf = self.add(f"{kind} {_place(city)}", parent, city)
        self.leaf_of.update(dict.fromkeys(cities, leaf))

    def leaves(self) -> list[Node]:
        """The nodes without children."""
        parents = {node.parent_id for node in self.nodes}
        return [node for node in self.nodes if node.node_id not in parents]


def plant_trees(cities: Iterable[City], per_leaf: int, atlas: Atlas, random: Random) -> list[Tree]:
    """The three trees over the cities, one item for each location; leaves hold about ``per_leaf`` locations."""
    counts = Counter(cities)
    return [
        _sales_tree(counts, per_leaf, atlas),
        _service_tree(counts, per_leaf),
        _parts_tree(counts, per_leaf, atlas, random),
    ]


def _sales_tree(counts: Mapping[City, int], per_leaf: int, atlas: Atlas) -> Tree:
    tree = Tree("sales", "Sales")
    root = tree.add("Sales organization", None, _largest(counts))
    areas = _grouped(counts, lambda city: (city.country, city.area))
    middles = {area: sum(city.longitude for city in within) / len(within) for area, within in areas.items()}
    for continent, there in _grouped(counts, lambda city: atlas.continents[city.country]).items():
        region = tree.add(f"Sales {continent}", root, _largest(there))
        for code, within in _grouped(there, lambda city: city.country).items():
            country = tree.add(f"Sales {atlas.country_names[code]}", region, _largest(within))
            # Districts keep the areas of a country together and go through them from west to east.
            within.sort(key=lambda city: (middles[city.country, city.area], city.area, city.latitude))
            for district in _runs(within, counts, per_leaf):
                tree.add_leaf("Sales district", country, _largest(district), district)
    return tree


def _service_tree(counts: Mapping[City, int], per_leaf: int) -> Tree:
    tree = Tree("service", "Service")
    root = tree.add("Service organization", None, _largest(counts))
    for west, there in _grouped(counts, lambda city: int(city.longitude // _BAND) * _BAND).items():
        name = f"Service zone {_meridian(west)} to {_meridian(west + _BAND)}"
        zone = tree.add(name, root, _largest(there))
        for belt, within in _grouped(there, _belt).items():
            cell = tree.add(f"{name}, {belt}", zone, _largest(within))
            within.sort(key=lambda city: (city.longitude, city.latitude))
            for strip in _runs(within, counts, per_leaf):
                tree.add_leaf("Service territory", cell, _largest(strip), strip)
    return tree


def _parts_tree(counts: Mapping[City, int], per_leaf: int, atlas: Atlas, random: Random) -> Tree:
    tree = Tree("parts", "Parts")
    root = tree.add("Parts logistics", None, _largest(counts))
    wanted = max(2, sum(counts.values()) // per_leaf)
    # A weighted draw without replacement (Efraimidis and Spirakis): busy cities are likelier to have a depot.
    depots = heapq.nlargest(wanted, counts, key=lambda city: random.random() ** (1 / counts[city]))
    first_of_continents = [
        there[0] for there in _grouped(depots, lambda d: atlas.continents[d.country]).values()
    ]
    warehouses = list(dict.fromkeys([*first_of_continents, *depots[: wanted // _DEPOTS_PER_WAREHOUSE]]))
    depots_of = _by_nearest(depots, warehouses)
    for warehouse, served in _by_nearest(counts, warehouses).items():
        node = tree.add(f"Parts warehouse {_place(warehouse)}", root, warehouse)
        for depot, around in _by_nearest(served, depots_of[warehouse]).items():
            tree.add_leaf("Parts depot", node, depot, around)
    return tree


def _grouped(cities: Iterable[City], key: Callable[[City], Key]) -> dict[Key, list[City]]:
    groups: dict[Key, list[City]] = {}
    for city in cities:
        groups.setdefault(key(city), []).append(city)
    return groups


def _by_nearest(cities: Iterable[City], places: Sequence[City]) -> dict[City, list[City]]:
    return _grouped(cities, lambda city: places[nearest(city, places)])


def _runs(cities: Sequence[City], counts: Mapping[City, int], size: int) -> list[list[City]]:
    """Cut the sequence into runs of cities with about ``size`` locations each."""
    total = sum(counts[city] for city in cities)
    runs = max(1, round(total / size))
    cut: dict[int, list[City]] = {}
    before = 0
    for city in cities:
        cut.setdefault(before * runs // total, []).append(city)
        before += counts[city]
    return list(cut.values())


def _largest(cities: Iterable[City]) -> City:
    return max(cities, key=lambda city: city.population)


def _place(city: City) -> str:
    return f"{city.name} ({city.country})"


def _meridian(degrees: int) -> str:
    side = " E" if degrees > 0 else " W" if degrees < 0 else ""
    return f"{abs(degrees)}°{side}"


def _belt(city: City) -> str:
    if city.latitude >= 45:
        return "north"
    if city.latitude >= 23.5:
        return "upper middle"
    return "tropics" if city.latitude >= -23.5 else "south"
