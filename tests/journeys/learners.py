"""People of the generated network with goals of their own, and scores that reach these goals through real LMSs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from uuid import uuid4

import requests
import sqlalchemy as sa

from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Rule, set_rule
from hub.network.importing.roster_keys import find_id
from hub.network.people.identities import link_identity
from hub.network.systems.connections import find_connection
from hub.network.tables import partner
from hub.sso.sessions import Proved, start_session
from hub.store import UnitOfWork
from hub.testing.demo.browser import Browser
from hub.testing.demo.story import GROUP
from hub.training.courses.offerings import find_offering
from hub.training.tables import completion, credit_ledger, goal, goal_source
from tests.journeys.play import Play

NORTH, SOUTH = "workshop-safety", "high-voltage"
"""The courses of LMS North and LMS South that everybody outside the story's group is given."""


@dataclass(frozen=True)
class Learner:
    """Somebody outside the story. ``goals`` are the live goals by the course they ask for."""

    person_id: str
    user_id: str
    goals: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Score:
    """A result as an LMS keeps it, to send it until it is taken: always the same."""

    learner: Learner
    course: str
    address: str
    form: Mapping[str, str]
    cookies: Mapping[str, str] = field(default_factory=dict)

    def send(self, **changes: str) -> bool:
        """Let the LMS send it once; whether the hub took it."""
        answer = requests.post(
            self.address,
            data={**self.form, **changes},
            cookies=dict(self.cookies),
            headers={"Accept": "application/json"},
            timeout=20,
        )
        body = answer.json()
        assert "status" in body, body  # else the LMS itself refused to send it
        return body.get("step", "score") == "score" and int(body["status"]) in range(200, 300)


class Learners:
    """Gives goals to everybody outside the story's group, and hands them out, each once."""

    def __init__(self, play: Play) -> None:
        self._play = play
        with play.hub.unit_of_work() as uow:
            story = find_id(uow, "partner", GROUP)
            others = uow.connection.scalars(sa.select(partner.c.id).where(partner.c.id != story))
            conditions = Conditions(partners=tuple(sorted(others)))
            for course in (NORTH, SOUTH):
                self._give(uow, course, conditions)
        play.wait_until_quiet()
        with play.hub.reading() as uow:
            goals = {course: _live_goals(uow, course) for course in (NORTH, SOUTH)}
        both = sorted(goals[NORTH].keys() & goals[SOUTH].keys())
        self._waiting = [
            Learner(id, f"s-{number}", {course: frozenset(goals[course][id]) for course in goals})
            for number, id in enumerate(both, start=5000)
        ]

    def take(self, count: int) -> list[Learner]:
        """So many people whom nobody has taken before; LMS South has an account for each."""
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        assert len(taken) == count, "the generated network has too few people"
        with self._play.hub.unit_of_work() as uow:
            south = find_connection(uow, "lms-south").id
            for learner in taken:
                subject = f"{self._play.stage.south_url}|{learner.user_id}"
                link_identity(uow, south, "account", subject, learner.person_id, "roster")
        return taken

    def score_in_north(self, learner: Learner) -> Score:
        """A score for the course in LMS North, which the learner has opened there by a real launch."""
        browser = Browser(self._play.stage.hub_url)
        with self._play.hub.unit_of_work() as uow:
            connection_id = find_connection(uow, "riverside-idp").id
            browser.session.cookies.set(
                "hub_session", start_session(uow, learner.person_id, Proved(connection_id, "sub", ""))
            )
        forms = browser.get("/my-training").forms
        start = next(f for f in forms if "/launch/" in f.action and "Safety in the workshop" in f.words)
        course = browser.submit(start)
        assert course.status == 200, course.text
        return Score(
            learner=learner,
            course=NORTH,
            address=f"{course.url}/finish",
            form={"score_given": "90", "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds")},
            cookies=browser.session.cookies.get_dict(),
        )

    def score_in_south(self, learner: Learner) -> Score:
        """A statement of LMS South on its course, under the learner's name there."""
        return Score(
            learner=learner,
            course=SOUTH,
            address=f"{self._play.stage.south_url}/statements",
            form={"user_id": learner.user_id, "activity": SOUTH, "statement_id": str(uuid4())},
        )

    def scores(self, count: int) -> list[Score]:
        """One score in each LMS for so many learners, by turns."""
        pairs = [(self.score_in_north(each), self.score_in_south(each)) for each in self.take(count)]
        return [score for pair in pairs for score in pair]

    def _give(self, uow: UnitOfWork, course: str, conditions: Conditions) -> None:
        target, since = find_offering(uow, course).id, datetime(2024, 1, 1, tzinfo=UTC)
        set_rule(
            uow,
            Rule(f"all-{course}", course, "general", "compliance", "offering", target, conditions, since),
        )


@dataclass(frozen=True)
class Credits:
    """What the ledger says about scores."""

    play: Play

    @cached_property
    def _offerings(self) -> dict[str, str]:
        with self.play.hub.reading() as uow:
            return {course: find_offering(uow, course).id for course in (NORTH, SOUTH)}

    def missing(self, scores: Iterable[Score]) -> list[Score]:
        """The scores of which some goal is not credited yet."""
        with self.play.hub.reading() as uow:
            return [s for s in scores if self._ledger(uow, s).keys() != s.learner.goals[s.course]]

    def assert_once(self, scores: Iterable[Score]) -> None:
        """Each of these scores is one completion and one credit of each of its goals, with the same evidence."""
        with self.play.hub.reading() as uow:
            for score in scores:
                evidence = list(
                    uow.connection.scalars(
                        sa.select(completion.c.statement_id).where(
                            completion.c.person_id == score.learner.person_id,
                            completion.c.offering_id == self._offerings[score.course],
                        )
                    )
                )
                assert len(evidence) == 1, (score, evidence)
                assert score.form.get("statement_id", evidence[0]) == evidence[0]
                goals = score.learner.goals[score.course]
                assert self._ledger(uow, score) == {id: [(1, evidence[0])] for id in goals}

    def _ledger(self, uow: UnitOfWork, score: Score) -> dict[str, list[tuple[int, str]]]:
        entries: dict[str, list[tuple[int, str]]] = {}
        rows = uow.connection.execute(
            sa.select(credit_ledger)
            .join(goal, goal.c.id == credit_ledger.c.goal_id)
            .where(
                goal.c.person_id == score.learner.person_id,
                goal.c.target_id == self._offerings[score.course],
            )
            .order_by(credit_ledger.c.turn)
        )
        for row in rows:
            entries.setdefault(row.goal_id, []).append((row.amount, row.statement_id))
        return entries


def _live_goals(uow: UnitOfWork, course: str) -> dict[str, set[str]]:
    """Goal ids by person, for the goals on a course that a source gives now."""
    source = goal_source
    live = sa.and_(
        source.c.valid_from <= uow.now, sa.or_(source.c.valid_to.is_(None), source.c.valid_to > uow.now)
    )
    rows = uow.connection.execute(
        sa.select(goal.c.person_id, goal.c.id)
        .join(source, source.c.goal_id == goal.c.id)
        .where(goal.c.target_id == find_offering(uow, course).id, live)
    )
    goals: dict[str, set[str]] = {}
    for row in rows:
        goals.setdefault(row.person_id, set()).add(row.id)
    return goals
