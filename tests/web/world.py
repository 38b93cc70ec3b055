"""A small partner network with people of every kind, for tests of pages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import flask
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub import hookspecs
from hub.api import Candidate, Opinion, Panel, PanelView, hookimpl
from hub.app import create_app, open_worker
from hub.audiences.assigning.reassign import reassign_people
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, Rule, set_audience, set_rule
from hub.hooks import Hooks, Plugin
from hub.ids import content_hash, new_id
from hub.journal import NewStatement, append_statements
from hub.lti.tools import connect_tool
from hub.network import tables
from hub.network.apply_changes import apply_changes
from hub.network.people.identities import link_identity
from hub.network.people.person import grant_role
from hub.network.systems.connections import create_connection, route_email_domain
from hub.runtime import Hub
from hub.sso.oidc.providers import add_provider
from hub.sso.sessions import Proved, start_session
from hub.store import UnitOfWork
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import find_offering, find_target, set_offerings, set_path
from tests.apps import app_of

PUBLIC_URL = "http://127.0.0.1:8000"
PASSED = "http://adlnet.gov/expapi/verbs/passed"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class FirstNinetyDays:
    """A plugin as partners write them: a path and a panel for people who have just begun."""

    hub_api = "1.1"
    fails = False

    @hookimpl
    def decide_assignments(self, candidates: Sequence[Candidate]) -> list[Opinion]:
        return [
            Opinion(
                c.appointment_id,
                "path",
                "first-90-days",
                "in the first 90 days at this location",
                c.starts,
                until=c.starts + timedelta(days=90),
                due_at=c.starts + timedelta(days=30),
            )
            for c in candidates
        ]

    @hookimpl
    def plan_panels(self, view: PanelView) -> list[Panel]:
        if self.fails:
            raise RuntimeError("the panel is broken")
        days = (view.on - max(view.starts)).days
        return [Panel("Your first 90 days", f"Day {days + 1} of 90. Welcome to the team.", days / 90)]


class Browser(FlaskClient):
    """A test client at the hub's public address that can send the forms of pages."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """At the public address, unless another is named."""
        kwargs = {"base_url": PUBLIC_URL, "buffered": True, **kwargs}
        return super().open(*args, **kwargs)

    def send(self, path: str, page: str = "/my-training", **form: str | Sequence[str]) -> TestResponse:
        """POST a form with the token that ``page`` holds."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert token, f"{page} holds no form"
        return self.post(path, data={"csrf_token": token[1], **form})


@dataclass
class World:
    """A hub with people: ids by short names. ``ana`` learns, ``sofia`` and ``marc`` manage, ``olga`` runs the hub."""

    hub: Hub
    app: flask.Flask
    ids: dict[str, str] = field(default_factory=dict)

    def browser(self, who: str = "") -> Browser:
        """A browser, signed in as somebody unless nobody is named."""
        browser = Browser(self.app, self.app.response_class)
        if who:
            browser.set_cookie("hub_session", self.session(who), domain="127.0.0.1")
        return browser

    def session(self, who: str) -> str:
        """The token of a new web session."""
        with self.hub.unit_of_work() as uow:
            return start_session(uow, self.ids[who], Proved(self.ids["idp"], "sub", ""))

    def person(self, name: str, given: str, family: str, partner: str = "dealer") -> str:
        """A new person."""
        with self.hub.unit_of_work() as uow:
            id = self.ids[name] = new_id()
            _insert(uow, tables.person, id=id, partner_id=self.ids[partner], locale="en", disabled=False)
            detail = {"given_name": given, "family_name": family, "email": f"{name}@harbor.example"}
            _insert(uow, tables.person_detail, person_id=id, **detail)
        return id

    def appoint(
        self, who: str, position: str, location: str, brands: Sequence[str] = (), days: int = 200
    ) -> str:
        """An appointment that began ``days`` ago; the person's goals follow at once."""
        with self.hub.unit_of_work() as uow:
            appointment = new_id()
            _insert(
                uow,
                tables.appointment,
                id=appointment,
                person_id=self.ids[who],
                location_id=self.ids[location],
                position_id=self.ids[position],
                audience_class="external",
                valid_from=uow.now - timedelta(days=days),
            )
            for brand in brands:
                _insert(uow, tables.appointment_brand, appointment_id=appointment, brand_id=self.ids[brand])
            reassign_people(uow, [self.ids[who]])
        return appointment

    def rule(self, key: str, title: str, course: str, dimension: str, **conditions: Any) -> None:
        """A rule for a course or a path; ``due_days`` among the conditions is the rule's."""
        due_days, kind = conditions.pop("due_days", None), conditions.pop("target_kind", "offering")
        named: dict[str, Any] = {k: tuple(self.ids[name] for name in v) for k, v in conditions.items()}
        with self.hub.unit_of_work() as uow:
            target = find_target(uow, kind, course)
            set_rule(
                uow,
                Rule(
                    key,
                    title,
                    dimension,
                    "brand",
                    kind,
                    target,
                    Conditions(**named),
                    LONG_AGO,
                    due_days=due_days,
                ),
            )

    def courses(self, lms: str, *rows: CatalogueRow) -> None:
        """The catalogue of an LMS."""
        with self.hub.unit_of_work() as uow:
            set_offerings(uow, self.ids[lms], rows)
            for row in rows:
                self.ids[row.key] = find_offering(uow, row.key).id

    def complete(self, who: str, course: str, lms: str, verb: str = PASSED, days: int = 0) -> str:
        """A statement of the LMS that somebody passed a course ``days`` ago; read and credited at once. Its id."""
        statement_id = new_id()
        with self.hub.unit_of_work() as uow:
            link = {"connection_id": self.ids[lms], "form": "mbox", "subject": f"mailto:{who}@harbor.example"}
            if who in self.ids:
                link_identity(uow, link["connection_id"], "mbox", link["subject"], self.ids[who], "roster")
            append_statements(
                uow,
                self.ids[lms],
                [
                    NewStatement(
                        statement_id,
                        uow.now - timedelta(days=days),
                        "mbox",
                        link["subject"],
                        verb,
                        f"https://lms.example/{course}",
                        b'{"result": {"score": {"scaled": 0.92}}}',
                        content_hash(statement_id.encode()),
                    )
                ],
            )
        self.work()
        return statement_id

    def work(self) -> None:
        """Let the readers catch up."""
        open_worker(self.hub).drain()


