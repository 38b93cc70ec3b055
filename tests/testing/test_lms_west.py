"""LMS West: what it tells a tool, what it takes from it, and the faults a test can switch on."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import requests
from flask import Flask, jsonify
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet, RSAKey

from hub.testing.faults import faults_of
from hub.testing.keys import new_key
from hub.testing.lms_west import INSTRUCTOR, West, WestConfig, create_lms_west, west_of
from hub.testing.lti_platform import AGS, ASSERTION_TYPE, CLAIM, DEEP_LINKING, NRPS
from hub.testing.serve import free_port, serve
from hub.testing.west_services import Placed, WestPerson
from tests.lti.rig import Form

SCORE_SCOPE = f"{AGS}scope/score"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"


@dataclass
class Running:
    """A running LMS West, and the key of the hub that stands beside it."""

    app: Flask
    url: str
    hub_url: str
    key: RSAKey
    session: requests.Session

    @property
    def west(self) -> West:
        return west_of(self.app)

    def authorize(self, resource: str = "brakes", sub: str = "ann", **changes: str) -> requests.Response:
        """The answer to the hub's authentication request for a launch that was just begun."""
        fields = self.west.launch_form(sub, resource).fields
        asked = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": "training-hub",
            "redirect_uri": f"{self.hub_url}/lti/tool/launch",
            "state": "state-1",
            "nonce": "nonce-1",
            "login_hint": fields["login_hint"],
            "lti_message_hint": fields["lti_message_hint"],
        } | changes
        return self.session.get(f"{self.url}/lti/authorize", params=asked)

    def claims(self, page: requests.Response) -> dict[str, Any]:
        """What the page's id_token says, by the published keys."""
        keys = KeySet.import_key_set(self.session.get(f"{self.url}/lti/jwks").json())
        return jwt.decode(Form(page.text).fields["id_token"], keys, algorithms=["RS256"]).claims

    def ask_token(self, scope: str, **changes: object) -> requests.Response:
        now = int(time.time())
        claims = {
            "iss": "training-hub",
            "sub": "training-hub",
            "aud": f"{self.url}/lti/token",
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid4()),
        } | changes
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key),
            "scope": scope,
        }
        return self.session.post(f"{self.url}/lti/token", data=form)

    def call(self, method: str, url: str, scope: str, **more: Any) -> requests.Response:
        """Call a service with a token of one scope."""
        headers = {"Authorization": f"Bearer {self.ask_token(scope).json()['access_token']}"}
        return self.session.request(method, url, headers=headers | more.pop("headers", {}), **more)

    def score(self, given: float, at: str = "2026-05-04T09:00:00Z", user: str = "ann") -> requests.Response:
        url = self.west.gradebook.line_item_url("brakes").replace("?", "/scores?")
        body = {
            "userId": user,
            "scoreGiven": given,
            "scoreMaximum": 10,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": at,
        }
        return self.call("POST", url, SCORE_SCOPE, json=body, headers={"Content-Type": SCORE_TYPE})


@pytest.fixture
def running(key_pem: str) -> Iterator[Running]:
    key = new_key()
    hub = Flask("hub")
    hub.add_url_rule("/lti/jwks", "jwks", lambda: jsonify(keys=[key.as_dict(private=False)]))
    port = free_port()
    with serve(hub) as hub_url, requests.Session() as session:
        session.trust_env = False
        config = WestConfig(
            base_url=f"http://127.0.0.1:{port}",
            hub_url=hub_url,
            private_key_pem=key_pem,
            slow_seconds=0.2,
            people=(
                WestPerson("ann", "Ann Tester", "ann@west.example"),
                WestPerson("bob", "Bob Tester", roles=("Learner",)),
                WestPerson("tina", "Tina Teacher", roles=(INSTRUCTOR,)),
            ),
            placed=(
                Placed("brakes", "Brakes", f"{hub_url}/lti/tool/open/home"),
                Placed("plan", "Plan", graded=False),
            ),
        )
        app = create_lms_west(config)
        with serve(app, port):
            yield Running(app, config.base_url, hub_url, key, session)


