"""cmi5 courses in the admin pages: import with every problem shown, sessions, and waiving."""

import io
import random

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from hub.config import Settings
from hub.journal.tables import audit
from hub.runtime import Hub
from hub.xapi.cmi5.vocabulary import REASON
from tests.web.world import World, build_world
from tests.xapi.cmi5.packages import au, block, course, package
from tests.xapi.cmi5.rig import Courses


@pytest.fixture
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of the hub under test, with a folder of its own for files."""
    return Settings(
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        storage_url=f"file://{tmp_path_factory.mktemp('files')}",
    )


@pytest.fixture
def courses(hub: Hub) -> Courses:
    """Ana gets every course that is imported."""
    return Courses(build_world(hub)).begin()


def upload(world: World, content: bytes, who: str = "olga", **form: str) -> TestResponse:
    browser = world.browser(who)
    page = "/admin/courses" if who == "olga" else "/my-training"
    token = browser.get(page).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    file = FileStorage(io.BytesIO(content), "course.zip")
    boundary, body = encode_multipart({"csrf_token": token, "package": file, **form})
    content_type = f"multipart/form-data; boundary={boundary}"
    return browser.post("/admin/courses", data=body, content_type=content_type)


def test_an_operator_imports_a_package_and_sees_it(courses: Courses) -> None:
    world = courses.world
    checked = upload(world, package(), connection="library", key="brakes", dry_run="1")
    assert checked.status_code == 303
    assert upload(world, package(), new_connection="none-yet", dry_run="1").status_code == 303
    page = world.browser("olga").get("/admin/courses").text
    assert "No courses yet" in page
    assert "None yet" not in page
    assert upload(world, package(), new_connection="more-courses", key="brakes").status_code == 303
    page = world.browser("olga").get("/admin/courses").text
    assert "Brake systems" in page
    assert "More courses" in page
    assert "Imported a course" in world.browser("olga").get("/admin/activity").text


def test_every_problem_of_a_package_is_on_the_page(courses: Courses) -> None:
    wrong = package(course(au("a", moveOn="x"), au("b", masteryScore="2")))
    answer = upload(courses.world, wrong, connection="library")
    assert answer.status_code == 400
    assert "moveOn" in answer.text
    assert "masteryScore" in answer.text
    assert "line 4, courseStructure/au" in answer.text
    with courses.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(audit).where(audit.c.action == "cmi5_import")).all()
    assert [(row.outcome, row.reason) for row in rows] == [("refused", "bad_course")]


def test_only_operators_import(courses: Courses) -> None:
    assert courses.world.browser("ana").get("/admin/courses").status_code == 403
    assert courses.world.browser("ana").post("/admin/courses").status_code == 400  # no form of hers to send


def test_a_package_larger_than_other_forms_is_taken(courses: Courses) -> None:
    film = random.Random(1).randbytes(11 * 1024 * 1024)  # nothing packs it
    large = package(files={"index.html": b"x", "film.mp4": film})
    assert len(large) > len(film)
    assert upload(courses.world, large, connection="library").status_code == 303
    assert upload(courses.world, large, who="ana", connection="library").status_code == 413


def test_a_waived_part_counts_as_done_once(courses: Courses) -> None:
    offering = courses.add(
        package(course(au("one", moveOn="Passed"), block("more", au("two", moveOn="Passed"))))
    )
    unit = courses.start("one")
    assert unit.report(unit.initialized(), unit.passed(1), unit.terminated()).status == 200
    assert courses.line().reached_at is None
    olga, ana = courses.world.browser("olga"), courses.world.ids["ana"]
    page = f"/admin/courses/{offering}?person={ana}"
    assert "Waive<span" in olga.get(page).text
    two = courses.nodes()["two"]
    send = f"/admin/courses/{offering}/waive"
    refused = olga.send(send, page, person=ana, au=two.id, reason="because")
    assert refused.status_code == 400
    assert olga.send(send, page, person=ana, au=two.id, reason="Tested Out").status_code == 303
    [waived] = courses.statements("waived")
    assert waived["result"] == {"success": True, "completion": True, "extensions": {REASON: "Tested Out"}}
    assert waived["object"]["id"] == two.activity_id
    assert waived["context"]["registration"] == unit.parameters["registration"]
    session = waived["context"]["extensions"]
    assert session != unit.launch_data["contextTemplate"]["extensions"]
    said = courses.statements("satisfied")
    assert [each["context"]["extensions"] for each in said] == [
        session,
        session,
    ]  # the block, then the course
    assert courses.line().reached_at is not None
    assert "Waived: Tested Out" in olga.get(page).text
    again = courses.world.browser("olga")
    for au_name, status in (("two", 409), ("one", 409)):
        form = {"person": ana, "au": courses.nodes()[au_name].id, "reason": "Administrative"}
        answer = again.send(send, f"/admin/courses/{offering}?person={courses.world.ids['nils']}", **form)
        assert answer.status_code == status
    with courses.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(audit).where(audit.c.action == "cmi5_waived")).all()
    assert [(row.outcome, row.actor_id) for row in rows if row.outcome == "done"] == [
        ("done", courses.world.ids["olga"])
    ]
    assert len(rows) == 4


def test_a_part_is_waived_for_somebody_who_has_not_begun(courses: Courses) -> None:
    offering = courses.add(package(course(au("one", moveOn="Passed"))))
    ana = courses.world.ids["ana"]
    page = f"/admin/courses/{offering}?person={ana}"
    form = {"person": ana, "au": courses.nodes()["one"].id, "reason": "Equivalent Outside Activity"}
    assert (
        courses.world.browser("olga").send(f"/admin/courses/{offering}/waive", page, **form).status_code
        == 303
    )
    assert courses.verbs() == ["waived", "satisfied"]
    assert courses.line().reached_at is not None


def test_sessions_are_listed_with_their_state(courses: Courses) -> None:
    offering = courses.add(package(course(au("one", moveOn="Passed"))))
    courses.start("one")
    unit = courses.start("one")
    assert unit.report(unit.initialized(), unit.terminated()).status == 200
    courses.start("one")
    page = courses.world.browser("olga").get(f"/admin/courses/{offering}").text
    for state in ("Active", "Terminated", "Abandoned"):
        assert page.count(f">{state}<") == 1
    assert "Ana Lopes" in page
    assert "never initialized" in page
