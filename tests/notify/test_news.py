"""What there is to tell, and when: pure rules, right also where clocks are set."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.network.people.preferences import Preferences
from hub.notify.news import Told, end_of_quiet, is_quiet, news_of, next_look, still_holds, tomorrow
from hub.training.goals.open_goals import GoalState

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
GOAL = GoalState("g", "p", "Brakes", True, None, None, None)
NIGHT = Preferences(quiet_from=20, quiet_to=7)


def kinds(
    goal: GoalState, announced: tuple[str, ...] = (), told: tuple[Told, ...] = (), **wish: object
) -> list[str]:
    since = {("g", kind): NOW - timedelta(hours=1) for kind in announced}
    preferences = Preferences(unwanted=frozenset(map(str, wish.get("unwanted", ()))))  # type: ignore[call-overload]
    return [one.kind for one in news_of([goal], since, told, preferences, NOW)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(8, []), (7, ["soon"]), (0.1, ["soon"]), (0, ["overdue"]), (-7, ["overdue"]), (-8, [])],
)
def test_dates_are_told_within_a_week(days: float, expected: list[str]) -> None:
    assert kinds(replace(GOAL, due_at=NOW + timedelta(days=days))) == expected


def test_a_goal_is_one_line_and_told_once() -> None:
    soon = replace(GOAL, due_at=NOW + timedelta(days=3))
    assert kinds(soon, announced=("new",)) == ["new"]
    (one,) = news_of([soon], {("g", "new"): NOW}, (), Preferences(), NOW)
    assert {each.kind for each in one.told} == {
        "new",
        "soon",
    }  # its date stands beside it: no reminder tomorrow
    assert kinds(soon, told=(Told("g", "soon", NOW + timedelta(days=3)),)) == []
    assert kinds(soon, told=(Told("g", "soon", NOW + timedelta(days=2)),)) == ["soon"]  # the date was moved
    assert kinds(soon, unwanted=["soon"]) == []


def test_what_is_reached_or_asked_no_more_is_no_news() -> None:
    soon = replace(GOAL, due_at=NOW + timedelta(days=3))
    assert kinds(replace(soon, reached_at=NOW), announced=("new",)) == []
    assert kinds(replace(soon, reached_at=NOW), announced=("credited",)) == ["credited"]
    assert kinds(replace(soon, is_asked=False), announced=("new",)) == []
    assert still_holds("soon", NOW + timedelta(days=3), soon)
    assert not still_holds("soon", NOW + timedelta(days=2), soon)
    assert not still_holds("new", NOW, replace(soon, reached_at=NOW))
    assert not still_holds("credited", NOW, None)


def test_the_next_look_is_at_the_next_date() -> None:
    due = NOW + timedelta(days=30)
    assert next_look([replace(GOAL, due_at=due)], NOW) == due - timedelta(days=7)
    assert next_look([replace(GOAL, due_at=due)], due - timedelta(days=7)) == due
    assert next_look([replace(GOAL, due_at=due)], due) is None
    begins = NOW + timedelta(days=2)
    assert next_look([replace(GOAL, is_asked=False, begins_at=begins)], NOW) == begins


@pytest.mark.parametrize(
    ("hour", "quiet"), [(19, False), (20, True), (23, True), (0, True), (6, True), (7, False)]
)
def test_nights_are_quiet_where_somebody_works(hour: int, quiet: bool) -> None:
    at = datetime(2026, 7, 1, hour, 30, tzinfo=UTC) - timedelta(hours=2)  # Berlin in summer
    assert is_quiet(at, "Europe/Berlin", NIGHT) == quiet
    assert not is_quiet(at, "Europe/Berlin", Preferences(quiet_from=0, quiet_to=0))


@pytest.mark.parametrize(
    ("day", "zone", "quiet_to"),
    [
        ("2026-03-28T21:30+00:00", "Europe/Berlin", 7),
        ("2026-03-28T21:30+00:00", "Europe/Berlin", 2),  # half past two does not exist that night
        ("2026-10-24T21:30+00:00", "Europe/Berlin", 2),  # and comes twice that night
        ("2026-03-08T06:30+00:00", "America/New_York", 3),
        ("2026-04-04T12:30+00:00", "Australia/Lord_Howe", 7),
    ],
)
def test_quiet_hours_end_where_clocks_are_set(day: str, zone: str, quiet_to: int) -> None:
    wish, at = Preferences(quiet_from=20, quiet_to=quiet_to), datetime.fromisoformat(day)
    end = end_of_quiet(at, zone, wish)
    assert at < end <= at + timedelta(hours=13)
    assert not is_quiet(end, zone, wish)
    assert is_quiet(end - timedelta(minutes=1), zone, wish)
    assert not is_quiet(tomorrow(at, zone, wish), zone, wish)
