"""Random histories of appointments, rules, decisions and evidence, reckoned anew after every step (I2, I3, I8, I12, I13, I14)."""

from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from hub.access.why_scope import WITH_PURPOSE
from hub.audiences.rules.conditions import Conditions
from hub.audiences.why.read_why import read_why_tree
from hub.audiences.why.verify_why import to_json, verify_why
from hub.errors import Conflict, Missing
from hub.network.validity.intervals import Interval, holds
from hub.store import UnitOfWork, valid_at
from hub.training import tables
from hub.training.courses.offerings import find_target
from hub.training.goals import decide_goals
from hub.training.goals.decisions import Decision, read_decisions
from hub.training.goals.due_policy import DuePolicy
from hub.training.goals.goal import GoalKey
from tests.databases import Kind
from tests.journeys.happenings import (
    Appointed,
    Arrived,
    AudienceSet,
    Linked,
    RuleSet,
    Switched,
    Voided,
    Waited,
)
from tests.journeys.outcomes import outcome
from tests.journeys.test_rebuild import assert_rebuild_is_equal
from tests.journeys.world import KNOWN_DAYS, LMSS, PEOPLE, START, Sent, activity, an_id, new_world

CLASSES = ("internal", "external")
KINDS = ("brand", "compliance", "review")
TARGETS = ("course-0-0", "course-1-0")
people, classes, kinds = st.integers(0, PEOPLE - 1), st.sampled_from(CLASSES), st.sampled_from(KINDS)
targets, dimensions = st.sampled_from(TARGETS), st.sampled_from(["service", "sales"])
which = st.integers(0, 99)


