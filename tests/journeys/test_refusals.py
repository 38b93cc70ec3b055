"""What goes wrong is said in words, with what to do; nothing is lost, nothing half written, one audit row says why."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from hub.network.systems.connections import find_connection
from hub.testing.demo.browser import Browser, Form, Page
from hub.testing.demo.story import NADIA, OLU, PASSWORD
from hub.xapi.callers.credentials import WRITE, create_credential, revoke_credential
from tests.journeys.play import Play, Record


def test_wrong_password_at_the_idp_lets_nobody_in(play: Play) -> None:
    browser, login = play.login_page(OLU)
    record = play.record()
    page = browser.submit(login.form("/login"), username=OLU.email, password="wrong")
    assert (page.status, page.url.startswith(play.stage.riverside_url)) == (401, True)
    assert "User name or password is wrong. Nobody was signed in." in page.text
    record.assert_nothing()  # the employer keeps it to himself
    assert "/sign-in" in browser.get("/my-training").url
    page = browser.submit(page.form("/login"), decision="cancel")
    _assert_not_signed_in(browser, page, 403, "You did not finish signing in", record, "sign_in_cancelled")


def test_idp_that_is_down_lets_nobody_in_and_the_next_attempt_works(play: Play) -> None:
    browser, login = play.login_page(OLU)
    record = play.record()
    with play.faults(play.stage.riverside_url, "token_500"):
        page = browser.submit(login.form("/login"), username=OLU.email, password=PASSWORD)
    _assert_not_signed_in(browser, page, 502, "does not answer as it should", record, "idp_status")
    assert "Try again in a few minutes; nothing of your training is lost." in page.text
    assert play.sign_in(OLU).get("/my-training").status == 200


def test_idp_whose_metadata_and_keys_are_down_stops_nobody(play: Play) -> None:
    with play.faults(play.stage.riverside_url, "metadata_500", "jwks_500"):
        browser, login = play.login_page(OLU)
        page = browser.submit(login.form("/login"), username=OLU.email, password=PASSWORD)
    assert (page.status, OLU.given_name in page.text) == (200, True)


@pytest.mark.parametrize(
    ("fault", "reason"), [("other_key", "bad_signature"), ("alg_none", "algorithm_not_allowed")]
)
def test_forged_id_token_lets_nobody_in(play: Play, fault: str, reason: str) -> None:
    browser, login = play.login_page(OLU)
    record = play.record()
    with play.faults(play.stage.riverside_url, fault):
        page = browser.submit(login.form("/login"), username=OLU.email, password=PASSWORD)
    _assert_not_signed_in(browser, page, 403, "Your sign-in could not be verified.", record, reason)


def test_lms_that_is_down_loses_nothing_and_the_course_starts_later(play: Play) -> None:
    browser = play.sign_in(NADIA)
    _launch(browser, "Brake systems")
    start = _start_button(browser, "Brake systems")
    record = play.record()
    with play.faults(play.stage.north_url, "down"):
        page = browser.submit(start)
    assert (page.status, page.url.startswith(play.stage.north_url)) == (503, True)
    assert "This learning system is down for maintenance. Try again later." in page.text
    assert record.changed() == {"lti_launch"}
    assert record.audited() == [("launch_begun", "done", "")]
    page = browser.submit(_start_button(browser, "Brake systems"))
    assert (page.status, NADIA.name in page.text) == (200, True)


def test_login_hint_of_a_launch_works_once(play: Play) -> None:
    browser = play.sign_in(NADIA)
    seen = _launch(browser, "Brake systems")
    login = next(r for r in seen if r.path_url.startswith("/lti/login"))
    record = play.record()
    page = browser.get(str(login.url))
    assert (page.status, page.url.startswith(play.stage.north_url)) == (403, True)
    assert "This launch was used before. Go back to My training and start the course again." in page.text
    record.assert_refused("launch", "hint_reused")


def test_id_token_that_is_posted_again_changes_nothing_at_the_hub(play: Play) -> None:
    browser = play.sign_in(NADIA)
    seen = _launch(browser, "Brake systems")
    posted = next(r for r in seen if r.method == "POST" and r.path_url == "/lti/launch")
    record = play.record()
    browser.session.post(
        str(posted.url),
        data=posted.body,
        headers={"Content-Type": posted.headers["Content-Type"]},
        timeout=15,
    )
    record.assert_nothing()


def test_score_for_a_stranger_is_refused(play: Play) -> None:
    browser = play.sign_in(NADIA)
    course = browser.submit(_start_button(browser, "Brake systems"))
    record = play.record()
    answer = browser.post_json(f"{course.url}/finish", user_id="nobody").json()
    assert (answer["step"], answer["status"]) == ("score", 404)
    for words in ("Nobody with this userId has launched this course.", "userId is the sub of a launch"):
        assert words in answer["answer"]
    record.assert_refused("score", "user_not_in_context")


def test_malformed_statement_is_refused_with_the_place_of_the_mistake(play: Play) -> None:
    record = play.record()
    with play.faults(play.stage.south_url, "malformed_statement"):
        answer = _report(play, NADIA.south_id)
    assert answer["status"] == 400
    for words in ("nothing was stored.", "Correct what the problems name", "statement.verb", "is missing"):
        assert words in answer["answer"]
    record.assert_refused("statement", "bad_statement")


def test_statement_with_a_revoked_credential_is_refused(play: Play) -> None:
    with play.hub.unit_of_work() as uow:
        credential = create_credential(uow, find_connection(uow, "lms-south").id, [WRITE])
    with play.hub.unit_of_work() as uow:
        revoke_credential(uow, credential.key)
    record = play.record()
    answer = requests.post(
        f"{play.stage.hub_url}/xapi/statements",
        json={
            "actor": {"account": {"homePage": play.stage.south_url, "name": NADIA.south_id}},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
            "object": {"id": f"{play.stage.south_url}/courses/high-voltage"},
        },
        headers={"X-Experience-API-Version": "1.0.3"},
        auth=(credential.key, credential.secret),
        timeout=15,
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "credential_revoked")
    assert answer.json()["message"] == "This credential was revoked."
    assert "Ask the hub's administrators" in answer.json()["help"]
    record.assert_refused("statement", "credential_revoked")


def _assert_not_signed_in(
    browser: Browser, page: Page, status: int, words: str, record: Record, reason: str
) -> None:
    """The hub's page says what happened and what to do, and the browser has no session."""
    assert (page.status, page.url.startswith(browser.home)) == (status, True)
    assert words in page.text
    assert "begin again" in page.text or "Try again" in page.text
    assert reason in page.text  # the code to pass on
    record.assert_refused("sign_in", reason)
    assert "/sign-in" in browser.get("/my-training").url


def _start_button(browser: Browser, title: str) -> Form:
    forms = browser.get("/my-training").forms
    return next(form for form in forms if "/launch/" in form.action and title in form.words)


def _launch(browser: Browser, title: str) -> list[requests.PreparedRequest]:
    """Launch a course and return every request the browser made for it."""
    start = _start_button(browser, title)
    with _requests_of(browser) as seen:
        assert browser.submit(start).status == 200
    return seen


@contextmanager
def _requests_of(browser: Browser) -> Iterator[list[requests.PreparedRequest]]:
    seen: list[requests.PreparedRequest] = []

    def note(response: requests.Response, *_: Any, **__: Any) -> None:
        seen.append(response.request)

    hooks = browser.session.hooks["response"]
    hooks.append(note)
    try:
        yield seen
    finally:
        hooks.remove(note)


def _report(play: Play, user_id: str) -> dict[str, Any]:
    """What became of one statement that LMS South sent of one of its users."""
    form = {"user_id": user_id, "activity": f"{play.stage.south_url}/courses/high-voltage"}
    answer = requests.post(f"{play.stage.south_url}/statements", data=form, timeout=15).json()
    assert isinstance(answer, dict)
    return answer