def course(key: str, title: str, minutes: int | None = 25, description: str = "") -> CatalogueRow:
    """A row of a catalogue."""
    return CatalogueRow(
        f"ext-{key}", key, title, f"https://lms.example/{key}", description=description, minutes=minutes
    )


def build_world(hub: Hub) -> World:
    """Partners, places, people and rules; nobody has an appointment yet but those whom managers look after."""
    hub = replace(
        hub, hooks=Hooks(hookspecs, [*hub.hooks.plugins, Plugin("first_90_days", "1.0.0", FirstNinetyDays())])
    )
    world = World(hub, app_of(hub, create_app))
    with hub.unit_of_work() as uow:
        _build_places(uow, world.ids)
        _build_systems(uow, world.ids, hub)
    world.courses(
        "north",
        course(
            "brake-safety",
            "Brake Safety Essentials",
            description="How to service the brakes of the current range.",
        ),
        course("battery", "High-Voltage Battery Handling", 90),
        course("welcome", "Welcome to Borealis", 10),
    )
    world.courses(
        "south",
        course("needs", "Understanding Customer Needs", 40),
        course("price", "Price Talks with Confidence", None),
    )
    with hub.unit_of_work() as uow:
        set_path(
            uow, "first-90-days", "Your first 90 days", "All that a newcomer needs.", ["welcome", "needs"]
        )
        set_audience(
            uow,
            Audience("new-technicians", "New technicians", Conditions(positions=(world.ids["technician"],))),
        )
    for name, given, family in (
        ("ana", "Ana", "Lopes"),
        ("sofia", "Sofia", "Keller"),
        ("marc", "Marc", "Dubois"),
        ("olga", "Olga", "Berg"),
        ("nils", "Nils", "Holm"),
    ):
        world.person(name, given, family)
    with hub.unit_of_work() as uow:
        grant_role(uow, world.ids["olga"], "operator")
        _look_after(uow, world.ids, "sofia", "service", "south-field")
        _look_after(uow, world.ids, "marc", "sales", "coast")
    world.rule(
        "brake-safety", "Brake safety", "brake-safety", "service", positions=["technician"], due_days=205
    )
    world.rule("battery", "High voltage", "battery", "service", positions=["technician"], brands=["borealis"])
    world.rule("customer-needs", "Customer needs", "needs", "sales", positions=["seller"], due_days=190)
    world.rule(
        "brake-basics",
        "Brake basics for sellers",
        "brake-safety",
        "sales",
        positions=["seller"],
        due_days=300,
    )
    return world


