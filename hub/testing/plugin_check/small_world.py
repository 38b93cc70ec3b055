"""A small network in a real hub, always the same, with what a plugin asks for in its catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.app import open_worker
from hub.audiences.panels import read_panels
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Rule, set_rule, switch_plugin
from hub.ids import derived_id
from hub.journal.tables import outbox
from hub.network.structure.words import add_dimension
from hub.network.tables import dimension
from hub.runtime import Hub
from hub.testing.plugin_check.fill import NOW
from hub.testing.small_hub import (
    Course,
    MakeAppointment,
    MakeCourse,
    MakePath,
    MakePerson,
    MakeStatement,
    Person,
)
from hub.testing.small_hub.network import LONG_AGO, SmallNetwork
from hub.testing.small_hub.opening import EVERYBODY

COURSES = ("brakes", "safety", "tour")
PEOPLE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ann", {"brands": ["A", "B"], "since": NOW - timedelta(days=10)}),
    ("bob", {"position": "technician", "since": NOW - timedelta(days=400), "audience_class": "internal"}),
    ("cid", {"position": "manager", "brands": ["A"], "since": NOW + timedelta(days=12)}),
    ("dot", {"brands": ["A", "B", "C"], "until": NOW + timedelta(days=90)}),
    ("eve", {"position": "technician", "location": "Lakeside", "since": NOW - timedelta(days=89)}),
)
State = dict[str, list[tuple[Any, ...]]]


@dataclass
class SmallWorld:
    """People, courses and a rule that asks everybody for the course brakes."""

    hub: Hub
    people: dict[str, Person] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)

    def begin(self, targets: Iterable[tuple[str, str]]) -> None:
        """Make everything; ``targets`` are kinds and keys of what the plugin asks for."""
        network = SmallNetwork(self.hub)
        make_course, make_path = MakeCourse(network), MakePath(network)
        self._statement = MakeStatement(network)
        self._person = MakePerson(network, MakeAppointment(network))
        for key in COURSES:
            self.courses[key] = make_course(key)
        for kind, key in sorted(targets):
            if kind == "path":
                make_path(key, "tour", "safety")
            elif kind == "dimension":
                self._add_dimension(key)
            elif key not in self.courses:
                self.courses[key] = make_course(key)
        with self.hub.unit_of_work() as uow:
            brakes = self.courses["brakes"].id
            set_rule(
                uow,
                Rule(
                    "check", "For everybody", "general", "brand", "offering", brakes, Conditions(), LONG_AGO
                ),
            )
        for name, about in PEOPLE:
            self.people[name] = self._person(name, **about)

    def _add_dimension(self, key: str) -> None:
        with self.hub.unit_of_work() as uow:
            if uow.find(dimension, key=key) is None:
                add_dimension(uow, key, key.capitalize())

    def join(self, name: str) -> None:
        """Somebody new comes."""
        self.people[name] = self._person(name, brands=["A"], since=self.hub.clock.now())

    def report(self, name: str, course: str, number: int, at: datetime, **more: Any) -> None:
        """A statement of the course's system; the same ``number`` is the same one."""
        id = derived_id("check", "statement", name, course, str(number))
        self._statement(self.people[name], self.courses[course], at=at, id=id, **more)

    def settle(self) -> None:
        """Let a worker do everything that waits."""
        open_worker(self.hub).drain()

    def switch(self, plugin: str, *, on: bool) -> None:
        """For the audience that everybody is in."""
        with self.hub.unit_of_work() as uow:
            switch_plugin(uow, EVERYBODY, plugin, on=on)
        self.settle()

    def state(self) -> State:
        """What is asked of everybody now, and what was reached."""
        return {
            name: [
                *(
                    (g.target_kind, g.target, g.kind, g.dimension, g.reasons, g.due_at, g.until)
                    for g in person.goals()
                ),
                *((c.target_kind, c.target, c.dimension, c.statement_id) for c in person.credits()),
            ]
            for name, person in self.people.items()
        }

    def show(self) -> None:
        """Look at everybody's page."""
        with self.hub.reading() as uow:
            for person in self.people.values():
                read_panels(uow, person.id)

    def undelivered(self, plugin: str) -> list[str]:
        """What the plugin was to be told and was not."""
        query = sa.select(outbox).where(outbox.c.receiver == plugin, outbox.c.state != "delivered")
        with self.hub.reading() as uow:
            return [row.last_error or row.state for row in uow.connection.execute(query)]
