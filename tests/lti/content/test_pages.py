"""The pages on which an operator chooses courses in an LMS, in the whole application."""

import re

import pytest
from werkzeug.test import TestResponse

from hub.app import create_app
from hub.runtime import Hub
from hub.sso.sessions import Proved, start_session
from tests.lti.content.choosing import GOOD, Choosing
from tests.lti.rig import Form, Keys, Record, Rig

EVIL = {"type": "ltiResourceLink", "title": "<script>alert(1)</script>", "url": "https://evil.example/"}


class Operator:
    """Ann's browser at the hub's own pages."""

    def __init__(self, rig: Rig) -> None:
        self.choosing, self.rig = Choosing(rig), rig
        rig.app = create_app(rig.hub)
        rig.client = rig.app.test_client()
        self.sign_in("ann")

    def sign_in(self, person: str) -> None:
        with self.rig.hub.unit_of_work() as uow:
            token = start_session(
                uow, self.rig.world.ids[person], Proved(self.rig.world.ids["north"], "sub", "")
            )
        self.rig.client.set_cookie("hub_session", token, domain="127.0.0.1")

    def get(self, path: str) -> TestResponse:
        return self.rig.client.get(path, base_url=self.rig.base)

    def send(self, path: str, page: str = "", **form: str) -> TestResponse:
        """POST a form with the token that its page holds."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page or path).text)
        assert token
        data = {"csrf_token": token[1], **form}
        return self.rig.client.post(path, data=data, base_url=self.rig.base)

    def choose(self, *items: object, **form: str) -> str:
        """Open north, and choose there; the address of the page one comes back to."""
        begun = self.send("/admin/connections/north/browse", **form)
        assert begun.status_code == 303
        fields = dict(pair.split("=", 1) for pair in begun.location.partition("?")[2].split("&"))
        request = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": self.rig.north.client_id,
            "redirect_uri": "http://127.0.0.1:9/north/launch",
            "login_hint": fields["login_hint"],
            "lti_message_hint": fields["lti_message_hint"],
            "nonce": "nonce-1",
        }
        asked = self.rig.claims(Form(self.rig.authorize(request).text).fields["id_token"])
        answer = self.choosing.post(self.choosing.answer(asked, *items))
        assert answer.status_code == 303, answer.text
        return answer.location


@pytest.fixture
def operator(hub: Hub, key_server: Keys) -> Operator:
    return Operator(Rig(hub, key_server))


def test_an_operator_chooses_and_imports(operator: Operator) -> None:
    page = operator.choose(GOOD, {"type": "html"}, EVIL)
    shown = operator.get(page).text
    assert "Brakes" in shown
    assert "type_not_accepted" in shown
    assert "foreign_url" in shown
    assert "<script>alert" not in shown
    assert [*re.findall(r'name="item" value="(\d+)"', shown)] == ["0"]
    done = operator.send(page, item="0")
    assert (done.status_code, done.location) == (303, page)
    assert "1 course added." in operator.get(page).text
    again = operator.send(page, item="0")
    assert again.status_code == 303
    assert "1 course there before." in operator.get(page).text


def test_nothing_ticked_is_told_on_the_page(operator: Operator) -> None:
    page = operator.choose(GOOD)
    seen = Record(operator.rig.hub, operator.rig.keys)
    answer = operator.send(page)
    assert (answer.status_code, "Tick at least one course." in answer.text) == (400, True)
    seen.assert_refused("lti_content", "nothing_chosen")


def test_an_lms_that_sends_nothing(operator: Operator) -> None:
    assert "Nothing was chosen" in operator.get(operator.choose()).text


def test_one_course_alone(operator: Operator) -> None:
    page = operator.choose(GOOD, {**GOOD, "custom": {}}, one="1")
    assert "too_many" in operator.get(page).text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_dl4_pages_for_learners(operator: Operator, method: str) -> None:
    operator.sign_in("bob")
    seen = Record(operator.rig.hub, operator.rig.keys)
    path = "/admin/connections/north/browse"
    if method == "GET":
        assert operator.get(path).status_code == 403
    else:
        answer = operator.send(path, page="/my-training")
        assert answer.status_code == 403
    seen.assert_refused("admin", "not_operator")


def test_dl3_the_page_of_an_answer_in_another_session(operator: Operator) -> None:
    page = operator.choose(GOOD)
    operator.sign_in("ann")
    seen = Record(operator.rig.hub, operator.rig.keys)
    answer = operator.get(page)
    assert (answer.status_code, "other_session" in answer.text) == (403, True)
    seen.assert_refused("lti_content", "other_session")


def test_dl3_a_form_of_another_site(operator: Operator) -> None:
    page = operator.choose(GOOD)
    seen = Record(operator.rig.hub, operator.rig.keys)
    answer = operator.rig.client.post(page, data={"item": "0"}, base_url=operator.rig.base)
    assert answer.status_code == 400
    assert seen.audited() == [("form", "refused", "no_form_token")]
    assert seen.changed() <= {"request_count"}


def test_the_page_before_may_lead_to_the_lms(operator: Operator) -> None:
    page = operator.get("/admin/connections/north/browse")
    assert "Choose courses in LMS North" in page.text
    assert "form-action 'self' https:" in page.headers["Content-Security-Policy"]


def test_an_answer_is_read_up_to_four_megabytes(operator: Operator) -> None:
    items = [{**GOOD, "text": "x" * 1900, "custom": {"n": n}} for n in range(900)]
    shown = operator.get(operator.choose(*items)).text
    assert "400 items are left out" in shown
