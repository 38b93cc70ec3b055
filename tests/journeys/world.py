"""A small network with a hub on it, in which anything can happen: the stage of the property tests."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub import hookspecs
from hub.api import Candidate, Opinion, hookimpl, reads
from hub.audiences.assigning.reassign import reassign
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience
from hub.clock import SettableClock
from hub.config import Settings
from hub.hooks import Hooks, Plugin
from hub.http import OutgoingHttp
from hub.ids import content_hash, derived_id
from hub.journal import VOIDED, Change, NewStatement, append_statements, record_changes
from hub.network.apply_changes import apply_changes
from hub.network.people.identities import SUBJECT
from hub.network.people.person import grant_role
from hub.network.systems.connections import create_connection, route_email_domain
from hub.plugins.standard_completion import Plugin as StandardCompletion
from hub.runtime import Hub
from hub.sealing import Sealer
from hub.store import UnitOfWork, open_engine
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import set_offerings, set_path
from hub.training.credit.recognize import recognize, recognize_changes
from hub.worker import Worker
from tests.databases import Kind, create_database, drop_database

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
VERBS = "http://adlnet.gov/expapi/verbs/"
PEOPLE, LOCATIONS, LMSS, COURSES = 2, 2, 2, 2
NODES = {"service": 4, "sales": 2}
BRANDS, POSITIONS = ("borealis", "cetus"), ("technician", "advisor")
AUDIENCES = ("technicians", "everybody")


def an_id(kind: str, n: int | str) -> str:
    """The id of a thing of this world."""
    return derived_id("world", kind, str(n))


def day(n: int | None) -> str | None:
    """The n-th day from the start as a snapshot has it."""
    return None if n is None else (START + timedelta(days=n)).isoformat()


class FirstDays:
    """A plugin of the story's kind: a path for new people, and a course for one position."""

    hub_api = "1.1"

    @hookimpl
    @reads("starts", "position")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        for c in candidates:
            until = c.starts + timedelta(days=90)
            yield Opinion(c.appointment_id, "path", "path-0", "you are new", c.starts, until, due_at=until)
            if c.position == "technician":
                yield Opinion(
                    c.appointment_id, "offering", "course-0-0", "technician", c.starts, dimension="service"
                )


class OneBrand:
    """A second plugin, which reads another attribute."""

    hub_api = "1.1"

    @hookimpl
    @reads("brands")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> list[Opinion]:
        return [
            Opinion(c.appointment_id, "offering", "course-1-0", "your brand", c.starts, kind="brand")
            for c in candidates
            if "borealis" in c.brands
        ]


class Known:
    """A plugin that waives one course for external people in their first weeks."""

    hub_api = "1.1"

    @hookimpl
    @reads("starts", "audience_class")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        for c in candidates:
            if c.audience_class == "external":
                until = c.starts + timedelta(days=KNOWN_DAYS)
                said = (c.appointment_id, "offering", "course-0-0", "you know it", c.starts, until)
                yield Opinion(*said, None, "brand", "service", "waive")  # type: ignore[arg-type]


PLUGINS = {"first_days": FirstDays, "one_brand": OneBrand, "known": Known}
KNOWN_DAYS = 25


@dataclass(frozen=True)
class Sent:
    """A statement as an LMS sends it: the same values are the same statement."""

    lms: int
    person: int
    form: str
    activity: str
    verb: str
    day: int
    score: float | None = None
    success: bool | None = None

    @property
    def id(self) -> str:
        """Its xAPI id."""
        return derived_id("statement", repr(self))


@dataclass
class World:
    """The hub, its worker and what is known about the things in it."""

    hub: Hub
    clock: SettableClock
    worker: Worker
    appointments: dict[int, dict[int, dict[str, Any]]] = field(default_factory=dict)
    lms: list[str] = field(default_factory=list)

    def change(self, uow: UnitOfWork, kind: str, subject: str, body: dict[str, Any]) -> None:
        """A change of the network, as an import records and applies it."""
        apply_changes(uow, kind, [body])
        record_changes(uow, [Change(kind, subject, body)])

    def send(self, statements: Sequence[Sent]) -> None:
        """Append one batch per LMS, as the record store does."""
        for lms in range(LMSS):
            batch = [self._statement(s) for s in statements if s.lms == lms]
            if batch:
                with self.hub.unit_of_work() as uow:
                    append_statements(uow, self.lms[lms], batch)

    def void(self, sent: Sent, *, by: int | None = None) -> None:
        """Send the voiding of a statement, from its own LMS unless told otherwise."""
        lms = sent.lms if by is None else by
        id = derived_id("voiding", sent.id, str(lms))
        told = {
            "actor": {"account": {"homePage": "https://lms", "name": "admin"}},
            "verb": {"id": VOIDED},
            "object": {"objectType": "StatementRef", "id": sent.id},
        }
        payload = json.dumps(told).encode()
        voiding = NewStatement(id, START, "account", "https://lms|admin", VOIDED, sent.id, payload, id)
        with self.hub.unit_of_work() as uow:
            append_statements(uow, self.lms[lms], [voiding])

    def subject(self, person: int, form: str) -> str:
        """How the LMSs of this world name a person."""
        return f"subject-{person}" if form == SUBJECT else f"mailto:person-{person}@lms.example"

    def drain(self) -> None:
        """Let the worker do all it can."""
        self.worker.drain()

    def _statement(self, sent: Sent) -> NewStatement:
        result: dict[str, Any] = {} if sent.score is None else {"score": {"scaled": sent.score}}
        if sent.success is not None:
            result["success"] = sent.success
        form, subject = sent.form, self.subject(sent.person, sent.form)
        actor: dict[str, Any] = {form: subject}
        if form == SUBJECT:
            actor = {"account": {"homePage": self.hub.settings.public_url, "name": subject}}
            form, subject = "account", f"{self.hub.settings.public_url}|{subject}"
        told = {"actor": actor, "verb": {"id": VERBS + sent.verb}, "object": {"id": sent.activity}}
        payload = json.dumps(told | {"result": result}).encode()
        return NewStatement(
            sent.id,
            START + timedelta(days=sent.day),
            form,
            subject,
            VERBS + sent.verb,
            sent.activity,
            payload,
            content_hash(repr(sent).encode()),
        )


