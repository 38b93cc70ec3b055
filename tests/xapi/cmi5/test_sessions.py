"""Whole sessions, from the button to the credit: launch, fetch, launch data, abandonment, and what is satisfied."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from hub.journal import STATEMENTS
from hub.network.systems.connections import set_connection_disabled
from hub.testing.cmi5_au import SimulatedAu
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.fetch import fetch_token
from hub.xapi.cmi5.launch import Asked, start_launch
from hub.xapi.cmi5.sessions import LIFETIME, abandon_overdue, forget_old_tokens
from tests.web.world import PUBLIC_URL
from tests.xapi.cmi5.packages import AU, COURSE, au, block, course, package
from tests.xapi.cmi5.rig import Courses

EXTENSIONS = "https://w3id.org/xapi/cmi5/context/extensions/"
BOTH = package(course(au(moveOn="CompletedAndPassed", masteryScore="0.8")))
NESTED = package(
    course(
        au("intro"),
        block("basics", au("discs", moveOn="Completed"), block("more", au("pads", moveOn="Passed"))),
        au("quiz", moveOn="CompletedOrPassed"),
    )
)


def work(unit: SimulatedAu, *verbs: str) -> None:
    """A session in one request: initialized, what is named, terminated."""
    told = [getattr(unit, verb)() for verb in ("initialized", *verbs, "terminated")]
    answer = unit.report(*told)
    assert answer.status == 200, answer.text


def test_a_session_leads_to_a_satisfied_course_and_a_credit(courses: Courses) -> None:
    courses.add(BOTH)
    unit = courses.start()
    assert unit.report(unit.initialized()).status == 200
    assert unit.report(unit.completed()).status == 200
    assert courses.line().reached_at is None
    assert unit.report(unit.passed(0.9)).status == 200
    assert unit.report(unit.terminated()).status == 200
    assert courses.verbs() == ["launched", "initialized", "completed", "passed", "satisfied", "terminated"]
    assert courses.line().reached_at == courses.clock.now()
    [said], [passed] = courses.statements("satisfied"), courses.statements("passed")
    assert said["object"]["id"] != COURSE
    assert said["object"]["definition"]["type"] == "https://w3id.org/xapi/cmi5/activitytype/course"
    assert said["context"]["contextActivities"]["grouping"][0]["id"] == COURSE
    assert said["context"]["registration"] == passed["context"]["registration"]
    session = EXTENSIONS + "sessionid"
    assert said["context"]["extensions"] == {session: passed["context"]["extensions"][session]}
    assert "result" not in said


def test_the_launch_hands_over_what_the_standard_asks_for(courses: Courses) -> None:
    structure = course(
        au(
            url="index.html?theme=dark#page",
            inside="<launchParameters>a=1</launchParameters><entitlementKey>k</entitlementKey>",
            moveOn="Passed",
            masteryScore="0.5",
            launchMethod="OwnWindow",
        )
    )
    courses.add(package(structure))
    unit = courses.start()
    parts = urlsplit(unit.address)
    assert parts.path.startswith("/content/")
    assert parts.path.endswith("/index.html")
    assert parts.fragment == "page"
    assert unit.parameters["theme"] == "dark"
    assert unit.parameters["endpoint"] == f"{PUBLIC_URL}/xapi/"
    assert unit.actor["account"]["homePage"] == PUBLIC_URL
    assert unit.parameters["activityId"] not in (AU, COURSE)
    [launched] = courses.statements("launched")
    session = launched["context"]["extensions"][EXTENSIONS + "sessionid"]
    assert unit.launch_data == {
        "contextTemplate": {
            "contextActivities": {"grouping": [{"objectType": "Activity", "id": AU}]},
            "extensions": {EXTENSIONS + "sessionid": session},
        },
        "launchMode": "Normal",
        "launchMethod": "OwnWindow",
        "moveOn": "Passed",
        "masteryScore": 0.5,
        "launchParameters": "a=1",
        "entitlementKey": {"courseStructure": "k"},
        "returnURL": f"{PUBLIC_URL}/courses/{courses.world.ids['brakes']}",
    }
    assert unit.preferences == {"languagePreference": "en", "audioPreference": "on"}
    extensions = launched["context"]["extensions"]
    url = extensions.pop(EXTENSIONS + "launchurl")
    assert url == f"{PUBLIC_URL}{parts.path}?theme=dark#page"  # without the parameters of the launch
    assert {name.removeprefix(EXTENSIONS): value for name, value in extensions.items()} == {
        "sessionid": session,
        "launchmode": "Normal",
        "moveon": "Passed",
        "masteryscore": 0.5,
        "launchparameters": "a=1",
    }
    assert launched["actor"] == unit.actor
    assert launched["object"]["id"] == unit.parameters["activityId"]
    assert launched["object"]["definition"]["name"]["de-DE"] == "Brakes (deutsch)"


def test_the_token_is_given_once(courses: Courses) -> None:
    courses.add()
    unit = courses.launch()
    got = unit.send("GET", unit.parameters["fetch"], {}, None)
    assert got.status == 405
    first = unit.fetch()
    assert (first.status, list(first.json)) == (200, ["auth-token"])
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    again = unit.fetch()
    assert (again.status, again.json["error-code"]) == (200, "1")
    wrong = unit.send("POST", f"{PUBLIC_URL}/cmi5/fetch/none", {}, b"")
    assert (wrong.status, wrong.json["error-code"]) == (200, "2")
    asked = unit.send("OPTIONS", unit.parameters["fetch"], {"Origin": "null"}, None)
    assert (asked.status, asked.headers["Access-Control-Allow-Origin"]) == (204, "*")


def test_of_many_fetches_at_once_one_gets_the_token(courses: Courses) -> None:
    courses.add()
    key = courses.launch().parameters["fetch"].rpartition("/")[2]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: fetch_token(courses.hub, key), range(8)))
    assert sum(isinstance(each, str) for each in found) == 1


def test_the_token_ends_with_the_session(courses: Courses) -> None:
    courses.add(BOTH)
    unit = courses.start()
    told = unit.initialized(), unit.completed(), unit.terminated()
    assert unit.report(told[0], told[2]).status == 200
    assert unit.report(told[1]).status == 401
    assert unit.report(told[0]).status == 401
    assert unit.state("GET", "LMS.LaunchData").status == 401
    assert unit.fetch().json["error-code"] == "1"


def test_nothing_is_fetched_or_sent_after_the_time_of_a_session(courses: Courses) -> None:
    courses.add()
    started, launched = courses.start(), courses.launch()
    courses.wait(seconds=LIFETIME.total_seconds() + 1)
    assert started.report(started.initialized()).status == 401
    assert launched.fetch().json["error-code"] == "1"


def test_a_second_launch_continues_the_registration_and_abandons_the_first(courses: Courses) -> None:
    courses.add(NESTED)
    first = courses.start("discs")
    assert first.report(first.initialized()).status == 200
    courses.wait(minutes=1)
    second = courses.start("quiz")
    assert second.parameters["registration"] == first.parameters["registration"]
    assert second.parameters["activityId"] != first.parameters["activityId"]
    [abandoned] = courses.statements("abandoned")
    assert abandoned["object"]["id"] == first.parameters["activityId"]
    assert abandoned["result"] == {"duration": "PT1.00S"}
    template = first.launch_data["contextTemplate"]
    assert abandoned["context"]["extensions"] == template["extensions"]
    assert first.report(first.completed()).status == 401
    assert second.report(second.initialized()).status == 200
    third = courses.start("discs")
    assert third.parameters["activityId"] == first.parameters["activityId"]
    assert len(courses.statements("abandoned")) == 2


def test_of_launches_at_once_one_session_stays(courses: Courses) -> None:
    asked = Asked(courses.add())
    ana = courses.world.ids["ana"]
    with ThreadPoolExecutor(6) as pool:
        addresses = list(pool.map(lambda _: start_launch(courses.hub, ana, asked), range(6)))
    units = [SimulatedAu(address, courses.send, courses.clock.now()) for address in addresses]
    assert len({unit.parameters["registration"] for unit in units}) == 1
    assert [courses.verbs().count(verb) for verb in ("launched", "abandoned")] == [6, 5]
    assert sum("auth-token" in unit.fetch().json for unit in units) == 1


def test_a_session_that_never_ended_is_abandoned_in_time(courses: Courses) -> None:
    courses.add()
    courses.start()
    assert abandon_overdue(courses.hub) == 0
    courses.wait(seconds=LIFETIME.total_seconds() + 1)
    assert abandon_overdue(courses.hub) == 1
    assert abandon_overdue(courses.hub) == 0
    assert courses.verbs() == ["launched", "abandoned"]


def test_old_tokens_are_forgotten_and_those_in_use_are_not(courses: Courses) -> None:
    courses.add()
    old = courses.start()
    courses.wait(days=3)
    unit = courses.start()
    forget_old_tokens(courses.hub)
    assert old.report(old.initialized()).json["code"] == "wrong_credentials"
    assert unit.report(unit.initialized()).status == 200


def test_blocks_and_the_course_are_satisfied_from_the_inside_once_each(courses: Courses) -> None:
    courses.add(NESTED)
    work(courses.start("pads"), "passed")
    ids = {name: node.activity_id for name, node in courses.nodes().items()}
    said: list[dict[str, Any]] = courses.statements("satisfied")
    assert [each["object"]["id"] for each in said] == [ids["more"]]
    work(courses.start("discs"), "completed")
    work(courses.start("quiz"), "failed")
    assert [each["object"]["id"] for each in courses.statements("satisfied")] == [ids["more"], ids["basics"]]
    work(courses.start("quiz"), "completed", "passed")
    said = courses.statements("satisfied")
    assert [each["object"]["id"] for each in said[:2]] == [ids["more"], ids["basics"]]
    assert said[2]["object"]["definition"]["name"]["en-US"] == "Brake systems"
    work(courses.start("quiz", mode="Review"))
    assert len(courses.statements("satisfied")) == 3
    assert courses.line().reached_at is not None


def test_repeated_requests_are_the_same_and_change_nothing(courses: Courses) -> None:
    courses.add(BOTH)
    unit = courses.start()
    told = [unit.initialized(), unit.completed(), unit.passed(1), unit.terminated()]
    assert unit.report(*told[:3]).status == 200
    assert unit.report(*told[:3]).status == 200
    assert unit.report(told[1], told[3]).status == 200
    assert courses.verbs().count("completed") == courses.verbs().count("satisfied") == 1


def test_of_many_that_complete_at_once_one_does(courses: Courses) -> None:
    courses.add(BOTH)
    unit = courses.start()
    assert unit.report(unit.initialized()).status == 200
    told = [unit.completed() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(answer.status for answer in pool.map(unit.report, told))
    assert statuses == [200] + [403] * 7
    assert courses.verbs().count("completed") == 1


def test_what_is_not_in_the_plan_or_switched_off_is_not_launched(courses: Courses) -> None:
    courses.add(NESTED)
    browser = courses.world.browser("nils")
    assert browser.get(f"/courses/{courses.world.ids['brakes']}").status_code == 404
    page = f"/courses/{courses.world.ids['brakes']}"
    ana = courses.world.browser("ana")
    assert ana.send(f"{page}/launch", page).status_code == 400  # which of them?
    assert ana.send(f"{page}/launch", page, au=COURSE).status_code == 404
    assert ana.send(f"{page}/launch", page, au=courses.nodes()["basics"].id).status_code == 404
    assert ana.send(f"{page}/launch", page, au=courses.nodes()["quiz"].id, mode="Fun").status_code == 400
    with courses.hub.unit_of_work() as uow:
        set_connection_disabled(uow, courses.world.ids["library"], disabled=True)
    assert ana.send(f"{page}/launch", page, au=courses.nodes()["quiz"].id).status_code == 403
    assert courses.verbs() == []


def test_the_button_of_the_plan_opens_a_course_of_one_part_and_leads_to_the_page_of_others(
    courses: Courses,
) -> None:
    one, many = (
        courses.add(),
        courses.add(package(course(au("a"), au("b"), id="https://publisher.example/other")), key="other"),
    )
    ana = courses.world.browser("ana")
    assert "Start<span" in ana.get("/my-training").text
    opened = ana.send(f"/launch/{one}")
    assert "/content/" in opened.headers["Location"]
    assert ana.send(f"/launch/{many}").headers["Location"] == f"{PUBLIC_URL}/courses/{many}"
    assert "Continue<span" in ana.get("/my-training").text
    work(SimulatedAu(opened.headers["Location"], courses.send, courses.clock.now()).start(), "passed")
    reviewed = SimulatedAu(ana.send(f"/launch/{one}").headers["Location"], courses.send).start()
    assert reviewed.launch_data["launchMode"] == "Review"


def test_the_page_shows_each_part_and_what_was_done(courses: Courses) -> None:
    offering = courses.add(NESTED)
    unit = courses.start("discs")
    unit.report(unit.initialized(), unit.completed())
    work(courses.start("quiz"), "failed")
    page = courses.world.browser("ana").get(f"/courses/{offering}").text
    for words in ("Completed", "Failed", "Not started", "Look around", "Continue", "Review"):
        assert words in page


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_files_of_a_package_are_served_to_a_session_alone(courses: Courses) -> None:
    files = {
        "index.html": b"<script src='a b.js'></script>",
        "a b.js": b"1",
        "film.mp4": b"0123456789",
        "x": b"y",
    }
    courses.add(package(files=files))
    unit = courses.launch()
    base = unit.address.partition("index.html")[0]
    page = unit.send("GET", base + "index.html", {}, None)
    assert (page.status, page.text) == (200, files["index.html"].decode())
    assert page.headers["Content-Security-Policy"] == "sandbox allow-scripts allow-forms allow-popups"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Frame-Options" not in page.headers
    types = {name: unit.send("GET", base + name, {}, None).headers["Content-Type"] for name in files}
    assert types["a b.js"].startswith("text/javascript")
    assert (types["film.mp4"], types["x"]) == ("video/mp4", "application/octet-stream")
    part = unit.send("GET", base + "film.mp4", {"Range": "bytes=2-4"}, None)
    assert (part.status, part.text) == (206, "234")
    for address in (
        base + "none.html",
        base + "../index.html",
        base + "cmi5.xml/x",
        f"{PUBLIC_URL}/content/none/index.html",
        f"{PUBLIC_URL}/content/{courses.world.ids['brakes']}/index.html",
    ):
        assert unit.send("GET", address, {}, None).status == 404, address
    courses.wait(seconds=LIFETIME.total_seconds() + 1)
    assert unit.send("GET", base + "index.html", {}, None).status == 404


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_session_goes_on_with_the_version_it_was_launched_with(courses: Courses) -> None:
    courses.add(package(files={"index.html": b"old"}))
    unit = courses.launch()
    courses.read(package(files={"index.html": b"new"}))
    address = unit.address.partition("?")[0]
    assert unit.send("GET", address, {}, None).text == "old"
    assert unit.send("GET", courses.launch().address.partition("?")[0], {}, None).text == "new"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_files_have_a_host_of_their_own_where_there_is_one(courses: Courses) -> None:
    courses.add()
    settings = courses.hub.settings.model_copy(update={"content_url": "http://localhost:8000"})
    courses.world.app.extensions["hub"] = replace(courses.hub, settings=settings)
    address = courses.launch().address.partition("?")[0]
    assert address.startswith("http://localhost:8000/content/")
    path = address.removeprefix("http://localhost:8000")
    client = courses.world.app.test_client()
    with client.get(path, base_url="http://localhost:8000") as page:
        assert page.status_code == 200
        assert page.headers["Content-Security-Policy"].split()[-1] == "allow-same-origin"
    for other, base_url in (
        (path, PUBLIC_URL),
        ("/sign-in", "http://localhost:8000"),
        ("/xapi/about", "http://localhost:8000"),
    ):
        with client.get(other, base_url=base_url) as page:
            assert page.status_code == 404, other


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_who_waits_for_a_registration_has_announced_its_statements(courses: Courses) -> None:
    """Their ``stored`` is when the unit began: until they are there, nobody may be told that all up to it can be read."""
    courses.add(BOTH)
    courses.start()
    table = tables.cmi5_registration
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with ThreadPoolExecutor(1) as pool:
        with courses.hub.unit_of_work() as holding:
            holding.connection.execute(sa.select(table.c.id).with_for_update())
            later = pool.submit(courses.start)
            for _ in range(500):
                with courses.hub.reading() as uow:
                    if uow.connection.scalar(waiting):
                        break
                time.sleep(0.01)
            time.sleep(0.2)
            with courses.hub.reading() as uow:
                assert STATEMENTS.oldest_appender_age(uow) > timedelta(seconds=0.2)
        later.result()
