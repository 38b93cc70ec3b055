"""Writes the CSV files of a believable partner network, invented from a seed: cities and names of people are real."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from hub.testing.network.brands import BRANDS
from hub.testing.network.careers import Careers
from hub.testing.network.days import day_number, day_text
from hub.testing.network.field_force import FieldForce
from hub.testing.network.files import NetworkFiles, append_rows
from hub.testing.network.geography import Atlas
from hub.testing.network.locations import Location, Placing
from hub.testing.network.partners import Links, Partner, invent_partners
from hub.testing.network.people import People
from hub.testing.network.positions import POSITIONS
from hub.testing.network.sites import Site
from hub.testing.network.sizes import Size, find_size, share_out
from hub.testing.network.trees import Tree, plant_trees

__all__ = ["Summary", "append_rows", "generate_network"]

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

_HOSTS = 500
_OFFICE_STAFF = 3  # an office has so many times the people of another location


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: rows per file, and how many locations the largest partner owns."""

    size: str
    seed: int
    today: date
    rows: Mapping[str, int]
    largest_partner_locations: int


def generate_network(
    size: str, seed: int, out: Path, today: date, progress: Progress | None = None
) -> Summary:
    """Write all files of a network of a size (see ``find_size``) to the folder ``out``, replacing what is there.

    The same size, seed and today give the same bytes. ``today`` is the day on which new hires are new and future
    starters are still to come. identities.csv has no rows, since the connections it names must exist first; use
    ``append_rows`` to add to it, or to any other file. ValueError if there is no such size, or if today is not within
    the years 2010 to 2090.
    """
    if not 2010 <= today.year <= 2090:
        raise ValueError(f"today is {today}; networks can be made for the years 2010 to 2090")
    found = find_size(size)
    with NetworkFiles(out) as files:
        generation = _Generation(found, f"{size} {seed}", files, day_number(today), progress or _quiet)
        generation.run()
        return Summary(size, seed, today, dict(files.counts), generation.largest)


class _Generation:
    """One run. Each step has random numbers of its own, so that changing one leaves the others as they were."""

    def __init__(self, size: Size, seed: str, files: NetworkFiles, today: int, progress: Progress) -> None:
        self._size = size
        self._seed = seed
        self._files = files
        self._today = today
        self._progress = progress
        self._atlas = Atlas(size.countries)
        self.largest = 0

    def run(self) -> None:
        """Write all files: the companies, where they are, who looks after them, and who works there."""
        partners = self._write_partners()
        locations = self._write_locations(partners)
        trees = self._write_trees([location for owned in locations for location in owned])
        self._write_people(partners, locations, trees)

    def _random(self, step: str) -> Random:
        return Random(f"{self._seed} {step}")

    def _write_partners(self) -> list[Partner]:
        brands = [(name.lower(), name) for name in BRANDS[: self._size.brands]]
        self._files.write("brands.csv", brands)
        self._files.write("positions.csv", [(p.position_id, p.title, p.family) for p in POSITIONS])
        brand_ids = [brand_id for brand_id, _ in brands]
        partners = invent_partners(self._size, self._random("partners"), self._atlas, brand_ids)
        self._files.write("partners.csv", [partner.row() for partner in partners])
        links = Links(partners, self._random("links"), self._today)
        self._files.write("partner_links.csv", list(links.rows()))
        return partners

    def _write_locations(self, partners: Sequence[Partner]) -> list[list[Location]]:
        placing = Placing(self._random("locations"), self._atlas, self._today)
        locations: list[list[Location]] = []
        count = 0
        for partner in partners:
            owned = placing.place(partner)
            self._files.write("locations.csv", [location.row() for location in owned])
            self._files.write("location_brands.csv", [row for place in owned for row in place.brand_rows()])
            locations.append(owned)
            count += len(owned)
            self._progress("locations", count, self._size.locations)
        self.largest = max(len(owned) for owned in locations)
        return locations

    def _write_trees(self, locations: Sequence[Location]) -> list[Tree]:
        trees = plant_trees(
            (location.city for location in locations),
            self._size.locations_per_leaf,
            self._atlas,
            self._random("trees"),
        )
        for done, tree in enumerate(trees, 1):
            self._files.write("dimensions.csv", [(tree.dimension, tree.name)])
            self._files.write("nodes.csv", [node.row() for node in tree.nodes])
            self._files.write("location_nodes.csv", [_node_row(location, tree) for location in locations])
            self._progress("field trees", done, len(trees))
        return trees

    def _write_people(
        self, partners: Sequence[Partner], locations: Sequence[Sequence[Location]], trees: Sequence[Tree]
    ) -> None:
        people = People(self._files, self._random("names"))
        offices = [Site.of(location) for location in locations[0]]
        hosts = [Site.of(location) for location in self._hosts(locations)]
        horizon = self._today - self._size.history_years * 365
        random = self._random("careers")
        careers = Careers(random, self._today, horizon, hosts, offices)
        field_force = FieldForce(
            people, careers, partners[0], offices, self._random("field force"), self._today
        )
        for tree in trees:
            field_force.look_after_tree(tree)
        field_force.look_after_key_accounts(locations[1])
        self._files.write("representatives.csv", field_force.rows)
        headcounts = iter(self._headcounts(locations, self._size.people - people.count))
        for partner, owned in zip(partners, locations, strict=True):
            sites = [Site.of(location) for location in owned]
            for at, site in enumerate(sites):
                for position in site.positions(random, next(headcounts)):
                    people.hire(partner, site, careers.invent(sites, at, position))
                self._progress("people", people.count, self._size.people)
        people.flush()

    def _hosts(self, locations: Sequence[Sequence[Location]]) -> list[Location]:
        """Open locations of dealers and workshops that take in people of the manufacturer."""
        candidates = [
            location
            for owned in locations
            for location in owned
            if location.closed is None and {"sell", "service"} & set(location.partner.kinds)
        ]
        return self._random("hosts").sample(candidates, min(_HOSTS, len(candidates)))

    def _headcounts(self, locations: Sequence[Sequence[Location]], people: int) -> list[int]:
        random = self._random("headcounts")
        weights = [
            (0.4 + random.random() ** 2) * (_OFFICE_STAFF if location.partner.is_manufacturer else 1)
            for owned in locations
            for location in owned
        ]
        return share_out(people, weights)


def _node_row(location: Location, tree: Tree) -> Sequence[str]:
    node_id = tree.leaf_of[location.city].node_id
    days = day_text(location.opened), day_text(location.closed)
    return location.location_id, tree.dimension, node_id, *days


def _quiet(step: str, done: int, total: int) -> None:
    """Nobody wants to know."""