def activity(lms: int, course: int, version: int = 1) -> str:
    """The activity an LMS reports on."""
    return f"https://lms-{lms}.example/course/{course}/v{version}"


@contextmanager
def new_world(kind: Kind) -> Iterator[World]:
    """A world at its beginning, on a database of its own."""
    url = create_database(kind)
    hub = open_test_hub(url, clock := SettableClock(START))
    try:
        world = World(hub, clock, Worker(hub, (recognize, recognize_changes, reassign), {}))
        with hub.unit_of_work() as uow:
            _found(world, uow)
        yield world
    finally:
        hub.close()
        drop_database(url)


def open_test_hub(url: str, clock: SettableClock) -> Hub:
    """A hub with the two plugins of this world."""
    settings = Settings(database_url=url, secret_key="only-for-tests-0123456789abcdefghij")
    plugins = [Plugin("standard_completion", "1", StandardCompletion(), built_in=True)]
    plugins += [Plugin(name, "1", made()) for name, made in PLUGINS.items()]
    engine = open_engine(url, pool_size=2)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA synchronous = OFF"))
    return Hub(
        settings, engine, clock, Hooks(hookspecs, plugins), OutgoingHttp(), Sealer(settings.secret_keys)
    )


def _found(world: World, uow: UnitOfWork) -> None:
    def change(kind: str, subject: str, **body: Any) -> None:
        world.change(uow, kind, subject, body)

    partner = an_id("partner", 0)
    change("partner_changed", partner, id=partner, name="Riverside", kinds=["sell"])
    for name in BRANDS:
        change("brand_changed", an_id("brand", name), id=an_id("brand", name), name=name.title())
    for name in POSITIONS:
        change(
            "position_changed", an_id("position", name), id=an_id("position", name), title=name, family="x"
        )
    _name_externally(uow)
    for dimension, count in NODES.items():
        change("dimension_changed", dimension, key=dimension, name=dimension.title())
        for n in range(count):
            id, parent = an_id(dimension, n), an_id(dimension, 0) if n else None
            change("node_changed", id, id=id, dimension=dimension, name=str(n), parent_id=parent)
    for n in range(LOCATIONS):
        change("location_changed", an_id("location", n), **location_body(n, (), ()))
    for n in range(PEOPLE):
        person = an_id("person", n)
        change(
            "person_changed",
            person,
            id=person,
            partner_id=partner,
            locale="en",
            disabled=False,
            appointments=[],
        )
    grant_role(uow, an_id("person", 0), "operator")
    world.lms = [create_connection(uow, f"lms-{n}", "lms", f"LMS {n}", partner) for n in range(LMSS)]
    route_email_domain(uow, create_connection(uow, "idp", "oidc", "Their IdP", partner), "riverside.example")
    for lms in range(LMSS):
        set_offerings(uow, world.lms[lms], [course(lms, n) for n in range(COURSES)])
    set_path(uow, "path-0", "Welcome", "", ["course-0-1", "course-1-1"])
    set_path(uow, "path-1", "Next", "", ["course-0-0"])
    for audience in AUDIENCES:
        set_audience(uow, Audience(audience, audience, Conditions()))


def _name_externally(uow: UnitOfWork) -> None:
    """As an import does, so that plugins get the files' names."""
    from hub.network.tables import roster_key

    rows = [("brand", name) for name in BRANDS] + [("position", name) for name in POSITIONS]
    uow.connection.execute(
        sa.insert(roster_key),
        [{"kind": kind, "external_id": n, "id": an_id(kind, n), "content_hash": ""} for kind, n in rows],
    )


def location_body(
    n: int, brands: Sequence[dict[str, Any]], nodes: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The snapshot of a location."""
    return {
        "id": an_id("location", n),
        "partner_id": an_id("partner", 0),
        "name": f"Location {n}",
        "city": "Riverside",
        "country": "DE",
        "time_zone": "Europe/Berlin",
        "valid_from": day(-1000),
        "valid_to": None,
        "brands": list(brands),
        "nodes": list(nodes),
    }


def course(lms: int, n: int, version: int = 1, policy: str = "completed-or-passed") -> CatalogueRow:
    """A row of an LMS's catalogue."""
    return CatalogueRow(
        f"c{n}", f"course-{lms}-{n}", f"Course {n}", activity(lms, n, version), completion_policy=policy
    )
