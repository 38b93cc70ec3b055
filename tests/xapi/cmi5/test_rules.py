"""What an AU may not send: each rule alone, nothing of the request is kept, and everything is told at once."""

import copy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.testing.cmi5_au import CMI5_CATEGORY, MASTERY_SCORE, MOVE_ON_CATEGORY, SimulatedAu
from tests.databases import create_database, drop_database
from tests.web.world import build_world
from tests.xapi.cmi5.packages import au, course, package
from tests.xapi.cmi5.rig import Courses, problems
from tests.xapi.rig import GONE, changed

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
LMS_VERBS = "https://w3id.org/xapi/adl/verbs/"
Statements = list[dict[str, Any]]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Courses, SimulatedAu]]:
    """A session that has begun, for all tests in which everything is refused: nothing changes it."""
    settings = Settings(
        database_url=create_database("sqlite"),
        secret_key="only-for-tests-0123456789abcdefghij",
        storage_url=f"file://{tmp_path_factory.mktemp('files')}",
    )
    hub = open_hub(settings, clock=SettableClock(datetime(2026, 5, 4, 9, tzinfo=UTC)))
    courses = Courses(build_world(hub)).begin()
    yield courses, begin(courses)
    hub.close()
    drop_database(settings.database_url.get_secret_value())


@pytest.fixture
def unit(courses: Courses) -> SimulatedAu:
    """A session that has begun, of this test's own."""
    return begin(courses)


def begin(courses: Courses) -> SimulatedAu:
    courses.add(package(course(au(moveOn="CompletedAndPassed", masteryScore="0.8"))))
    unit = courses.start()
    assert unit.report(unit.initialized()).status == 200
    return unit


def with_categories(statement: dict[str, Any], *categories: dict[str, str]) -> dict[str, Any]:
    return changed(statement, {"context.contextActivities.category": list(categories)})


