"""A whole launch of another people's LTI tool (pylti1p3) over real HTTP, with requests as the browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask
import pytest
import requests

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.lti.launch import start_launch
from hub.lti.platform_keys import rotate_platform_key
from hub.lti.tools import connect_tool, set_tool_disabled
from hub.testing.faults import faults_of
from hub.testing.keys import new_key, private_pem
from hub.testing.lms_north import NorthConfig, create_lms_north
from hub.testing.serve import free_port, serve
from tests.databases import create_database, drop_database
from tests.lti.rig import Form, Keys, Rig, small_app

VERBS = "http://adlnet.gov/expapi/verbs/"


class Browser:
    """requests as a browser that follows redirects and presses the button of the hub's page."""

    def __init__(self, rig: Rig, lms: str) -> None:
        self.rig, self.lms = rig, lms
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.cookies.set("who", f"{rig.world.ids['ann']}|session-1")

    def open(self, address: str) -> tuple[requests.Response, Form]:
        """Follow an address until a page of the hub asks to be posted."""
        page = self.session.get(address)
        assert page.url.startswith(self.rig.base), page.text
        return page, Form(page.text)

    def launch(self, course: str = "brakes") -> requests.Response:
        """The course's page in the LMS."""
        login = start_launch(self.rig.hub, self.rig.world.ids["ann"], self.rig.world.ids[course], "session-1")
        _, form = self.open(login.address)
        return self.session.post(form.action, data=form.fields)

    def finish(self, course_page: requests.Response, **score: str) -> dict[str, object]:
        """What the LMS says the hub answered to its score."""
        answer = self.session.post(
            f"{course_page.url}/finish", data=score, headers={"Accept": "application/json"}
        )
        sent: dict[str, object] = answer.json()
        return sent


@dataclass
class Lms:
    """A running LMS North that a hub on real HTTP has connected."""

    rig: Rig
    browser: Browser
    app: flask.Flask


@pytest.fixture(params=["sqlite", "postgres"])
def lms(request: pytest.FixtureRequest, tmp_path: Path, key_server: Keys) -> Iterator[Lms]:
    """The hub and LMS North, each on a port of its own.

    The hub's clock is some seconds slow: pylti1p3 compares with the machine's, and takes no token from the future.
    """
    database = create_database(request.param)
    hub_port, lms_port = free_port(), free_port()
    url = f"http://127.0.0.1:{lms_port}"
    settings = Settings(
        public_url=f"http://127.0.0.1:{hub_port}",
        database_url=database,
        secret_key="only-for-tests-0123456789abcdefghij",
        outgoing_allow=[f"127.0.0.1:{lms_port}", key_server.address.removeprefix("http://")],
    )
    hub = open_hub(settings, clock=SettableClock(datetime.now(UTC) - timedelta(seconds=15)))
    rig = Rig(hub, key_server)
    with hub.unit_of_work() as uow:
        tool = connect_tool(
            uow,
            "riverside-north",
            "LMS North",
            rig.world.ids["partner"],
            login_url=f"{url}/lti/login",
            launch_url=f"{url}/lti/launch",
            jwks_url=f"{url}/lti/jwks",
        )
    rig.world.ids["riverside-north"] = tool.connection_id
    rig.world.add_courses("riverside-north", "welding", "painting", "plating")
    for course in ("welding", "painting"):
        rig.assign("ann", course)
    config = NorthConfig(
        base_url=url,
        hub_url=settings.public_url,
        client_id=tool.client_id,
        deployment_id=tool.deployment_id,
        private_key_pem=private_pem(new_key()),
    )
    app = create_lms_north(config)
    rig.north = tool
    with serve(small_app(hub), hub_port), serve(app, lms_port):
        yield Lms(rig, Browser(rig, url), app)
    hub.close()
    drop_database(database)


def test_launch_score_statement(lms: Lms) -> None:
    page = lms.browser.launch("welding")
    assert page.status_code == 200, page.text
    assert "Welding" in page.text
    assert "ann" in page.text
    sent = lms.browser.finish(page, score_given="80")
    assert (sent["step"], sent["status"]) == ("score", 200), sent
    (statement,) = lms.rig.statements()
    assert statement["verb"]["id"] == VERBS + "completed"
    assert statement["object"]["id"] == "https://lms.example/courses/welding"
    assert statement["result"]["score"]["scaled"] == 0.8
    assert statement["actor"]["account"] == {"homePage": lms.rig.base, "name": sent["user_id"]}


