"""Names of a small network, made when they are first said: a partner, locations, positions, brands and learning systems.

Everything goes through the hub's own services, so that what tests see is what a hub does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hub.network.people.identities import find_person, link_identity
from hub.network.structure.locations import carry_brand
from hub.network.structure.open_location import open_location
from hub.network.structure.partners import create_partner
from hub.network.structure.words import add_brand, add_position
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.store import UnitOfWork

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""When everything began that a test gives no other time."""
HOME_PAGE = "https://lms.example"
"""Where the accounts of learning systems are at home."""
ACTIVITIES = ("sell", "service")


@dataclass
class SmallNetwork:
    """Ids by kind and name. One hub has one, see ``network_of``."""

    hub: Hub
    ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def partner(self, uow: UnitOfWork, name: str) -> str:
        """The id of a partner."""
        return self._made("partner", name) or self._keep("partner", name, create_partner(uow, name, name))

    def location(self, uow: UnitOfWork, name: str, partner: str) -> str:
        """The id of a location, which belongs to the partner with which it was first named."""
        if known := self._made("location", name):
            return known
        owner = self.partner(uow, partner)
        opened = open_location(
            uow, owner, name, "Riverside", "US", "America/Los_Angeles", LONG_AGO, external_id=name
        )
        return self._keep("location", name, opened)

    def position(self, uow: UnitOfWork, title: str) -> str:
        """The id of a position."""
        if known := self._made("position", title):
            return known
        return self._keep(
            "position", title, add_position(uow, title, "staff", external_id=title, anyway=True)
        )

    def brands(self, uow: UnitOfWork, names: Iterable[str], location_id: str) -> tuple[str, ...]:
        """The ids of brands, which the location carries from then on for sale and service."""
        found = []
        for name in names:
            id = self._made("brand", name) or self._keep(
                "brand", name, add_brand(uow, name, external_id=name)
            )
            for activity in ACTIVITIES:
                carry_brand(uow, location_id, id, activity, LONG_AGO)
            found.append(id)
        return tuple(found)

    def lms(self, uow: UnitOfWork, slug: str) -> str:
        """The id of a connection to a learning system."""
        if known := self._made("lms", slug):
            return known
        return self._keep("lms", slug, create_connection(uow, slug, "lms", f"LMS {slug}"))

    def account(self, uow: UnitOfWork, lms_id: str, person_id: str, name: str, home_page: str) -> str:
        """Let an account of a learning system mean a person; its subject. One that is somebody's stays theirs."""
        subject = f"{home_page}|{name}"
        if find_person(uow, lms_id, "account", subject) is None:
            link_identity(uow, lms_id, "account", subject, person_id, "roster")
        return subject

    def adopt(self, kind: str, name: str, id: str) -> None:
        """Know something by a name that somebody else made."""
        self._keep(kind, name, id)

    def name_of(self, kind: str, id: str) -> str:
        """The name of a thing by its id; the id where it has none."""
        return next((name for (k, name), known in self.ids.items() if (k, known) == (kind, id)), id)

    def _made(self, kind: str, name: str) -> str | None:
        return self.ids.get((kind, name))

    def _keep(self, kind: str, name: str, id: str) -> str:
        self.ids[kind, name] = id
        return id