def _build_places(uow: UnitOfWork, ids: dict[str, str]) -> None:
    def add(table: sa.Table, as_: str, **values: Any) -> None:
        ids[as_] = new_id()
        _insert(uow, table, id=ids[as_], **values)

    add(tables.partner, "dealer", name="Harbor Auto Group")
    add(tables.partner, "maker", name="Borealis Motors")
    for brand in ("aurora", "borealis", "caldera"):
        add(tables.brand, brand, name=brand.capitalize())
    add(tables.position, "technician", title="Service Technician", family="service")
    add(tables.position, "seller", title="Salesperson", family="sales")
    add(tables.position, "clerk", title="Front Desk Clerk", family="office")
    for key in ("sales", "service"):
        _insert(uow, tables.dimension, key=key, name=key.capitalize())
    for name, dimension in (("coast", "sales"), ("south-field", "service")):
        ids[name] = new_id()
        body = {"id": ids[name], "dimension": dimension, "name": name, "parent_id": None}
        apply_changes(uow, "node_changed", [body])
    for name, city in (("riverside", "Riverside"), ("hilltop", "Hilltop")):
        place = {"city": city, "country": "US", "time_zone": "America/New_York", "valid_from": LONG_AGO}
        add(tables.location, name, partner_id=ids["dealer"], name=city, **place)
        for brand in ("aurora", "borealis", "caldera"):
            carried = {"location_id": ids[name], "brand_id": ids[brand], "valid_from": LONG_AGO}
            _insert(uow, tables.location_brand, activity="service", **carried)
    for where, node, dimension in (("riverside", "south-field", "service"), ("hilltop", "coast", "sales")):
        placed = {
            "location_id": ids[where],
            "node_id": ids[node],
            "dimension": dimension,
            "valid_from": LONG_AGO,
        }
        _insert(uow, tables.location_node, **placed)


def _build_systems(uow: UnitOfWork, ids: dict[str, str], hub: Hub) -> None:
    ids["idp"] = create_connection(uow, "harbor", "oidc", "Harbor Sign-in", ids["dealer"])
    ids["maker-idp"] = create_connection(uow, "borealis", "oidc", "Borealis Sign-in", ids["maker"])
    for name in ("idp", "maker-idp"):
        add_provider(uow, ids[name], "https://idp.example", "client", hub.sealer.seal("secret"))
        route_email_domain(uow, ids[name], "harbor.example")
    for name in ("north", "south"):
        base = f"https://{name}.example"
        tool = connect_tool(
            uow,
            f"lms-{name}",
            f"LMS {name.capitalize()}",
            ids["dealer"],
            login_url=f"{base}/login",
            launch_url=f"{base}/launch",
            jwks_url=f"{base}/jwks",
        )
        ids[name] = tool.connection_id


def _look_after(uow: UnitOfWork, ids: dict[str, str], who: str, dimension: str, node: str) -> None:
    row = {"person_id": ids[who], "dimension": dimension, "node_id": ids[node], "valid_from": LONG_AGO}
    _insert(uow, tables.rep_assignment, id=new_id(), **row)


def _insert(uow: UnitOfWork, table: sa.Table, **values: Any) -> None:
    uow.connection.execute(sa.insert(table).values(**values))
