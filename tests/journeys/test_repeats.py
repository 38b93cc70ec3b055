"""What is sent twice, or in the wrong order, leads to the same state as what is sent once and in order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from hub.journal.tables import statement
from hub.lti.tables import lti_result
from hub.training.courses.offerings import find_offering
from hub.training.tables import completion, credit_ledger, goal
from tests.journeys.learners import NORTH, SOUTH, Learner, Learners, Score
from tests.journeys.play import Play

Form = dict[str, str]


def scores_of_north() -> list[Form]:
    """An attempt that is not over, one that completes the course, and a better one."""
    return [
        {"timestamp": _at(1), "score_given": "40", "activity_progress": "InProgress"},
        {"timestamp": _at(2), "score_given": "80"},
        {"timestamp": _at(3), "score_given": "95"},
    ]


def statements_of_south() -> list[Form]:
    """An attempt, a failure, a pass and a better one; each under its own id, which a repetition keeps."""
    return [
        {"timestamp": _at(1), "verb": "attempted"},
        {"timestamp": _at(2), "verb": "failed", "score": "40"},
        {"timestamp": _at(3), "verb": "passed", "score": "80"},
        {"timestamp": _at(4), "verb": "passed", "score": "95"},
    ]


@pytest.mark.requirement("I1", "I3")
def test_scores_sent_twice_and_in_the_wrong_order_give_the_same_state(play: Play, learners: Learners) -> None:
    once, twice = learners.take(2)
    sent = scores_of_north()
    send(learners.score_in_north(once), sent)
    send(learners.score_in_north(twice), [*reversed(sent), *sent])
    assert state(play, once, NORTH) == state(play, twice, NORTH)
    credited, results, _ = state(play, twice, NORTH)
    assert credited == [(_time(2), 1, _time(2))] * len(twice.goals[NORTH])
    assert results == [(_time(3), 95)]


@pytest.mark.requirement("I1", "I3")
def test_statements_sent_twice_and_in_the_wrong_order_give_the_same_state(
    play: Play, learners: Learners
) -> None:
    once, twice = learners.take(2)
    send(learners.score_in_south(once), _with_ids(statements_of_south()))
    sent = _with_ids(statements_of_south())
    send(learners.score_in_south(twice), [*reversed(sent), *sent])
    assert state(play, once, SOUTH) == state(play, twice, SOUTH)
    credited, _, completed = state(play, twice, SOUTH)
    assert credited == [(_time(3), 1, _time(3))] * len(twice.goals[SOUTH])
    assert completed == [_time(3), _time(4)]


def send(score: Score, forms: Sequence[Form]) -> None:
    for form in forms:
        assert score.send(**form), form


def state(play: Play, learner: Learner, course: str) -> tuple[list[Any], list[Any], list[Any]]:
    """What follows from all that was sent, without ids and times of arrival.

    For each goal when it was reached, the sum of its ledger and the time of its evidence; results as (time, score); times
    of completions.
    """
    play.wait_until_quiet()
    with play.hub.reading() as uow:
        offering_id = find_offering(uow, course).id
        mine = sa.and_(goal.c.person_id == learner.person_id, goal.c.target_id == offering_id)
        ledger = sa.select(credit_ledger.c.amount, statement.c.timestamp).join(
            statement, statement.c.id == credit_ledger.c.statement_id
        )
        goals = []
        for row in uow.connection.execute(sa.select(goal).where(mine)):
            entries = uow.connection.execute(
                ledger.where(credit_ledger.c.goal_id == row.id).order_by(credit_ledger.c.turn)
            ).all()
            goals.append((row.reached_at, sum(e.amount for e in entries), entries[-1].timestamp))
        results = uow.connection.execute(
            sa.select(lti_result.c.timestamp, lti_result.c.score).where(
                lti_result.c.person_id == learner.person_id
            )
        )
        completed = uow.connection.scalars(
            sa.select(completion.c.completed_at)
            .where(completion.c.person_id == learner.person_id, completion.c.offering_id == offering_id)
            .order_by(completion.c.completed_at)
        )
        return goals, [(row.timestamp, row.score["scoreGiven"]) for row in results], list(completed)


BEGINNING = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def _time(minute: int) -> datetime:
    return BEGINNING + timedelta(minutes=minute)


def _at(minute: int) -> str:
    return _time(minute).isoformat()


def _with_ids(forms: Sequence[Form]) -> list[Form]:
    return [{**form, "statement_id": str(uuid4())} for form in forms]