@pytest.mark.requirement("B62")
def test_a_score_is_credited_once_for_every_dimension(lms: Lms) -> None:
    world = lms.rig.world
    world.add_rule("plating-quality", "plating", "service", positions=("technician",))
    world.add_rule("plating-offers", "plating", "sales", positions=("technician",))
    world.drain()
    page = lms.browser.launch("plating")
    for _ in range(2):
        assert lms.browser.finish(page, timestamp=datetime.now(UTC).isoformat())["status"] == 200
    world.drain()
    first = lms.rig.statements()[0]["id"]
    credited = {key: id for key, id in world.live_goals("ann").items() if key[0] == "plating"}
    assert credited == {("plating", "service"): first, ("plating", "sales"): first}


def test_the_same_score_sent_twice_is_one_statement(lms: Lms) -> None:
    page = lms.browser.launch("welding")
    when = datetime.now(UTC).isoformat(timespec="milliseconds")
    answers = [lms.browser.finish(page, score_given="80", timestamp=when) for _ in range(2)]
    assert [answer["status"] for answer in answers] == [200, 200]
    assert len(lms.rig.statements()) == 1


def test_a_score_for_a_stranger_is_refused_and_said(lms: Lms) -> None:
    page = lms.browser.launch("welding")
    lms.browser.finish(page)
    record = lms.rig.record()
    sent = lms.browser.finish(page, user_id="somebody-else")
    assert (sent["step"], sent["status"]) == ("score", 404)
    assert record.audited() == [("score", "refused", "user_not_in_context")]
    assert record.changed() <= {"lti_token", "lti_seen_jti"}


def test_a_launch_that_is_replayed_is_refused_on_both_sides(lms: Lms) -> None:
    rig = lms.rig
    login = start_launch(rig.hub, rig.world.ids["ann"], rig.world.ids["welding"], "session-1")
    page, form = lms.browser.open(login.address)
    assert lms.browser.session.post(form.action, data=form.fields).ok
    record = rig.record()
    _, again = lms.browser.open(page.url)
    assert again.fields["error"] == "access_denied"
    record.assert_refused("launch", "hint_reused")
    shown = lms.browser.session.post(again.action, data=again.fields)
    assert shown.status_code == 403
    assert "start the course again" in shown.text


def test_launches_and_scores_survive_a_rotation_of_the_platforms_key(lms: Lms) -> None:
    before = lms.browser.launch("welding")
    with lms.rig.hub.unit_of_work() as uow:
        rotate_platform_key(uow)
    after = lms.browser.launch("painting")
    assert after.status_code == 200, after.text
    for page in (before, after):
        assert lms.browser.finish(page)["status"] == 200
    assert len(lms.rig.statements()) == 2


def test_scores_survive_a_change_of_the_tools_key(lms: Lms) -> None:
    """The LMS is installed anew under the same address: another key, the same registration."""
    assert lms.browser.finish(lms.browser.launch("welding"))["status"] == 200
    tool = lms.rig.north
    config = NorthConfig(
        base_url=lms.browser.lms,
        hub_url=lms.rig.base,
        client_id=tool.client_id,
        deployment_id=tool.deployment_id,
        private_key_pem=private_pem(new_key()),
    )
    lms.rig.hub.clock.advance(seconds=11)  # type: ignore[attr-defined]
    lms.app.wsgi_app = create_lms_north(config).wsgi_app  # type: ignore[method-assign]
    assert lms.browser.finish(lms.browser.launch("painting"))["status"] == 200
    assert len(lms.rig.statements()) == 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("other_key", "assertion_signature"), ("jwks_empty", "unknown_kid"), ("jwks_500", "jwks_unreachable")],
)
def test_a_tool_with_wrong_keys_gets_no_token(lms: Lms, fault: str, reason: str) -> None:
    page = lms.browser.launch("welding")
    record = lms.rig.record()
    with faults_of(lms.app).on(fault):
        sent = lms.browser.finish(page)
    assert (sent["step"], sent["status"]) == ("token", 400)
    record.assert_refused("lti_token", reason)


def test_a_deactivated_tool_scores_no_more(lms: Lms) -> None:
    page = lms.browser.launch("welding")
    with lms.rig.hub.unit_of_work() as uow:
        set_tool_disabled(uow, lms.rig.north.connection_id, disabled=True)
    record = lms.rig.record()
    assert lms.browser.finish(page)["step"] == "token"
    record.assert_refused("lti_token", "tool_disabled")
