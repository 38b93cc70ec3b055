"""The simulated LMSs: what they answer before a launch, and how LMS South sends statements."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask, Response, make_response, request

from hub.testing.faults import faults_of
from hub.testing.lms_north import NorthConfig, create_lms_north
from hub.testing.lms_south import SouthConfig, create_lms_south
from hub.testing.serve import free_port, serve

HUB = "http://127.0.0.1:9"


@dataclass
class Lms:
    """A running LMS and the browser that talks to it."""

    app: Flask
    url: str
    session: requests.Session

    def log_in(self, method: str = "POST", **changes: str) -> requests.Response:
        """Start a launch, as the hub's page does."""
        fields = {
            "iss": HUB,
            "login_hint": "hint-1",
            "target_link_uri": f"{self.url}/lti/launch",
            "client_id": "tool-1",
            "lti_message_hint": "message-1",
        } | changes
        url = f"{self.url}/lti/login"
        if method == "GET":
            return self.session.get(url, params=fields, allow_redirects=False)
        return self.session.post(url, data=fields, allow_redirects=False)


@pytest.fixture(params=["north", "south"])
def lms(request: pytest.FixtureRequest, key_pem: str) -> Iterator[Lms]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = create_north(url, key_pem) if request.param == "north" else create_south(url, HUB, key_pem)
    with serve(app, port), requests.Session() as session:
        session.trust_env = False
        yield Lms(app, url, session)


def create_north(url: str, key_pem: str) -> Flask:
    config = NorthConfig(
        base_url=url, hub_url=HUB, client_id="tool-1", deployment_id="d1", private_key_pem=key_pem
    )
    return create_lms_north(config)


def create_south(url: str, hub_url: str, key_pem: str) -> Flask:
    config = SouthConfig(
        base_url=url,
        hub_url=hub_url,
        client_id="tool-1",
        deployment_id="d1",
        private_key_pem=key_pem,
        xapi_username="south",
        xapi_password="pass",
    )
    return create_lms_south(config)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_login_goes_to_the_authorize_url_with_state_and_nonce(lms: Lms, method: str) -> None:
    answer = lms.log_in(method)
    assert answer.status_code == 302
    where = urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{HUB}/lti/authorize"
    asked = {name: value[0] for name, value in parse_qs(where.query).items()}
    assert asked.pop("nonce")
    state = asked.pop("state")
    assert asked == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": "tool-1",
        "redirect_uri": f"{lms.url}/lti/launch",
        "login_hint": "hint-1",
        "lti_message_hint": "message-1",
    }
    name = str(lms.app.config["SESSION_COOKIE_NAME"]).removesuffix("-page")
    assert lms.session.cookies[f"{name}-{state}"] == state
    assert "Secure" not in answer.headers["Set-Cookie"], "a Secure cookie is lost on plain http"


def test_two_logins_differ_in_state_and_nonce(lms: Lms) -> None:
    first, second = (parse_qs(urlsplit(lms.log_in().headers["Location"]).query) for _ in range(2))
    assert first["state"] != second["state"]
    assert first["nonce"] != second["nonce"]


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "http://127.0.0.1:10"},
        {"client_id": "another"},
        {"target_link_uri": "http://evil.example/lti/launch"},
        {"target_link_uri": ""},
        {"login_hint": ""},
    ],
    ids=str,
)
def test_a_wrong_login_is_refused(lms: Lms, changes: dict[str, str]) -> None:
    answer = lms.log_in(**changes)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "form", [{}, {"id_token": "a.b.c", "state": "state-unknown"}, {"id_token": "e30.e30.e30"}], ids=str
)
def test_a_forged_launch_is_refused(lms: Lms, form: dict[str, str]) -> None:
    lms.log_in()
    answer = lms.session.post(f"{lms.url}/lti/launch", data=form, allow_redirects=False)
    assert answer.status_code == 400
    assert "Go back to the hub" in answer.text


def test_an_error_of_the_hub_is_shown_escaped(lms: Lms) -> None:
    form = {"error": "login_required", "error_description": "Sign in <first>."}
    answer = lms.session.post(f"{lms.url}/lti/launch", data=form)
    assert answer.status_code == 403
    assert "Sign in &lt;first&gt;." in answer.text


def test_a_launch_that_does_not_exist_is_refused(lms: Lms) -> None:
    lms.log_in()
    assert lms.session.get(f"{lms.url}/launches/lti1p3-launch-made-up").status_code == 400


def test_the_keys_are_public_and_faults_take_them_away(lms: Lms) -> None:
    faults, url = faults_of(lms.app), f"{lms.url}/lti/jwks"
    (key,) = lms.session.get(url).json()["keys"]
    assert (key["kty"], key["alg"]) == ("RSA", "RS256")
    assert "d" not in key
    with faults.on("jwks_empty"):
        assert lms.session.get(url).json() == {"keys": []}
    with faults.on("jwks_500"):
        assert lms.session.get(url).status_code == 500
    with faults.on("down"):
        assert lms.log_in().status_code == 503
    assert lms.log_in().status_code == 302


