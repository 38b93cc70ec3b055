"""The fixtures that come with the hub: used as the author of a plugin uses them, in a project and a process of its own."""

from pathlib import Path

import pytest

from tests.packages import ROOT, run_tests, write_plugin

pytestmark = pytest.mark.timeout(600)  # each runs pytest in a process of its own

PLUGIN = """
from hub.api import Completion, Opinion, Panel, PluginSettings, hookimpl


class Settings(PluginSettings):
    course: str = "brakes"
    url: str = "https://screen.example/goals"


class Plugin:
    hub_api = "1.0"
    settings: Settings

    @hookimpl
    def register_settings(self):
        return Settings

    @hookimpl
    def recognize_completion(self, statement, offering):
        return Completion("attended", "1") if statement.verb.endswith("/attended") else None

    @hookimpl
    def decide_assignments(self, candidates):
        for one in candidates:
            if len(one.brands) > 1:
                yield Opinion(one.appointment_id, "offering", self.settings.course, f"{one.position} of two", one.starts)

    @hookimpl
    def plan_panels(self, view):
        return [Panel("Brands", f"since {view.starts[0]:%Y}")]

    @hookimpl
    def credit_granted(self, event, http):
        http.post(self.settings.url, form={"goal": event.goal_id})
"""

TESTS = """
from datetime import timedelta

import pytest


def test_two_brands_need_the_course(person, course):
    course("brakes")
    assert [goal.target for goal in person("ann", brands=["A", "B"]).goals()] == ["brakes"]
    assert person("bob", brands=["A"]).goals() == []


def test_a_second_appointment_brings_it_and_its_end_takes_it_back(person, appointment, course, clock):
    course("brakes")
    ann = person("ann", position="")
    assert ann.goals() == []
    place = appointment(ann, position="technician", brands=["A", "B"], since=clock.now())
    assert ann.goal("brakes").reasons == ("technician of two",)
    clock.advance(days=1)
    place.end()
    assert ann.goals() == []
    with pytest.raises(LookupError, match="no goal brakes"):
        ann.goal("brakes")


def test_credit_is_told_and_nothing_leaves_this_machine(person, course, statement, told, outgoing):
    brakes = course("brakes")
    ann = person("ann", brands=["A", "B"])
    sent = statement(ann, brakes, "http://adlnet.gov/expapi/verbs/attended")
    (telling,) = told("credit_granted")
    assert (telling.receiver, telling.state, telling.body["statement_id"]) == ("two_brands", "delivered", sent.id)
    assert [credit.target for credit in ann.credits()] == ["brakes"]
    (request,) = outgoing.requests
    assert (request.method, request.url) == ("POST", "https://screen.example/goals")
    assert list(request.form) == ["goal"]
    statement(ann, sent, "voided")
    assert ann.credits() == []
    assert ann.goal("brakes").statement_id is None


@pytest.mark.hub(settings={"two_brands": {"url": "http://inside.example/goals"}})
def test_addresses_are_refused_as_the_real_way_out_refuses_them(person, course, statement, told, outgoing):
    ann, brakes = person("ann", brands=["A", "B"]), course("brakes")
    statement(ann, brakes, "passed", score=0.9)
    (telling,) = told("credit_granted")
    assert telling.state == "parked"
    assert "does not call this address" in telling.error
    assert outgoing.requests == []


def test_what_is_laid_down_is_answered(hub, outgoing):
    outgoing.answer("https://lms.example/", json=[1])
    outgoing.answer("https://lms.example/down", status=503)
    assert hub.http.get("https://lms.example/list").json() == [1]
    assert hub.http.get("https://lms.example/down").status == 503
    with pytest.raises(Exception, match="No answer was laid down"):
        hub.http.get("https://other.example/")




@pytest.mark.hub(settings={"two_brands": {"course": "tires"}})
def test_settings_of_the_plugin(person, course):
    course("tires")
    assert [goal.target for goal in person("ann", brands=["A", "B"]).goals()] == ["tires"]


@pytest.mark.hub(plugins=[])
def test_without_plugins(hub, person):
    assert [plugin.name for plugin in hub.hooks.plugins] == ["standard_completion"]
    assert person("ann", brands=["A", "B"]).panels() == []


@pytest.mark.hub(config={"session_hours": 2})
def test_settings_of_the_hub(hub):
    assert hub.settings.session_hours == 2


def test_panels(person):
    assert [panel.text for panel in person("ann").panels()] == ["since 2020"]


def test_pages_are_seen_as_somebody_sees_them(person, course, browse):
    course("brakes")
    ann, olga = person("ann", brands=["A", "B"]), person("olga")
    assert "technician of two" not in browse(olga).get("/my-training").text
    assert "salesperson of two" in browse(ann).get("/my-training").text
    assert browse(olga).get("/admin/plugins").status_code != 200
    olga.grant("operator")
    assert "two_brands" in browse(olga).get("/admin/plugins").text
    assert browse(ann).send("/sign-out").status_code == 200
    assert "salesperson of two" not in browse(olga).get("/my-training").text


def test_launch(person, course, launch):
    brakes = course("brakes", launch={"level": "2"})
    handed = launch(person("ann", brands=["A", "B"]), brakes)
    assert (handed.custom["level"], handed.title) == ("2", "Brakes")


def test_a_real_lms_launches_and_reports(person, fake_lms):
    brakes = fake_lms.course("brakes")
    ann = person("ann", brands=["A", "B"])
    sent = fake_lms.complete(ann, brakes, score="90")
    assert [credit.statement_id for credit in ann.credits()] == [sent]


def test_a_real_provider_signs_people_in(person, fake_idp):
    browser = fake_idp.sign_in(person("ann"))
    assert "since 2020" in browser.get("/my-training").text


def test_clock_can_be_set(clock):
    before = clock.now()
    clock.set(before + timedelta(days=2))
    assert clock.now() - before == timedelta(days=2)
"""