# From a session that has begun to statements that must not be kept, and a part of what is said about them.
REFUSED: dict[str, tuple[Callable[[SimulatedAu], Statements], str]] = {
    "no timestamp": (lambda u: [changed(u.completed(), {"timestamp": GONE})], "is missing (9.7)"),
    "a local time": (
        lambda u: [changed(u.completed(), {"timestamp": "2026-05-04T11:00:30+02:00"})],
        "must be in UTC (9.7)",
    ),
    "no id": (lambda u: [changed(u.completed(), {"id": GONE})], "an AU names its statements (9.1)"),
    "another actor": (
        lambda u: [changed(u.completed(), {"actor.account.name": "someone"})],
        "is not the actor of the launch",
    ),
    "an actor by mail": (
        lambda u: [changed(u.completed(), {"actor": {"mbox": "mailto:a@example.com"}})],
        "is not the actor of the launch",
    ),
    "another object": (
        lambda u: [changed(u.completed(), {"object.id": "https://publisher.example/brakes/au"})],
        "is not the activityId of the launch",
    ),
    "no context": (
        lambda u: [changed(u.allowed("https://v.example/saw", "https://o.example/1"), {"context": GONE})],
        "is missing (9.6)",
    ),
    "no registration": (
        lambda u: [changed(u.completed(), {"context.registration": GONE})],
        "is not the registration of the launch",
    ),
    "another registration": (
        lambda u: [changed(u.completed(), {"context.registration": "6f1c37a4-5d0c-5a58-9d0e-6d2d1f4c1b11"})],
        "is not the registration of the launch",
    ),
    "no session": (
        lambda u: [changed(u.completed(), {"context.extensions": {}})],
        "is not the session of the launch",
    ),
    "no publisher id": (
        lambda u: [changed(u.completed(), {"context.contextActivities.grouping": GONE})],
        "does not hold the publisher's id",
    ),
    "an allowed one without its session": (
        lambda u: [
            changed(u.allowed("https://v.example/saw", "https://o.example/1"), {"context.extensions": {}})
        ],
        "is not the session of the launch",
    ),
    "a verb of its own as defined": (lambda u: [u.defined("experienced")], "is no verb of cmi5"),
    "satisfied": (
        lambda u: [u.allowed(LMS_VERBS + "satisfied", "https://o.example/1")],
        "is the LMS's alone",
    ),
    "launched": (lambda u: [u.defined("launched")], "is the LMS's alone"),
    "waived": (
        lambda u: [changed(u.completed(), {"verb.id": LMS_VERBS + "waived"})],
        "is the LMS's alone",
    ),
    "voided": (
        lambda u: [
            changed(
                u.allowed("http://adlnet.gov/expapi/verbs/voided", "https://o.example/1"),
                {"object": {"objectType": "StatementRef", "id": "6f1c37a4-5d0c-5a58-9d0e-6d2d1f4c1b11"}},
            )
        ],
        "is not for AUs",
    ),
    "completed without completion": (
        lambda u: [changed(u.completed(), {"result.completion": GONE})],
        "must be true (9.5.3)",
    ),
    "completed with success": (
        lambda u: [changed(u.completed(), {"result.success": True})],
        "is not for this verb (9.5.2)",
    ),
    "completed with a score": (
        lambda u: [changed(u.completed(), {"result.score": {"scaled": 1}})],
        "is for passed and failed only",
    ),
    "completed without duration": (
        lambda u: [changed(u.completed(), {"result.duration": GONE})],
        "is missing (9.5.4.1)",
    ),
    "completed without the moveOn category": (
        lambda u: [with_categories(u.completed(), CMI5_CATEGORY)],
        "lacks the moveOn category",
    ),
    "terminated with the moveOn category": (
        lambda u: [with_categories(u.terminated(), CMI5_CATEGORY, MOVE_ON_CATEGORY)],
        "must not have the moveOn category",
    ),
    "the moveOn category alone": (
        lambda u: [with_categories(u.completed(), MOVE_ON_CATEGORY)],
        "without the cmi5 category",
    ),
    "terminated without duration": (
        lambda u: [changed(u.terminated(), {"result": GONE})],
        "is missing (9.5.4.1)",
    ),
    "passed without success": (
        lambda u: [changed(u.passed(), {"result.success": False})],
        "must be true (9.5.2)",
    ),
    "failed with success": (
        lambda u: [changed(u.failed(), {"result.success": True})],
        "must be false (9.5.2)",
    ),
    "passed below mastery": (lambda u: [u.passed(0.79)], "is less than the masteryScore 0.8"),
    "failed with mastery": (lambda u: [u.failed(0.8)], "is not less than the masteryScore 0.8"),
    "a score below zero": (lambda u: [u.failed(-0.1)], "must be from 0 to 1"),
    "a raw score without bounds": (
        lambda u: [changed(u.passed(0.9), {"result.score.raw": 9})],
        "there is a raw score",
    ),
    "a score without the mastery score": (
        lambda u: [
            changed(u.passed(0.9), {"context.extensions": u.launch_data["contextTemplate"]["extensions"]})
        ],
        "must be the masteryScore of the launch, 0.8",
    ),
    "another mastery score": (
        lambda u: [
            changed(
                u.passed(),
                {"context.extensions": {**u.passed()["context"]["extensions"], MASTERY_SCORE: 0.5}},
            )
        ],
        "must be the masteryScore of the launch, 0.8",
    ),
    "progress over 100": (
        lambda u: [
            {
                **u.allowed("https://v.example/saw", "https://o.example/1"),
                "result": {"extensions": {PROGRESS: 101}},
            }
        ],
        "a whole number from 0 to 100",
    ),
    "initialized again": (lambda u: [u.initialized()], "initialized is already in this session"),
    "completed twice": (lambda u: [u.completed(), u.completed()], "completed is already in this session"),
    "passed and failed": (lambda u: [u.passed(), u.failed()], "a session has only one of passed and failed"),
    "before initialized": (
        lambda u: [changed(u.completed(), {"timestamp": "2026-05-04T08:59:59Z"})],
        "comes before initialized",
    ),
    "after terminated": (lambda u: [u.terminated(), u.completed()], "comes after terminated"),
    "an allowed one after terminated": (
        lambda u: [u.terminated(), u.allowed("https://v.example/saw", "https://o.example/1")],
        "comes after terminated",
    ),
}


