"""Partners with SCIM clients, a location and positions, and a look at what was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import flask
import sqlalchemy as sa
from werkzeug.test import TestResponse

from hub.ids import new_id
from hub.journal import tables as journal
from hub.network import tables as network
from hub.runtime import Hub
from hub.sso.scim.appointments import NAME as APPOINTMENTS
from hub.sso.scim.caller import Caller
from hub.sso.scim.routes import blueprint
from hub.sso.scim.tokens import connect_client, make_token
from hub.store import metadata
from tests.apps import app_of
from tests.world import LONG_AGO

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
MAY_CHANGE = {"audit", "request_count", "scim_request"}
"""What a refused request may leave behind, beside when the token was last used."""


def _make_app(hub: Hub) -> flask.Flask:
    app = flask.Flask("scim")
    app.register_blueprint(blueprint)
    return app


@dataclass
class Client:
    """One partner's SCIM client."""

    hub: Hub
    caller: Caller
    token: str
    _app: flask.Flask | None = None

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        if self._app is None:
            self._app = app_of(self.hub, _make_app)
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        return self._app.test_client().open(f"/scim/v2{path}", method=method, json=body, headers=sent)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def post_user(self, name: str = "ann", /, **more: Any) -> Any:
        answer = self.ask("POST", "/Users", user(name, **more))
        assert answer.status_code == 201, answer.text
        return answer.json

    def post_group(self, name: str, *members: str) -> Any:
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": id} for id in members]}
        answer = self.ask("POST", "/Groups", body)
        assert answer.status_code == 201, answer.text
        return answer.json

    def patch(self, path: str, *operations: Mapping[str, Any]) -> TestResponse:
        return self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def person(self, user_id: str) -> Any:
        """The row of the person behind a user."""
        from hub.sso.scim.tables import scim_resource as r

        with self.hub.reading() as uow:
            person_id = uow.connection.scalar(sa.select(r.c.person_id).where(r.c.id == user_id))
            return uow.find(network.person, id=person_id)


def user(name: str, /, **more: Any) -> dict[str, Any]:
    """A user as clients send it."""
    schemas = [USER, *(key for key in more if key.startswith("urn:"))]
    return {
        "schemas": schemas,
        "userName": f"{name}@riverside.example",
        "name": {"givenName": name.capitalize(), "familyName": "Okafor"},
        "emails": [{"value": f"{name}@riverside.example", "type": "work", "primary": True}],
        "active": True,
    } | more


def working_at(*places: tuple[str, str]) -> dict[str, Any]:
    """The extension with positions at locations."""
    return {APPOINTMENTS: {"appointments": [{"location": at, "position": as_} for at, as_ in places]}}


def begin_client(hub: Hub, slug: str = "riverside", partner_id: str = "") -> Client:
    with hub.unit_of_work() as uow:
        if not partner_id:
            partner_id = new_id()
            uow.connection.execute(sa.insert(network.partner).values(id=partner_id, name=slug.title()))
        connection_id = connect_client(uow, f"{slug}-scim", f"{slug.title()} SCIM", partner_id)
        token = make_token(uow, connection_id, "for tests")
    return Client(hub, Caller(token.id, connection_id, partner_id), token.token)


def add_location(client: Client, name: str) -> str:
    """A location of the client's partner; the network files call it by its name."""
    id = new_id()
    with client.hub.unit_of_work() as uow:
        uow.insert(
            network.location,
            id=id,
            partner_id=client.caller.partner_id,
            name=name,
            city="Riverside",
            country="US",
            time_zone="America/Los_Angeles",
            valid_from=LONG_AGO,
        )
        uow.insert(network.roster_key, kind="location", external_id=name, id=id, content_hash="")
    return id


def add_position(client: Client, title: str) -> str:
    id = new_id()
    with client.hub.unit_of_work() as uow:
        uow.insert(network.position, id=id, title=title, family="staff")
        uow.insert(network.roster_key, kind="position", external_id=title, id=id, content_hash="")
    return id


def appointments(hub: Hub, person_id: str) -> list[tuple[str, str, bool]]:
    """Location, position and whether it is still in force, of each appointment."""
    a = network.appointment
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(a).where(a.c.person_id == person_id))
        return [
            (row.location_id, row.position_id, row.valid_to is None or row.valid_to > uow.now) for row in rows
        ]


def everything(hub: Hub) -> dict[str, list[Any]]:
    """All rows, but those a refusal may leave behind; without when tokens were used."""
    found = {}
    with hub.reading() as uow:
        for table in metadata.sorted_tables:
            if table.name not in MAY_CHANGE:
                columns = [column for column in table.c if column.name != "last_used_at"]
                found[table.name] = sorted(map(repr, uow.connection.execute(sa.select(*columns))))
    return found


def refusals(hub: Hub) -> list[str]:
    """The reasons of the refused requests in the audit trail, the oldest first."""
    a = journal.audit
    with hub.reading() as uow:
        query = sa.select(a.c.reason).where(a.c.outcome == "refused").order_by(a.c.position)
        return list(uow.connection.scalars(query))