NOT_DISTURBED = """
import sys

import pytest


@pytest.fixture
def hub():
    return "my own"


@pytest.fixture
def person():
    return "mine too"


def test_own_fixtures_go_before_and_nothing_of_the_hub_is_loaded(hub, person):
    assert (hub, person) == ("my own", "mine too")
    loaded = {name for name in sys.modules if name.split(".")[0] in {"hub", "sqlalchemy", "flask", "pluggy_hub"}}
    assert loaded == {"hub", "hub.testing", "hub.testing.pytest_plugin"}
"""


def project(folder: Path, tests: str) -> Path:
    made = write_plugin(folder, "two_brands", PLUGIN)
    (made / "tests").mkdir()
    (made / "tests" / "test_two_brands.py").write_text(tests, encoding="utf-8")
    return made


def test_every_fixture_does_what_it_says(tmp_path: Path) -> None:
    made = project(tmp_path, TESTS)
    done = run_tests(made, made)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{TESTS.count('def test_')} passed" in done.stdout


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ("def test_it(hub): pass", "The plugin two_brands of this project is not installed yet"),
        (
            "import pytest\n@pytest.mark.hub(plugin='x')\ndef test_it(hub): pass",
            "The marker hub takes no plugin",
        ),
        (
            "import pytest\n@pytest.mark.hub(plugins=['nobody'])\ndef test_it(hub): pass",
            "no built-in or installed plugin has this name",
        ),
    ],
)
def test_what_cannot_be_is_said_in_words_without_a_traceback(tmp_path: Path, tests: str, said: str) -> None:
    done = run_tests(project(tmp_path, tests))
    assert done.returncode == 1
    assert said in done.stdout
    assert "Traceback" not in done.stdout
    assert "pytest_plugin.py" not in done.stdout.partition("short test summary")[0]


def test_setting_names_other_plugins_than_those_of_the_project(tmp_path: Path) -> None:
    made = project(
        tmp_path, "def test_it(hub): assert [p.name for p in hub.hooks.plugins][0] == 'standard_completion'"
    )
    (made / "pytest.ini").write_text("[pytest]\nhub_plugins = standard_completion\n", encoding="utf-8")
    assert "1 passed" in run_tests(made, made).stdout


def test_other_peoples_suites_are_not_disturbed(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(NOT_DISTURBED, encoding="utf-8")
    done = run_tests(tmp_path, arguments=["--strict-markers", "--strict-config"])
    assert "1 passed" in done.stdout, done.stdout


def test_the_fixtures_come_with_the_package() -> None:
    assert 'partner_training_hub = "hub.testing.pytest_plugin"' in (ROOT / "pyproject.toml").read_text()
