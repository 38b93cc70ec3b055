"""Everything that can happen in the small world."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.partner_switches import switch_for_partner
from hub.audiences.rules.rule import Audience, Rule, set_audience, set_rule, switch_plugin
from hub.network.people.identities import link_identity
from hub.training.completing.policies import read_policy, set_policy
from hub.training.completing.policy import Policy, Terms
from hub.training.courses.offerings import find_target, set_offerings, set_path
from hub.training.goals.due_policy import DuePolicy
from tests.journeys.world import (
    START,
    VERBS,
    Sent,
    World,
    an_id,
    course,
    day,
    location_body,
)


class Happening(Protocol):
    """One thing that happens."""

    def happen(self, world: World) -> None:
        """Let it happen."""


@dataclass(frozen=True)
class Appointed:
    person: int
    n: int
    location: int
    position: str
    audience_class: str
    brands: tuple[str, ...]
    start: int
    days: int | None

    def happen(self, world: World) -> None:
        held = world.appointments.setdefault(self.person, {})
        held[self.n] = {
            "id": an_id("appointment", f"{self.person}/{self.n}"),
            "location_id": an_id("location", self.location),
            "position_id": an_id("position", self.position),
            "audience_class": self.audience_class,
            "brands": sorted(an_id("brand", b) for b in self.brands),
            "valid_from": day(self.start),
            "valid_to": day(None if self.days is None else self.start + self.days),
        }
        person = an_id("person", self.person)
        body = {"id": person, "partner_id": an_id("partner", 0), "locale": "en", "disabled": False}
        with world.hub.unit_of_work() as uow:
            world.change(
                uow, "person_changed", person, {**body, "appointments": [held[n] for n in sorted(held)]}
            )


@dataclass(frozen=True)
class Relocated:
    """A location gets other brands and another place in the field trees."""

    location: int
    brands: tuple[tuple[str, str, int, int | None], ...]
    nodes: tuple[tuple[str, int, int, int | None], ...]

    def happen(self, world: World) -> None:
        brands = [
            {"brand_id": an_id("brand", b), "activity": a, "valid_from": day(s), "valid_to": day(e)}
            for b, a, s, e in self.brands
        ]
        nodes = [
            {"dimension": d, "node_id": an_id(d, n), "valid_from": day(s), "valid_to": day(e)}
            for d, n, s, e in self.nodes
        ]
        with world.hub.unit_of_work() as uow:
            body = location_body(self.location, brands, nodes)
            world.change(uow, "location_changed", body["id"], body)


@dataclass(frozen=True)
class NodeMoved:
    node: int
    parent: int | None

    def happen(self, world: World) -> None:
        id = an_id("service", self.node)
        parent = None if self.parent is None else an_id("service", self.parent)
        body = {"id": id, "dimension": "service", "name": str(self.node), "parent_id": parent}
        with world.hub.unit_of_work() as uow:
            world.change(uow, "node_changed", id, body)


@dataclass(frozen=True)
class RuleSet:
    key: str
    dimension: str
    kind: str
    target: tuple[str, str]
    conditions: Conditions
    start: int
    days: int | None
    due_days: int | None
    look_back_days: int | None
    binding: bool = False
    due: DuePolicy | None = None

    def happen(self, world: World) -> None:
        with world.hub.unit_of_work() as uow:
            start = START + timedelta(days=self.start)
            set_rule(
                uow,
                Rule(
                    self.key,
                    f"Rule {self.key}",
                    self.dimension,
                    self.kind,
                    self.target[0],
                    find_target(uow, *self.target),
                    self.conditions,
                    start,
                    None if self.days is None else start + timedelta(days=self.days),
                    None if self.due else self.due_days,
                    self.look_back_days,
                    binding=self.binding,
                    due=self.due,
                ),
            )


@dataclass(frozen=True)
class AudienceSet:
    key: str
    conditions: Conditions

    def happen(self, world: World) -> None:
        with world.hub.unit_of_work() as uow:
            set_audience(uow, Audience(self.key, self.key, self.conditions))


@dataclass(frozen=True)
class Switched:
    audience: str
    plugin: str
    on: bool

    def happen(self, world: World) -> None:
        world.clock.advance(seconds=1)
        with world.hub.unit_of_work() as uow:
            switch_plugin(uow, self.audience, self.plugin, on=self.on)


@dataclass(frozen=True)
class SwitchedForPartner:
    plugin: str
    on: bool

    def happen(self, world: World) -> None:
        world.clock.advance(seconds=1)
        with world.hub.unit_of_work() as uow:
            switch_for_partner(uow, an_id("partner", 0), self.plugin, on=self.on)


@dataclass(frozen=True)
class CatalogueRead:
    lms: int
    courses: tuple[tuple[int, int, str], ...]

    def happen(self, world: World) -> None:
        with world.hub.unit_of_work() as uow:
            set_offerings(uow, world.lms[self.lms], [course(self.lms, *c) for c in self.courses])


@dataclass(frozen=True)
class PolicySet:
    """An operator says what completes the courses of an LMS, and maybe of its first course something else."""

    lms: int
    verbs: tuple[str, ...]
    minimum: float | None
    first_course: tuple[str, ...] = ()

    def happen(self, world: World) -> None:
        with world.hub.unit_of_work() as uow:
            terms = Terms(tuple(VERBS + verb for verb in self.verbs), minimum_scaled=self.minimum)
            known = read_policy(uow, world.lms[self.lms])
            own = Terms(tuple(VERBS + verb for verb in self.first_course))
            overrides = (
                {find_target(uow, "offering", f"course-{self.lms}-0"): own} if self.first_course else {}
            )
            version = known.version if known else 0
            set_policy(uow, Policy(world.lms[self.lms], "Ours", version, terms, overrides))


@dataclass(frozen=True)
class PathSet:
    key: str
    steps: tuple[str, ...]

    def happen(self, world: World) -> None:
        with world.hub.unit_of_work() as uow:
            set_path(uow, self.key, self.key, "", self.steps)


@dataclass(frozen=True)
class Linked:
    lms: int
    person: int
    form: str

    def happen(self, world: World) -> None:
        with world.hub.unit_of_work() as uow:
            subject, person = world.subject(self.person, self.form), an_id("person", self.person)
            link_identity(uow, world.lms[self.lms], self.form, subject, person, "roster")


@dataclass(frozen=True)
class Arrived:
    statements: tuple[Sent, ...]

    def happen(self, world: World) -> None:
        world.send(self.statements)


@dataclass(frozen=True)
class Voided:
    statement: Sent
    by: int

    def happen(self, world: World) -> None:
        world.void(self.statement, by=self.by)


@dataclass(frozen=True)
class Waited:
    days: int

    def happen(self, world: World) -> None:
        world.clock.advance(days=self.days)


@dataclass(frozen=True)
class Drained:
    def happen(self, world: World) -> None:
        world.drain()