def test_a_launch_begins_at_the_hubs_login(running: Running) -> None:
    page = running.session.get(f"{running.url}/open/ann/brakes")
    form = Form(page.text)
    assert form.action == f"{running.hub_url}/lti/tool/login"
    assert form.fields["iss"] == running.url
    assert form.fields["target_link_uri"] == f"{running.hub_url}/lti/tool/open/home"
    assert form.fields["login_hint"] != "ann"


def test_an_id_token_says_who_what_and_where_scores_go(running: Running) -> None:
    page = running.authorize()
    assert (Form(page.text).action, Form(page.text).fields["state"]) == (
        f"{running.hub_url}/lti/tool/launch",
        "state-1",
    )
    claims = running.claims(page)
    assert (claims["iss"], claims["aud"], claims["sub"]) == (running.url, "training-hub", "ann")
    assert (claims["nonce"], claims["name"]) == ("nonce-1", "Ann Tester")
    assert claims[f"{CLAIM}deployment_id"] == "west-1"
    assert claims[f"{CLAIM}resource_link"] == {"id": "brakes", "title": "Brakes"}
    assert claims[f"{AGS}claim/endpoint"]["lineitem"].endswith("/lineitems/brakes?type_id=1")
    assert "lineitem" not in running.claims(running.authorize("plan"))[f"{AGS}claim/endpoint"]


def test_a_launch_works_once_and_only_for_the_registered_address(running: Running) -> None:
    fields = running.west.launch_form("ann", "brakes").fields
    hints = {name: fields[name] for name in ("login_hint", "lti_message_hint")}
    assert running.authorize(redirect_uri="https://evil.example/", **hints).status_code == 400
    assert running.authorize(**hints).status_code == 200
    assert running.authorize(**hints).status_code == 400


@pytest.mark.parametrize(
    ("fault", "claim", "value"),
    [
        ("wrong_iss", "iss", None),
        ("wrong_aud", "aud", "another-tool"),
        ("wrong_nonce", "nonce", "made-up"),
        ("other_deployment", f"{CLAIM}deployment_id", "another"),
        ("other_target", f"{CLAIM}target_link_uri", "https://evil.example/"),
    ],
    ids=str,
)
def test_a_fault_changes_one_claim(running: Running, fault: str, claim: str, value: str | None) -> None:
    good = running.claims(running.authorize())
    with faults_of(running.app).on(fault):
        bad = running.claims(running.authorize())
    changed = {name for name in good if good[name] != bad[name]} - {"iat", "exp"}
    assert changed == {claim}
    assert bad[claim] == (value or f"{running.url}/")


def test_faults_of_signatures(running: Running) -> None:
    faults = faults_of(running.app)
    with faults.on("other_key"), pytest.raises(BadSignatureError):
        running.claims(running.authorize())
    with faults.on("alg_none"):
        assert Form(running.authorize().text).fields["id_token"].endswith(".")
    with faults.on("anonymous"):
        assert "sub" not in running.claims(running.authorize())


def test_any_claims_can_be_signed(running: Running) -> None:
    token = running.west.platform.sign({"iss": "anybody", "iat": "text"}, kid="another")
    keys = running.west.platform.keys.current
    assert jwt.decode(token, keys, algorithms=["RS256"]).claims == {"iss": "anybody", "iat": "text"}


@pytest.mark.parametrize(
    "changes", [{"iss": "x"}, {"aud": "x"}, {"exp": 1}, {"jti": ""}, {"sub": "x"}], ids=str
)
def test_a_wrong_assertion_gets_no_token(running: Running, changes: dict[str, object]) -> None:
    assert running.ask_token(SCORE_SCOPE, **changes).status_code == 401


def test_the_gradebook_keeps_the_newest_score_in_its_own_scale(running: Running) -> None:
    assert running.score(7).status_code == 200
    assert running.score(3, at="2026-05-04T08:00:00Z").status_code == 200
    (grade,) = running.session.get(f"{running.url}/gradebook").json()
    assert (grade["user_id"], grade["points"], grade["maximum"]) == ("ann", 70, 100)
    assert [score["scoreGiven"] for _, score in running.west.gradebook.scores] == [7, 3]
    assert "70.0 of 100" in running.session.get(running.url).text