class Decided(RuleBasedStateMachine):
    """Two people, their appointments of both classes, rules for each class, and what people decide."""

    kind: Kind

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world = self.stack.enter_context(new_world(self.kind))
        self.held: dict[tuple[int, int], Appointed] = {}
        self.asked: dict[str, RuleSet] = {}
        self.known: list[Interval] = []
        """When the plugin that waives was on."""
        for lms in range(LMSS):
            for person in range(PEOPLE):
                Linked(lms, person, "mbox").happen(self.world)
        for person in range(PEOPLE):
            self.appoint(person, person, CLASSES[person], None)
        AudienceSet("everybody", Conditions()).happen(self.world)
        self.ask(CLASSES[0], 0, "brand", TARGETS[0], "service", binding=False)

    def teardown(self) -> None:
        self.stack.close()

    @rule(person=people, n=st.integers(0, 1), of_class=classes, days=st.none() | st.integers(1, 40))
    def appoint(self, person: int, n: int, of_class: str, days: int | None) -> None:
        self.held[person, n] = made = Appointed(person, n, 0, "technician", of_class, (), -10, days)
        made.happen(self.world)

    @rule(on=st.booleans())
    def switch(self, on: bool) -> None:
        Switched("everybody", "known", on).happen(self.world)
        at = self.world.clock.now()
        if on and (not self.known or self.known[-1][1] is not None):
            self.known.append((at, None))
        elif not on and self.known and self.known[-1][1] is None:
            self.known[-1] = (self.known[-1][0], at)
        self.world.drain()

    @rule(
        of_class=classes,
        n=st.integers(0, 1),
        kind=kinds,
        course=targets,
        dimension=dimensions,
        binding=st.sampled_from([False, False, True]),
        due=st.sampled_from([None, DuePolicy("period", "month", 5), DuePolicy("anniversary", "start")]),
    )
    def ask(
        self,
        of_class: str,
        n: int,
        kind: str,
        course: str,
        dimension: str,
        binding: bool,
        due: DuePolicy | None = None,
    ) -> None:
        """I12: what one class is asked leaves the other alone, also where it is binding."""
        key, other = f"{of_class}-{n}", CLASSES[of_class == CLASSES[0]]
        self.world.drain()
        before = self._sources_through(other)
        self.asked[key] = made = RuleSet(
            key,
            dimension,
            kind,
            ("offering", course),
            Conditions(audience_class=of_class),
            -300,
            None,
            9,
            None,
            binding,
            due,
        )
        made.happen(self.world)
        self.world.drain()
        assert self._sources_through(other) == before

    @rule(person=people, kind=kinds, course=targets, dimension=dimensions, binding=st.booleans())
    def give(self, person: int, kind: str, course: str, dimension: str, binding: bool) -> None:
        mine = [an_id("appointment", f"{p}/{n}") for p, n in self.held if p == person]
        with self._trying() as uow:
            goal = GoalKey(
                an_id("person", person), "offering", find_target(uow, "offering", course), kind, dimension
            )
            decide_goals.give_goal(uow, goal, mine, reason="", actor_id=None, binding=binding)

    @rule(person=people, course=targets)
    def choose(self, person: int, course: str) -> None:
        with self._trying() as uow:
            target_id = find_target(uow, "offering", course)
            decide_goals.choose_goal(uow, an_id("person", person), "offering", target_id)

    @rule(n=which, days=st.none() | st.integers(1, 40))
    def waive(self, n: int, days: int | None) -> None:
        """Of a goal that nobody waives, it is refused (I13)."""
        self.world.drain()
        with self.world.hub.reading() as uow:
            ids = uow.connection.scalars(sa.select(tables.goal.c.id).order_by(tables.goal.c.id)).all()
        if not ids:
            return
        with self._trying() as uow:
            id = ids[n % len(ids)]
            until = None if days is None else uow.now + timedelta(days=days)
            decide_goals.waive_goal(uow, id, reason="known", actor_id=None, until=until)
            assert decide_goals.read_goal(uow, id).kind != "compliance"

    @rule(n=which)
    def take_back(self, n: int) -> None:
        decisions = self._decisions()
        if decisions:
            with self.world.hub.unit_of_work() as uow:
                decide_goals.withdraw_decision(uow, decisions[n % len(decisions)].id, None)

    @rule(person=people, lms=st.integers(0, LMSS - 1), ago=st.integers(1, 20), void=st.booleans())
    def complete(self, person: int, lms: int, ago: int, void: bool) -> None:
        sent = Sent(lms, person, "mbox", activity(lms, 0), "completed", -ago)
        Arrived((sent,)).happen(self.world)
        if void:
            Voided(sent, lms).happen(self.world)

    @rule(days=st.integers(1, 30))
    def wait(self, days: int) -> None:
        Waited(days).happen(self.world)

    @rule(person=people)
    def leave(self, person: int) -> None:
        """I14: what rules and managers asked is withdrawn; credits and what the person chose stay."""
        self.world.drain()
        mine = an_id("person", person)
        before, credits = self._live(mine), self._credits(mine)
        days = (self.world.clock.now() - START).days
        for (p, n), held in list(self.held.items()):
            if p == person and (held.days is None or held.start + held.days > days):
                ended = Appointed(p, n, 0, "technician", held.audience_class, (), -10, days + 10)
                self.held[p, n] = ended
                ended.happen(self.world)
        self.world.drain()
        assert self._live(mine) == {each for each in before if each[1] == "self"}
        assert self._credits(mine) == credits

    @invariant()
    def all_is_as_an_independent_reckoning_says(self) -> None:
        self.world.drain()
        assert_rebuild_is_equal(self.world)
        seen = outcome(self.world.hub)
        assert seen.credits == seen.expected_credits()
        now = self.world.clock.now()
        for at in (now, now + timedelta(days=15), now - timedelta(days=5)):
            assigned, waived = self._reckoned(at)
            with self.world.hub.reading() as uow:
                assert _goals(uow, tables.goal_source, at) == assigned
                assert _goals(uow, tables.waived_source, at) == waived
        with self.world.hub.reading() as uow:
            target = ("offering", find_target(uow, "offering", TARGETS[0]))
            for person in range(PEOPLE):
                tree = read_why_tree(uow, an_id("person", person), target, WITH_PURPOSE)
                assert verify_why(uow, to_json(tree), WITH_PURPOSE).differences == ()

    def _reckoned(self, at: datetime) -> tuple[set[str], set[str]]:
        """Ids of the goals that are asked for at an instant, and of those that are waived: from facts alone."""
        asked: list[tuple[GoalKey, str, bool]] = []
        """Each source that is valid: its goal, through which class of appointments, and whether the plugin lets it be."""
        binding: set[tuple[GoalKey, str]] = set()
        is_on = any(holds(during, at) for during in self.known)
        decisions = [d for d in self._decisions() if holds(d.during, at)]
        live = {key: held for key, held in self.held.items() if holds(_during(held), at)}
        with self.world.hub.reading() as uow:
            for each in self.asked.values():
                target = find_target(uow, *each.target)
                wanted = each.conditions.audience_class
                for (person, _), held in live.items():
                    if held.audience_class == wanted:
                        key = GoalKey(an_id("person", person), "offering", target, each.kind, each.dimension)
                        known = is_on and held.audience_class == "external" and self._is_known(key, held, at)
                        asked.append((key, wanted, known))
                        if each.binding:
                            binding.add((key, wanted))
        there = {an_id("appointment", f"{p}/{n}"): held.audience_class for (p, n), held in live.items()}
        for d in decisions:
            through = {there[id] for id in d.appointments if id in there}
            for of_class in {""} if d.verdict == "choose" else through if d.verdict == "give" else ():
                asked.append((d.goal, of_class, False))
                if d.binding:
                    binding.add((d.goal, of_class))
        off = {d.goal for d in decisions if d.verdict == "waive" and d.kind != "compliance"}
        waived: set[str] = set()
        left: set[str] = set()
        for goal, of_class, known in asked:
            bound = any(g == goal and (c == of_class or not of_class) for g, c in binding)
            (waived if (goal in off or known) and not bound else left).add(goal.id)
        return left, waived

    def _is_known(self, goal: GoalKey, held: Appointed, at: datetime) -> bool:
        """Whether the plugin waives it, which it does of one goal for so many days."""
        with self.world.hub.reading() as uow:
            course = find_target(uow, "offering", TARGETS[0])
        about = (goal.target_id, goal.kind, goal.dimension) == (course, "brand", "service")
        return about and at < START + timedelta(days=held.start + KNOWN_DAYS)

    def _trying(self) -> Any:
        """A unit whose change may be refused."""
        return _refusable(self.world.hub)

    def _decisions(self) -> list[Decision]:
        with self.world.hub.reading() as uow:
            found = read_decisions(uow, [an_id("person", n) for n in range(PEOPLE)])
        return [decision for mine in found.values() for decision in mine]

    def _sources_through(self, of_class: str) -> set[tuple[Any, ...]]:
        """What is asked through appointments of a class, waived or not, but for what people decided."""
        ids = [
            an_id("appointment", f"{p}/{n}")
            for (p, n), h in self.held.items()
            if h.audience_class == of_class
        ]
        found: set[tuple[Any, ...]] = set()
        with self.world.hub.reading() as uow:
            for s in (tables.goal_source, tables.waived_source):
                columns = (s.c.goal_id, s.c.source_key, s.c.version, s.c.valid_from, s.c.valid_to)
                rows = uow.connection.execute(
                    sa.select(*columns).where(s.c.kind == "rule", s.c.appointment_id.in_(ids))
                )
                found |= {tuple(row) for row in rows}
        return found

    def _live(self, person_id: str) -> set[tuple[str, str]]:
        goal, s = tables.goal, tables.goal_source
        with self.world.hub.reading() as uow:
            rows = uow.connection.execute(
                sa.select(goal.c.id, s.c.kind)
                .join(s, s.c.goal_id == goal.c.id)
                .where(goal.c.person_id == person_id, valid_at(s, uow.now))
            )
            return {(row.id, row.kind) for row in rows}

    def _credits(self, person_id: str) -> dict[str, int]:
        ledger = tables.credit_ledger
        with self.world.hub.reading() as uow:
            rows = uow.connection.execute(
                sa.select(ledger.c.goal_id, sa.func.sum(ledger.c.amount).label("sum"))
                .where(ledger.c.person_id == person_id)
                .group_by(ledger.c.goal_id)
            )
            return {row.goal_id: int(row.sum) for row in rows}


class _refusable:  # noqa: N801  (reads as a function)
    def __init__(self, hub: Any) -> None:
        self.stack, self.hub = ExitStack(), hub

    def __enter__(self) -> UnitOfWork:
        unit: UnitOfWork = self.stack.enter_context(self.hub.unit_of_work())
        return unit

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> bool:
        self.stack.__exit__(kind, *rest)
        return kind is not None and issubclass(kind, Conflict | Missing)


def _during(held: Appointed) -> Interval:
    start = START + timedelta(days=held.start)
    return start, None if held.days is None else start + timedelta(days=held.days)


def _goals(uow: UnitOfWork, source: sa.Table, at: datetime) -> set[str]:
    return set(uow.connection.scalars(sa.select(source.c.goal_id).where(valid_at(source, at))))


def test_whatever_people_decide_goals_are_what_the_facts_say(database_kind: Kind) -> None:
    class OfThisKind(Decided):
        pass

    OfThisKind.kind = database_kind
    few = settings(
        max_examples=6 if database_kind == "sqlite" else 2,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )
    run_state_machine_as_test(OfThisKind, settings=few)
