"""A network of two partners with a field above them, and programs that ask about it with tokens."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import flask
import sqlalchemy as sa
from werkzeug.test import TestResponse

from hub.access.api_tokens import ALLOWED, make_api_token
from hub.access.reach import OPERATOR, Reach
from hub.app import create_app
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, Rule, set_audience, set_rule
from hub.ids import new_id
from hub.network import tables
from hub.network.apply_changes import apply_changes
from hub.runtime import Hub
from hub.store import UnitOfWork
from tests.apps import app_of

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LAST_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass
class Network:
    """Ids by short names. ``harbor`` and ``summit`` are partners; ``rosa`` looks after Harbor's service, ``ben`` its sales."""

    hub: Hub
    app: flask.Flask
    ids: dict[str, str] = field(default_factory=dict)

    def token(self, who: str = "", scopes: Collection[str] = ()) -> str:
        """A new token of the hub, a partner or a person, for all that it may be for unless that is named."""
        if who in ("harbor", "summit"):
            reach = Reach("partner", self.ids[who])
        else:
            reach = Reach("person", self.ids[who]) if who else OPERATOR
        wanted = scopes or ALLOWED[reach.kind]
        with self.hub.unit_of_work() as uow:
            return make_api_token(uow, reach, wanted).token

    def ask(self, token: str, path: str, **query: Any) -> TestResponse:
        """The answer to a GET below /api/v1."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.app.test_client().get(f"/api/v1{path}", query_string=query, headers=headers)

    def read(self, token: str, path: str, **query: Any) -> dict[str, Any]:
        """The same, which must be well."""
        response = self.ask(token, path, **query)
        assert response.status_code == 200, response.text
        return cast(dict[str, Any], response.json)

    def names(self, token: str, path: str, **query: Any) -> list[str]:
        """The names of all items, over as many pages as there are."""
        found: list[str] = []
        while True:
            page = self.read(token, path, **query)
            found += [item.get("name") or item.get("given_name", "") for item in page["items"]]
            if page["next"] is None:
                return found
            query["after"] = page["next"]

    def insert(self, uow: UnitOfWork, table: sa.Table, as_: str = "", **values: Any) -> str:
        """A row, whose new id is kept under a name if it has one."""
        if as_:
            values["id"] = self.ids[as_] = new_id()
        uow.connection.execute(sa.insert(table).values(**values))
        return str(values.get("id", ""))

    def location(self, uow: UnitOfWork, name: str, partner: str, brands: Sequence[str] = ("aurora",)) -> str:
        """An open location that services brands."""
        place = {"city": "X", "country": "US", "time_zone": "America/New_York", "valid_from": LONG_AGO}
        id = self.insert(uow, tables.location, name, name=name, partner_id=self.ids[partner], **place)
        for brand in brands:
            row = {"location_id": id, "brand_id": self.ids[brand], "activity": "service"}
            self.insert(uow, tables.location_brand, **row, valid_from=LONG_AGO)
        return id

    def person(self, uow: UnitOfWork, name: str, partner: str) -> str:
        """A person, called as their key is."""
        values = {"partner_id": self.ids[partner], "locale": "en", "disabled": False}
        id = self.insert(uow, tables.person, name, **values)
        detail = {"given_name": name, "family_name": "Tester", "email": f"{name}@{partner}.example"}
        self.insert(uow, tables.person_detail, person_id=id, **detail)
        return id

    def appoint(
        self,
        uow: UnitOfWork,
        who: str,
        position: str,
        location: str,
        since: datetime = LONG_AGO,
        until: datetime | None = None,
    ) -> str:
        """An appointment with the brand aurora."""
        id = self.insert(
            uow,
            tables.appointment,
            f"{who} at {location}",
            person_id=self.ids[who],
            position_id=self.ids[position],
            location_id=self.ids[location],
            audience_class="external",
            valid_from=since,
            valid_to=until,
        )
        self.insert(uow, tables.appointment_brand, appointment_id=id, brand_id=self.ids["aurora"])
        return id

    def place(self, uow: UnitOfWork, location: str, node: str, dimension: str) -> None:
        """Let a location stand under a node."""
        row = {"location_id": self.ids[location], "node_id": self.ids[node], "dimension": dimension}
        self.insert(uow, tables.location_node, **row, valid_from=LONG_AGO)

    def node(self, uow: UnitOfWork, name: str, dimension: str, above: str = "") -> None:
        """A field node."""
        self.ids[name] = new_id()
        body = {"id": self.ids[name], "dimension": dimension, "name": name, "parent_id": self.ids.get(above)}
        apply_changes(uow, "node_changed", [body])

    def look_after(self, uow: UnitOfWork, who: str, dimension: str, node: str) -> None:
        """Let a person represent what lies under a node."""
        row = {"person_id": self.ids[who], "dimension": dimension, "node_id": self.ids[node]}
        self.insert(uow, tables.rep_assignment, id=new_id(), **row, service="coaching", valid_from=LONG_AGO)


def build_network(hub: Hub) -> Network:
    """Ana works at two locations of Harbor, and worked at one of Summit; Carl works at Summit; the field is the maker's."""
    network = Network(hub, app_of(hub, create_app))
    ids = network.ids
    with hub.unit_of_work() as uow:
        for key, name in (("harbor", "Harbor Auto"), ("summit", "Summit Cars"), ("maker", "Borealis Motors")):
            network.insert(uow, tables.partner, key, name=name)
        for partner, kind, since, until in (
            ("harbor", "supply", LONG_AGO, None),
            ("harbor", "distribute", LONG_AGO, None),
            ("summit", "sell", LONG_AGO, LAST_YEAR),
            ("summit", "service", LAST_YEAR, None),
        ):
            row: dict[str, Any] = {"partner_id": ids[partner], "kind": kind, "valid_from": since}
            network.insert(uow, tables.partner_relationship, **row, valid_to=until)
        network.insert(uow, tables.brand, "aurora", name="Aurora")
        for key, title in (("technician", "Technician"), ("seller", "Salesperson")):
            network.insert(uow, tables.position, key, title=title, family="staff")
        for key in ("sales", "service"):
            network.insert(uow, tables.dimension, key=key, name=key.capitalize())
        for name, partner in (("pier", "harbor"), ("dock", "harbor"), ("peak", "summit")):
            network.location(uow, name, partner)
        network.node(uow, "nation", "service")
        network.node(uow, "coast", "service", "nation")
        network.node(uow, "hills", "service", "nation")
        network.node(uow, "sellers", "sales")
        for location, node, dimension in (
            ("pier", "coast", "service"),
            ("dock", "sellers", "sales"),
            ("peak", "hills", "service"),
        ):
            network.place(uow, location, node, dimension)
        for name, partner in (("ana", "harbor"), ("carl", "summit"), ("rosa", "maker"), ("ben", "maker")):
            network.person(uow, name, partner)
        network.look_after(uow, "rosa", "service", "coast")
        network.look_after(uow, "ben", "sales", "sellers")
        network.appoint(uow, "ana", "technician", "pier")
        network.appoint(uow, "ana", "seller", "dock", since=LAST_YEAR)
        network.appoint(uow, "ana", "technician", "peak", until=LAST_YEAR)
        network.appoint(uow, "carl", "technician", "peak")
        for key, partners in (("technicians", ()), ("of-summit", (ids["summit"],))):
            conditions = Conditions(positions=(ids["technician"],), partners=partners)
            set_audience(uow, Audience(key, key.capitalize(), conditions))
            set_rule(uow, Rule(key, key, "service", "brand", "offering", new_id(), conditions, LONG_AGO))
    return network
