"""A small network for tests, written through the hub's own services and tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from hub.app import open_worker
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, Rule, set_audience, set_rule
from hub.ids import content_hash, new_id
from hub.journal import Change, NewStatement, append_statements, record_changes
from hub.network import tables as network
from hub.network.apply_changes import apply_changes
from hub.network.people.identities import link_identity
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.testing.small_hub.courses import course_row
from hub.testing.small_hub.network import HOME_PAGE, LONG_AGO
from hub.testing.small_hub.reading import live_goals
from hub.testing.small_hub.statements import VERBS, statement_body
from hub.training.courses.offerings import find_offering, find_target, set_offerings, set_path

__all__ = ["LONG_AGO", "VERBS", "World", "account", "activity", "days"]


@dataclass
class World:
    """One partner with two LMSs; everything else is added by name. Names stand for ids in every call."""

    hub: Hub
    ids: dict[str, str] = field(default_factory=dict)

    def begin(self) -> "World":
        """Make the partner, the dimensions and the two LMSs north and south."""
        with self.hub.unit_of_work() as uow:
            self.ids["partner"] = new_id()
            uow.connection.execute(
                sa.insert(network.partner).values(id=self.ids["partner"], name="Riverside Auto")
            )
            known = set(uow.connection.scalars(sa.select(network.dimension.c.key)))
            for key in {"sales", "service", "general"} - known:
                uow.connection.execute(sa.insert(network.dimension).values(key=key, name=key.capitalize()))
            for lms in ("north", "south"):
                self.ids[lms] = create_connection(
                    uow, lms, "lms", f"LMS {lms.capitalize()}", self.ids["partner"]
                )
        return self

    def add(self, *, brands: Iterable[str] = (), positions: Iterable[str] = ()) -> None:
        """Add brands and positions."""
        with self.hub.unit_of_work() as uow:
            for name in brands:
                self.ids[name] = new_id()
                uow.connection.execute(sa.insert(network.brand).values(id=self.ids[name], name=name))
                self._roster_key(uow, "brand", name)
            for name in positions:
                self.ids[name] = new_id()
                values = {"id": self.ids[name], "title": name, "family": "staff"}
                uow.connection.execute(sa.insert(network.position).values(**values))
                self._roster_key(uow, "position", name)

    def add_location(self, name: str, *, brands: Mapping[str, Sequence[str]] = {}) -> None:
        """Add a location that carries brands for activities."""
        self.ids[name] = new_id()
        with self.hub.unit_of_work() as uow:
            uow.connection.execute(
                sa.insert(network.location).values(
                    id=self.ids[name],
                    partner_id=self.ids["partner"],
                    name=name,
                    city="Riverside",
                    country="US",
                    time_zone="America/Los_Angeles",
                    valid_from=LONG_AGO,
                )
            )
            for brand, activities in brands.items():
                for activity in activities:
                    uow.connection.execute(
                        sa.insert(network.location_brand).values(
                            location_id=self.ids[name],
                            brand_id=self.ids[brand],
                            activity=activity,
                            valid_from=LONG_AGO,
                        )
                    )

    def add_person(self, name: str) -> str:
        """Add a person whose account at LMS south is called by the same name."""
        self.ids[name] = new_id()
        with self.hub.unit_of_work() as uow:
            uow.connection.execute(
                sa.insert(network.person).values(
                    id=self.ids[name], partner_id=self.ids["partner"], locale="en", disabled=False
                )
            )
            uow.connection.execute(
                sa.insert(network.person_detail).values(
                    person_id=self.ids[name],
                    given_name=name,
                    family_name="Tester",
                    email=f"{name}@riverside.example",
                )
            )
        return self.ids[name]

    def appoint(
        self,
        person: str,
        position: str,
        location: str,
        *,
        brands: Iterable[str] = (),
        since: datetime = LONG_AGO,
        until: datetime | None = None,
        audience_class: str = "external",
    ) -> str:
        """Give a person an appointment; its id."""
        appointment_id = new_id()
        with self.hub.unit_of_work() as uow:
            uow.connection.execute(
                sa.insert(network.appointment).values(
                    id=appointment_id,
                    person_id=self.ids[person],
                    location_id=self.ids[location],
                    position_id=self.ids[position],
                    audience_class=audience_class,
                    valid_from=since,
                    valid_to=until,
                )
            )
            for brand in brands:
                uow.connection.execute(
                    sa.insert(network.appointment_brand).values(
                        appointment_id=appointment_id, brand_id=self.ids[brand]
                    )
                )
            self._person_changed(uow, person)
        return appointment_id

    def look_after(self, manager: str, dimension: str, *, location: str = "", node: str = "") -> None:
        """Let a person look after a location, or everything under a field node, in one dimension."""
        with self.hub.unit_of_work() as uow:
            uow.connection.execute(
                sa.insert(network.rep_assignment).values(
                    id=new_id(),
                    person_id=self.ids[manager],
                    dimension=dimension,
                    location_id=self.ids.get(location),
                    node_id=self.ids.get(node),
                    valid_from=LONG_AGO,
                )
            )

    def add_node(
        self, name: str, dimension: str, *, above: Sequence[str] = (), locations: Sequence[str] = ()
    ) -> None:
        """Add a field node under others (the nearest first) and place locations in it."""
        self.ids[name] = new_id()
        with self.hub.unit_of_work() as uow:
            parent = self.ids[above[0]] if above else None
            body = {"id": self.ids[name], "dimension": dimension, "name": name, "parent_id": parent}
            apply_changes(uow, "node_changed", [body])
            for location in locations:
                uow.connection.execute(
                    sa.insert(network.location_node).values(
                        location_id=self.ids[location],
                        node_id=self.ids[name],
                        dimension=dimension,
                        valid_from=LONG_AGO,
                    )
                )

    def end_appointment(self, person: str, appointment_id: str, at: datetime) -> None:
        """End an appointment."""
        a = network.appointment
        with self.hub.unit_of_work() as uow:
            uow.connection.execute(sa.update(a).where(a.c.id == appointment_id).values(valid_to=at))
            self._person_changed(uow, person)

    def add_courses(self, lms: str, *keys: str, policy: str = "completed-or-passed") -> None:
        """Make the LMS's catalogue exactly these courses, each of 20 minutes."""
        rows = [course_row(key, completion_policy=policy) for key in keys]
        with self.hub.unit_of_work() as uow:
            set_offerings(uow, self.ids[lms], rows)
            self.ids |= {key: find_offering(uow, key).id for key in keys}

    def add_path(self, key: str, *steps: str) -> None:
        """Make a path of courses."""
        with self.hub.unit_of_work() as uow:
            self.ids[key] = set_path(uow, key, key.capitalize(), "", steps)

    def add_rule(
        self, key: str, target: str, dimension: str, *, target_kind: str = "offering", **conditions: Any
    ) -> None:
        """Make a rule valid since long ago; conditions name positions, brands, activity, audience_class."""
        options = {
            k: conditions.pop(k)
            for k in ("due_days", "look_back_days", "kind", "valid_from")
            if k in conditions
        }
        named: dict[str, Any] = {
            k: tuple(self.ids[n] for n in v) if isinstance(v, tuple) else v for k, v in conditions.items()
        }
        with self.hub.unit_of_work() as uow:
            rule = Rule(
                key=key,
                title=key.replace("-", " ").capitalize(),
                dimension=dimension,
                kind=options.pop("kind", "brand"),
                target_kind=target_kind,
                target_id=find_target(uow, target_kind, target),
                conditions=Conditions(**named),
                valid_from=options.pop("valid_from", LONG_AGO),
                **options,
            )
            set_rule(uow, rule)

    def add_audience(self, key: str, **conditions: Any) -> None:
        """Make an audience."""
        named: dict[str, Any] = {
            k: tuple(self.ids[n] for n in v) if isinstance(v, tuple) else v for k, v in conditions.items()
        }
        with self.hub.unit_of_work() as uow:
            set_audience(uow, Audience(key, key.capitalize(), Conditions(**named)))

    def link(self, person: str, lms: str = "south", subject: str | None = None) -> None:
        """Let an LMS's account name mean a person."""
        with self.hub.unit_of_work() as uow:
            link_identity(
                uow, self.ids[lms], "account", account(subject or person), self.ids[person], "roster"
            )

    def send(
        self,
        person: str,
        course: str,
        *,
        lms: str = "south",
        verb: str = "completed",
        at: datetime | None = None,
        id: str | None = None,
        result: Mapping[str, Any] | None = None,
    ) -> str:
        """Append a statement as the LMS would send it; its id."""
        statement_id = id or str(uuid4())
        target = course if verb == "voided" else activity(course)
        timestamp = at or self.hub.clock.now()
        body = statement_body(statement_id, account(person), verb, target, result)
        content = json.dumps([body, target, person, timestamp.isoformat()]).encode()
        with self.hub.unit_of_work() as uow:
            append_statements(
                uow,
                self.ids[lms],
                [
                    NewStatement(
                        statement_id,
                        timestamp,
                        "account",
                        account(person),
                        VERBS + verb,
                        target,
                        json.dumps(body).encode(),
                        content_hash(content),
                    )
                ],
            )
        return statement_id

    def drain(self) -> None:
        """Let a worker finish everything that waits."""
        open_worker(self.hub).drain()

    def live_goals(self, person: str, at: datetime | None = None) -> dict[tuple[str, str], str | None]:
        """Live goals by (course or path, dimension), each with the statement that credited it or None."""
        names = {id: name for name, id in self.ids.items()}
        with self.hub.reading() as uow:
            found = live_goals(uow, self.ids[person], at)
        return {(names[row.target_id], row.dimension): statement_id for row, statement_id in found}

    def _person_changed(self, uow: Any, person: str) -> None:
        record_changes(uow, [Change("person_changed", self.ids[person], {}, person_id=self.ids[person])])

    def _roster_key(self, uow: Any, kind: str, name: str) -> None:
        uow.connection.execute(
            sa.insert(network.roster_key).values(
                kind=kind, external_id=name, id=self.ids[name], content_hash=""
            )
        )


def activity(key: str) -> str:
    """The activity id of a course."""
    return f"{HOME_PAGE}/courses/{key}"


def account(name: str) -> str:
    """The subject of an account actor at the LMSs."""
    return f"{HOME_PAGE}|{name}"


def days(count: float) -> timedelta:
    """So many days."""
    return timedelta(days=count)