@dataclass
class Store:
    """Stands in for the hub's record store: remembers requests and answers as it is told."""

    status: int = 204
    body: str = ""
    seen: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def create(self) -> Flask:
        app = Flask("store")

        @app.route("/xapi/statements", methods=["PUT", "POST"])
        def statements() -> Response:
            self.headers = dict(request.headers)
            self.seen.append((request.method, request.args.get("statementId", ""), request.get_json()))
            return make_response(self.body, self.status)

        return app


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"south:{password}".encode()).decode()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def south(store: Store, key_pem: str) -> Iterator[Lms]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with serve(store.create()) as hub_url, requests.Session() as session:
        session.trust_env = False
        app = create_south(url, hub_url, key_pem)
        with serve(app, port):
            yield Lms(app, url, session)


def test_a_statement_names_the_learner_in_souths_own_way(south: Lms, store: Store) -> None:
    form = {"user_id": "S-77", "activity": "brakes", "verb": "passed", "score": "88"}
    answer = south.session.post(f"{south.url}/statements", data=form)
    assert answer.status_code == 200
    ((method, statement_id, statement),) = store.seen
    assert (method, statement_id) == ("PUT", answer.json()["statement_id"])
    actor = {"objectType": "Agent", "account": {"homePage": south.url, "name": "S-77"}}
    assert statement["actor"] == actor
    assert statement["verb"] == {
        "id": "http://adlnet.gov/expapi/verbs/passed",
        "display": {"en-US": "passed"},
    }
    assert dict(statement["object"])["id"] == f"{south.url}/courses/brakes"  # type: ignore[call-overload]
    assert statement["result"] == {
        "score": {"scaled": 0.88, "raw": 88, "min": 0, "max": 100},
        "success": True,
        "completion": True,
    }
    assert store.headers["X-Experience-Api-Version"] == "1.0.3"
    assert store.headers["Authorization"] == basic("pass")


def test_the_same_form_with_its_id_sends_the_same_statement(south: Lms, store: Store) -> None:
    form = {"user_id": "S-77", "activity": "brakes", "verb": "passed", "score": "88"}
    first = south.session.post(f"{south.url}/statements", data=form).json()
    again = form | {"statement_id": first["statement_id"]}
    south.session.post(f"{south.url}/statements", data=again)
    south.session.post(f"{south.url}/statements", data=again | {"score": "12"})
    one, two, other = (json.dumps(statement) for _, _, statement in store.seen)
    assert one == two
    assert one != other


def test_the_store_may_assign_the_id(south: Lms, store: Store) -> None:
    store.status, store.body = 200, '["2e9ba4d7-4b3a-4a9e-8d6e-5a1f3a6f2b11"]'
    form = {"user_id": "S-77", "activity": "brakes", "assign_id": "hub"}
    answer = south.session.post(f"{south.url}/statements", data=form).json()
    assert answer["statement_id"] == "2e9ba4d7-4b3a-4a9e-8d6e-5a1f3a6f2b11"
    assert store.seen[0][0] == "POST"
    assert "id" not in store.seen[0][2]


def test_what_the_store_refuses_is_shown(south: Lms, store: Store) -> None:
    store.status, store.body = 400, "no verb"
    form = {"user_id": "S-77", "activity": "brakes"}
    with faults_of(south.app).on("malformed_statement", "wrong_password"):
        answer = south.session.post(f"{south.url}/statements", data=form)
    assert answer.status_code == 502
    assert (answer.json()["status"], answer.json()["answer"]) == (400, "no verb")
    assert "verb" not in store.seen[0][2]
    assert store.headers["Authorization"] == basic("not-it")


def test_a_store_that_is_down_is_shown(south: Lms, key_pem: str) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    form = {"user_id": "S-77", "activity": "brakes"}
    with serve(create_south(url, HUB, key_pem), int(url.rsplit(":", 1)[1])):
        answer = south.session.post(f"{url}/statements", data=form)
    assert answer.status_code == 502
    assert answer.json()["status"] == 0
    assert "did not answer" in answer.json()["answer"]


@pytest.mark.parametrize(
    "form,headers,status",
    [
        ({"user_id": "S-77"}, {}, 400),
        ({"activity": "brakes"}, {}, 400),
        ({"user_id": "S-77", "activity": "brakes", "score": "good"}, {}, 400),
        ({"user_id": "S-77", "activity": "brakes", "statement_id": "7"}, {}, 400),
        ({"user_id": "S-77", "activity": "brakes", "timestamp": "soon"}, {}, 400),
        ({"user_id": "S-77", "activity": "brakes"}, {"Origin": "http://evil.example"}, 403),
    ],
    ids=str,
)
def test_control_requests_that_make_no_statement(
    south: Lms, store: Store, form: dict[str, str], headers: dict[str, str], status: int
) -> None:
    assert south.session.post(f"{south.url}/statements", data=form, headers=headers).status_code == status
    assert store.seen == []
