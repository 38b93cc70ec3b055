"""The manufacturer's field force: who looks after which node of the trees, and after which large locations."""

from collections.abc import Sequence
from itertools import groupby
from random import Random

from hub.testing.network.careers import Careers
from hub.testing.network.days import day_text, next_month
from hub.testing.network.decks import Deck
from hub.testing.network.files import Row
from hub.testing.network.geography import City, nearest
from hub.testing.network.locations import Location
from hub.testing.network.partners import Partner
from hub.testing.network.people import People
from hub.testing.network.positions import POSITION, Position
from hub.testing.network.sites import Site
from hub.testing.network.trees import Node, Tree

_LOCATIONS_PER_KEY_ACCOUNT = 50
_KEY_ACCOUNTS_PER_MANAGER = 8


class FieldForce:
    """Hires representatives, internal people with an office nearby, for every node of every tree.

    ``rows`` collects the rows of representatives.csv. Each node has exactly one representative today; some had
    another one before, and some will have another one from the first of next month.
    """

    def __init__(
        self,
        people: People,
        careers: Careers,
        manufacturer: Partner,
        offices: Sequence[Site],
        random: Random,
        today: int,
    ) -> None:
        self._people = people
        self._careers = careers
        self._manufacturer = manufacturer
        self._offices = offices
        self._cities = [office.city for office in offices]
        self._random = random
        self._today = today
        self._spans = Deck(random, [(1, 2), (2, 1)])
        self._handovers = Deck(random, [("never", 9), ("past", 2), ("coming", 1)])
        self.rows: list[Row] = []

    def look_after_tree(self, tree: Tree) -> None:
        """Inner nodes get a director each, leaves a field manager for one or two neighboring leaves."""
        leaves = tree.leaves()
        director = POSITION[f"regional-{tree.dimension}-director"]
        manager = POSITION[f"field-{tree.dimension}-manager"]
        of_leaves = set(leaves)
        for node in tree.nodes:
            if node not in of_leaves:
                self._look_after([node], director)
        for _, siblings in groupby(leaves, key=lambda leaf: leaf.parent_id):
            family = list(siblings)
            while family:
                span = self._spans.deal()
                self._look_after(family[:span], manager)
                del family[:span]

    def look_after_key_accounts(self, locations: Sequence[Location]) -> None:
        """Some of these locations get a key account manager of their own, for sales, beside the node's representative."""
        accounts = [location for location in locations if location.closed is None]
        accounts = accounts[: max(2, len(locations) // _LOCATIONS_PER_KEY_ACCOUNT)]
        for first in range(0, len(accounts), _KEY_ACCOUNTS_PER_MANAGER):
            mine = accounts[first : first + _KEY_ACCOUNTS_PER_MANAGER]
            office = self._office_near(mine[0].city)
            start = max(office.opened, *(location.opened for location in mine))
            person_id = self._hire(office, POSITION["key-account-manager"], start, None)
            for location in mine:
                self.rows.append((person_id, "sales", "", location.location_id, day_text(start), ""))

    def _look_after(self, nodes: Sequence[Node], position: Position) -> None:
        office = self._office_near(nodes[0].city)
        since = max(office.opened, self._today - self._random.randint(200, 1500))
        handover = self._handovers.deal()
        if handover == "never":
            terms: list[tuple[int, int | None]] = [(since, None)]
        else:
            coming = next_month(self._today)
            day = coming if handover == "coming" else self._today - self._random.randint(10, 150)
            terms = [(since, day), (day, None)]
        for start, end in terms:
            person_id = self._hire(office, position, start, end)
            for node in nodes:
                days = day_text(start), day_text(end)
                self.rows.append((person_id, node.dimension, node.node_id, "", *days))

    def _office_near(self, city: City) -> Site:
        return self._offices[nearest(city, self._cities)]

    def _hire(self, office: Site, position: Position, start: int, end: int | None) -> str:
        stint = self._careers.stint(office, position, start, end)
        return self._people.hire(self._manufacturer, office, [stint])