@pytest.mark.parametrize("which", REFUSED)
def test_a_broken_rule_is_named_and_nothing_is_kept(begun: tuple[Courses, SimulatedAu], which: str) -> None:
    courses, unit = begun
    make, message = REFUSED[which]
    before = courses.verbs()
    fine = unit.allowed("https://verbs.example/saw", "https://content.example/picture")
    answer = unit.report(fine, *make(unit))
    found = problems(answer)
    assert answer.json["code"] == "breaks_cmi5"
    assert message in "\n".join(found.values()), found
    assert all(place.startswith("statements[") for place in found)
    assert courses.verbs() == before


def test_everything_that_is_wrong_is_told_at_once(begun: tuple[Courses, SimulatedAu]) -> None:
    unit = begun[1]
    wrong = changed(unit.completed(), {"result": GONE, "timestamp": GONE, "context.registration": GONE})
    found = problems(unit.report(wrong, copy.deepcopy(unit.failed(0.9))))
    assert {
        "statements[0].timestamp",
        "statements[0].context.registration",
        "statements[0].result.completion",
        "statements[0].result.duration",
        "statements[0].context.contextActivities.category",
        "statements[1].result.score.scaled",
    } <= set(found)


@on_sqlite
def test_before_initialized_nothing_is_kept(courses: Courses) -> None:
    courses.add()
    unit = courses.start()
    saw = unit.allowed("https://verbs.example/saw", "https://content.example/picture")
    assert "comes before initialized" in "".join(problems(unit.report(saw)).values())
    first = unit.initialized()
    late = unit.allowed("https://verbs.example/saw", "https://content.example/picture")
    assert unit.report(late, first).status == 200  # by time, not by place
    assert courses.verbs() == ["launched", "saw", "initialized"]


@on_sqlite
def test_a_unit_is_not_initialized_before_it_has_read_what_its_learner_prefers(courses: Courses) -> None:
    courses.add()
    unit = courses.launch()
    unit.fetch()
    unit.launch_data = unit.state("GET", "LMS.LaunchData").json
    early = unit.initialized()
    assert "before the AU has read the learner's preferences" in "".join(
        problems(unit.report(early)).values()
    )
    unit.ask(
        "GET", "agents/profile", {"profileId": "cmi5LearnerPreferences", "agent": unit.parameters["actor"]}
    )
    assert unit.report(early).status == 200


@on_sqlite
def test_terminated_must_be_later_than_all_that_is_stored(unit: SimulatedAu) -> None:
    assert unit.report(unit.completed()).status == 200
    early = changed(unit.terminated(), {"timestamp": "2026-05-04T09:00:01Z"})
    assert "earlier than a statement that is stored" in "".join(problems(unit.report(early)).values())


@on_sqlite
def test_a_registration_has_each_result_once_and_no_failure_after_a_pass(
    courses: Courses, unit: SimulatedAu
) -> None:
    assert unit.report(unit.failed(0.2), unit.terminated()).status == 200
    again = courses.start()
    assert (
        again.report(again.initialized(), again.passed(0.9), again.completed(), again.terminated()).status
        == 200
    )
    third = courses.start()
    assert third.report(third.initialized()).status == 200
    assert "already completed in this registration" in "".join(
        problems(third.report(third.completed())).values()
    )
    assert "already passed in this registration" in "".join(problems(third.report(third.passed(1))).values())
    assert "must not follow passed" in "".join(problems(third.report(third.failed(0.1))).values())
    assert third.report(third.terminated()).status == 200


@pytest.mark.parametrize("mode", ["Browse", "Review"])
@on_sqlite
def test_who_only_looks_around_reports_nothing(courses: Courses, unit: SimulatedAu, mode: str) -> None:
    looking = courses.start(mode=mode)
    assert looking.launch_data["launchMode"] == mode
    assert looking.report(looking.initialized()).status == 200
    found = problems(looking.report(looking.completed()))
    assert f"is not for the launch mode {mode}" in "".join(found.values())
    assert looking.report(looking.allowed("https://verbs.example/saw", "https://o.example/1")).status == 200
    assert looking.report(looking.terminated()).status == 200