def test_a_score_is_refused_without_query_scope_or_known_user(running: Running) -> None:
    item = running.west.gradebook.line_item_url("brakes")
    body = {"userId": "ann"}
    assert running.call("POST", f"{item.partition('?')[0]}/scores", SCORE_SCOPE, json=body).status_code == 404
    readonly = f"{AGS}scope/result.readonly"
    assert running.call("POST", item.replace("?", "/scores?"), readonly, json=body).status_code == 403
    assert running.session.post(item.replace("?", "/scores?"), json=body).status_code == 401
    assert running.score(1, user="eve").status_code == 404
    assert running.west.gradebook.scores == []


@pytest.mark.parametrize(
    ("fault", "status"),
    [("server_error", 500), ("forbidden", 403), ("not_found", 404), ("not_gradable", 422), ("too_many", 429)],
)
def test_faults_of_services(running: Running, fault: str, status: int) -> None:
    with faults_of(running.app).on(fault):
        assert running.score(1).status_code == status
    assert running.score(1).status_code == 200


def test_faults_of_keys_and_tokens(running: Running) -> None:
    faults, url = faults_of(running.app), f"{running.url}/lti/jwks"
    with faults.on("jwks_500"):
        assert running.session.get(url).status_code == 500
    with faults.on("jwks_loop"):
        assert running.session.get(url, allow_redirects=False).headers["Location"] == "/lti/jwks"
    with faults.on("token_500"):
        assert running.ask_token(SCORE_SCOPE).status_code == 500
    with faults.on("down"):
        assert running.session.get(url).status_code == 503
        assert running.session.get(f"{running.url}/healthz").ok


def test_the_roster_comes_in_pages_and_by_role(running: Running) -> None:
    scope, url = f"{NRPS}scope/contextmembership.readonly", f"{running.url}/lti/contexts/course-1/members"
    first = running.call("GET", url, scope)
    assert [member["user_id"] for member in first.json()["members"]] == ["ann", "bob"]
    second = running.call("GET", first.links["next"]["url"], scope)
    assert [member["user_id"] for member in second.json()["members"]] == ["tina"]
    assert "next" not in second.links
    taught = running.call("GET", url, scope, params={"role": INSTRUCTOR})
    assert [member["user_id"] for member in taught.json()["members"]] == ["tina"]


def test_what_is_picked_in_the_hub_can_be_launched(running: Running) -> None:
    item = {
        "type": "ltiResourceLink",
        "title": "Batteries",
        "url": f"{running.hub_url}/lti/tool/open/home",
        "lineItem": {"scoreMaximum": 50},
    }
    claims = {
        "iss": "training-hub",
        "aud": running.url,
        f"{CLAIM}message_type": "LtiDeepLinkingResponse",
        f"{CLAIM}deployment_id": "west-1",
        f"{DEEP_LINKING}content_items": [item],
    }
    token = jwt.encode({"alg": "RS256", "kid": running.key.kid}, claims, running.key)
    answer = running.session.post(f"{running.url}/lti/picked", data={"JWT": token})
    assert "Batteries" in answer.text
    placed = running.west.gradebook.placed["placed-3"]
    assert (placed.title, placed.maximum, placed.graded) == ("Batteries", 50, True)
    assert running.session.post(f"{running.url}/lti/picked", data={"JWT": token + "x"}).status_code == 401
    other = jwt.encode({"alg": "RS256", "kid": running.key.kid}, claims | {"aud": "x"}, running.key)
    assert running.session.post(f"{running.url}/lti/picked", data={"JWT": other}).status_code == 400


def test_picking_begins_with_a_deep_linking_request(running: Running) -> None:
    form = Form(running.session.get(f"{running.url}/pick/tina").text)
    hints = {name: form.fields[name] for name in ("login_hint", "lti_message_hint")}
    claims = running.claims(running.authorize(**hints))
    assert claims[f"{CLAIM}message_type"] == "LtiDeepLinkingRequest"
    assert (
        claims[f"{DEEP_LINKING}deep_linking_settings"]["deep_link_return_url"] == f"{running.url}/lti/picked"
    )
