"""People of a small network and what a hub asks of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from hub.access.roles import grant_partner_admin
from hub.app import open_worker
from hub.audiences.panels import PanelFailure, read_panels
from hub.network.importing.roster_keys import name_for_files
from hub.network.people.appointments import add_appointment, end_appointment
from hub.network.people.person import OPERATOR, grant_role, read_person
from hub.network.people.places import Place
from hub.network.people.provision import NewPerson, create_person
from hub.runtime import Hub
from hub.testing.small_hub.courses import Course, LearningPath
from hub.testing.small_hub.network import LONG_AGO, SmallNetwork
from hub.testing.small_hub.reading import credited, live_goals, target_keys
from hub.training import tables
from hub.training.goals.decide_goals import choose_goal
from hub.training.my_training.panel import Panel
from hub.training.my_training.reasons import read_reasons

PARTNER, LOCATION, POSITION = "Riverside Auto", "Riverside", "salesperson"
"""Where somebody works of whom a test says nothing else."""


@dataclass(frozen=True)
class Goal:
    """A goal that something asks for now. ``target`` is the key of a course or path, ``reasons`` are what the learner reads.

    ``statement_id`` is the evidence of its credit, None while it is open.
    """

    target: str
    target_kind: str
    kind: str
    dimension: str
    reasons: tuple[str, ...]
    due_at: datetime | None
    until: datetime | None
    statement_id: str | None


@dataclass(frozen=True)
class Credit:
    """A goal that was reached, whether or not something still asks for it."""

    target: str
    target_kind: str
    dimension: str
    statement_id: str


@dataclass(frozen=True)
class Appointment:
    """A position at a location."""

    id: str
    hub: Hub = field(repr=False, compare=False)

    def end(self, at: datetime | None = None) -> None:
        """End it at an instant (now)."""
        with self.hub.unit_of_work() as uow:
            end_appointment(uow, self.id, at)


@dataclass(frozen=True)
class Person:
    """Somebody, by the name that the test gave; files call them so, too. What is read is read when no work waits any more."""

    name: str
    id: str
    appointment: Appointment | None
    network: SmallNetwork = field(repr=False, compare=False)

    def goals(self) -> list[Goal]:
        """What is asked of the person now, in the order of the targets."""
        hub = self._settled()
        with hub.reading() as uow:
            found = live_goals(uow, self.id)
            keys, reasons = target_keys(uow), read_reasons(uow, [row.id for row, _ in found])
        goals = [
            Goal(
                keys[row.target_kind, row.target_id],
                row.target_kind,
                row.kind,
                row.dimension,
                tuple(reason.title for reason in reasons[row.id]),
                min((r.due_at for r in reasons[row.id] if r.due_at), default=None),
                max((r.until for r in reasons[row.id] if r.until), default=None),
                statement_id,
            )
            for row, statement_id in found
        ]
        return sorted(goals, key=lambda goal: (goal.target, goal.dimension, goal.kind))

    def goal(self, target: str) -> Goal:
        """The goal on a course or path; LookupError that says what there is."""
        goals = self.goals()
        for goal in goals:
            if goal.target == target:
                return goal
        raise LookupError(f"{self.name} has no goal {target}, but {[goal.target for goal in goals]}")

    def credits(self) -> list[Credit]:
        """What the person has reached, in the order of the targets."""
        hub, goal = self._settled(), tables.goal
        with hub.reading() as uow:
            rows = uow.connection.execute(sa.select(goal).where(goal.c.person_id == self.id)).all()
            statements, keys = credited(uow, [row.id for row in rows]), target_keys(uow)
        credits = [
            Credit(keys[row.target_kind, row.target_id], row.target_kind, row.dimension, statements[row.id])
            for row in rows
            if row.id in statements
        ]
        return sorted(credits, key=lambda credit: (credit.target, credit.dimension))

    def completions(self) -> list[str]:
        """The keys of the courses that the person has completed, whether or not anything asks for them."""
        hub, done = self._settled(), tables.completion
        with hub.reading() as uow:
            ids = uow.connection.scalars(sa.select(done.c.offering_id).where(done.c.person_id == self.id))
            keys = target_keys(uow)
            return sorted({keys["offering", id] for id in ids})

    def choose(self, target: Course | LearningPath) -> None:
        """Let the person take up a course or a path, as from the catalogue; so that something asks for it without any plugin."""
        kind = "offering" if isinstance(target, Course) else "path"
        with self.network.hub.unit_of_work() as uow:
            choose_goal(uow, self.id, kind, target.id)

    def grant(self, role: str) -> None:
        """Give the person a role: ``operator`` for all that there is, or ``partner_admin`` of the person's own partner."""
        with self.network.hub.unit_of_work() as uow:
            if role == OPERATOR:
                grant_role(uow, self.id, role)
            else:
                grant_partner_admin(uow, self.id, read_person(uow, self.id).partner_id)

    def panels(self) -> list[Panel]:
        """The boxes that plugins show on "My training" now; AssertionError where one of them failed."""
        with self._settled().reading() as uow:
            shown = read_panels(uow, self.id)
        failed = [panel.plugin for panel in shown if isinstance(panel, PanelFailure)]
        assert not failed, f"the panels of {', '.join(failed)} cannot be shown"  # noqa: S101  (read by a test)
        return [panel for panel in shown if isinstance(panel, Panel)]

    def _settled(self) -> Hub:
        open_worker(self.network.hub).drain()
        return self.network.hub


@dataclass
class MakeAppointment:
    """``appointment(person, position="technician", brands=["A"])``: one more position, beside what the person does already."""

    network: SmallNetwork = field(repr=False)

    def __call__(
        self,
        person: Person,
        *,
        position: str = POSITION,
        location: str = LOCATION,
        partner: str = PARTNER,
        brands: Iterable[str] = (),
        since: datetime = LONG_AGO,
        until: datetime | None = None,
        audience_class: str = "external",
    ) -> Appointment:
        """Names that were not said before are made."""
        network = self.network
        with network.hub.unit_of_work() as uow:
            location_id = network.location(uow, location, partner)
            place = Place(
                location_id,
                network.position(uow, position),
                audience_class,
                network.brands(uow, brands, location_id),
                since,
                until,
            )
            return Appointment(add_appointment(uow, person.id, place), network.hub)


@dataclass
class MakePerson:
    """``person("ann", brands=["A"], since=...)``: somebody with one position; with ``position=""`` somebody with none."""

    network: SmallNetwork = field(repr=False)
    appointments: MakeAppointment

    def __call__(
        self,
        name: str = "ann",
        *,
        position: str = POSITION,
        location: str = LOCATION,
        partner: str = PARTNER,
        brands: Iterable[str] = (),
        since: datetime = LONG_AGO,
        until: datetime | None = None,
        audience_class: str = "external",
        locale: str = "en",
    ) -> Person:
        """Names that were not said before are made; the e-mail address is NAME@riverside.example."""
        network = self.network
        with network.hub.unit_of_work() as uow:
            partner_id = network.partner(uow, partner)
            new = NewPerson(partner_id, name.capitalize(), "Tester", f"{name}@riverside.example", locale)
            person = Person(name, create_person(uow, new, made_by="test"), None, network)
            name_for_files(uow, "person", name, person.id)
        if not position:
            return person
        place = self.appointments(
            person,
            position=position,
            location=location,
            partner=partner,
            brands=brands,
            since=since,
            until=until,
            audience_class=audience_class,
        )
        return Person(name, person.id, place, network)
