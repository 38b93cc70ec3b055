"""A hub between LMS South, which has the courses, and LMSs West and East, which have the gradebooks."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from hub.app import open_worker
from hub.ids import new_id
from hub.journal.outbox import Effect, enqueue_all
from hub.journal.tables import audit
from hub.lti.bridge.deliveries import GradeRow, list_grades
from hub.lti.bridge.pass_back import AGS_SCORE
from hub.lti.platform_keys import published_keys
from hub.lti.tool import tables
from hub.lti.tool.platforms import Platform, connect_platform, read_platform
from hub.lti.vocabulary import AGS_SCOPES
from hub.network import tables as network
from hub.network.people.identities import LTI_SUBJECT, link_identity
from hub.runtime import Hub
from tests.lti.bridge.gradebook import Gradebook
from tests.world import World

DEPLOYMENT = "deployment-1"


class Bridge:
    """Ann and Bob take courses of South; their own LMS West has columns for them. Names stand for ids in every call."""

    def __init__(self, hub: Hub, west: Gradebook, east: Gradebook) -> None:
        self.hub, self.west, self.east = hub, west, east
        keys = published_keys(hub)
        west.begin(keys)
        east.begin(keys)
        self.world = World(hub).begin()
        self.world.add_courses("south", "tires", "brakes")
        for person in ("ann", "bob"):
            self.world.add_person(person)
            self.world.link(person)

    # --- what there is ---

    def platform(self, slug: str, book: Gradebook, partner: str | None = "partner", **settings: Any) -> str:
        """Register the hub at a platform; its connection's id."""
        values: dict[str, Any] = {
            "issuer": book.address,
            "client_id": f"hub-at-{slug}",
            "authorize_url": f"{book.address}/authorize",
            "token_url": f"{book.address}/token",
            "jwks_url": f"{book.address}/jwks",
            "deployment_id": DEPLOYMENT,
        }
        with self.hub.unit_of_work() as uow:
            partner_id = self.world.ids[partner] if partner else None
            told = connect_platform(uow, slug, f"LMS {slug.title()}", partner_id, **{**values, **settings})
        self.world.ids[slug] = told.connection_id
        return told.connection_id

    def place(self, slug: str, target: str = "tires", kind: str = "offering", **columns: Any) -> str:
        """Put a course or path into a course of the platform; the placement's id."""
        book = self.east if slug.startswith("east") else self.west
        id = new_id()
        values: dict[str, Any] = {
            "id": id,
            "connection_id": self.world.ids[slug],
            "deployment_id": DEPLOYMENT,
            "context_id": "class-1",
            "resource_link_id": id,
            "title": target.title(),
            "target_kind": kind,
            "target_id": self.world.ids[target],
            "line_item_url": book.item_url(),
            "line_items_url": f"{book.address}/items",
            "scopes": list(AGS_SCOPES),
            "seen_at": self.hub.clock.now(),
        }
        with self.hub.unit_of_work() as uow:
            uow.connection.execute(sa.insert(tables.lti_placement).values(**{**values, **columns}))
        return id

    def know(self, person: str, slug: str, subject: str | None = None) -> None:
        """Let the platform have named a person, as a launch does."""
        with self.hub.unit_of_work() as uow:
            link_identity(
                uow,
                self.world.ids[slug],
                LTI_SUBJECT,
                subject or f"{person}-there",
                self.world.ids[person],
                "proof",
            )

    def add_partner(self, name: str) -> None:
        self.world.ids[name] = new_id()
        with self.hub.unit_of_work() as uow:
            uow.connection.execute(sa.insert(network.partner).values(id=self.world.ids[name], name=name))

    def ready(self, *people: str) -> str:
        """West has a column for tires and has named these people, Ann if nobody is said."""
        self.platform("west", self.west)
        for person in people or ("ann",):
            self.know(person, "west")
        return self.place("west")

    # --- what happens ---

    def complete(
        self,
        person: str = "ann",
        course: str = "tires",
        given: Any = 7,
        maximum: Any = 10,
        *,
        at: datetime | None = None,
        id: str | None = None,
        **score: Any,
    ) -> str:
        """The course's LMS reports a completion; the statement's id."""
        points = {"raw": given, "min": 0, "max": maximum, **score}
        points = {name: value for name, value in points.items() if value is not None}
        result = {"completion": True} | ({"score": points} if points.keys() - {"min"} else {})
        return self.world.send(person, course, at=at, id=id or str(uuid4()), result=result)

    def work(self) -> None:
        """Let a worker finish everything that can be done now."""
        open_worker(self.hub).drain()

    def enqueue(self, count: int, body: dict[str, Any], slug: str = "west") -> None:
        """So many scores of as many lanes for a receiver, without the reader."""
        keys = [f"{slug}-{number}" for number in range(count)]
        receiver = self.world.ids[slug]
        with self.hub.unit_of_work() as uow:
            enqueue_all(uow, [Effect(AGS_SCORE, receiver, key, body, None, key, "1") for key in keys])

    # --- what was written ---

    def read_platform(self, slug: str = "west") -> Platform:
        with self.hub.reading() as uow:
            return read_platform(uow, self.world.ids[slug])

    def grades(self, **wanted: Any) -> list[GradeRow]:
        """All scores, the oldest first."""
        with self.hub.reading() as uow:
            return list(reversed(list_grades(uow, **wanted).rows))

    def grade(self) -> GradeRow:
        """The one score there is."""
        (row,) = self.grades()
        return row

    def states(self) -> list[str]:
        return [row.state for row in self.grades()]

    def audited(self, action: str) -> list[sa.Row[Any]]:
        with self.hub.reading() as uow:
            return list(uow.connection.execute(sa.select(audit).where(audit.c.action == action)))
