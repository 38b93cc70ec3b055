"""Signing in at a system behind the hub, and row WB6: what is refused at its authorization endpoint."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa

from hub.app import create_app
from hub.limits import Limit
from hub.network.people.person import grant_role
from hub.network.tables import person as person_table
from hub.runtime import Hub
from hub.sso.provider import authorize
from hub.sso.provider.clients import set_client_disabled, update_client
from hub.sso.tables import web_session
from tests.apps import app_of
from tests.sso.provider.rig import BACK, Downstream, connect_downstream, payload, told
from tests.sso.rig import BORIS, TESS, Browser, Idp, Record, add_person


def test_a_client_learns_who_signed_in_at_the_partners_provider(lms: Downstream, tess: str) -> None:
    answer = lms.answer()
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("st&te", lms.hub.settings.public_url)
    response = lms.exchange(answer["code"])
    assert response.headers["Cache-Control"] == "no-store"
    tokens = response.json or {}
    said = (tokens["token_type"], tokens["expires_in"], tokens["scope"])
    assert said == ("Bearer", 900, "openid profile email")
    claims = lms.claims(tokens["id_token"])
    assert (claims["aud"], claims["nonce"], claims["iss"]) == (lms.client_id, "n-1", answer["iss"])
    assert claims["sub"] != tess
    about = lms.userinfo(tokens["access_token"])
    assert about.json == {
        "sub": claims["sub"],
        "name": "Tess Okafor",
        "given_name": "Tess",
        "family_name": "Okafor",
        "email": TESS.email,
        "email_verified": False,
        "locale": "en",
    }
    assert lms.audited()[-1] == ("client_sign_in", "done", "")


def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(
    stranger: Downstream, browser: Browser, riverside: Idp
) -> None:
    away = stranger.ask(state="x" * 3000)
    page, _, query = away.headers["Location"].partition("?")
    back = dict(parse_qsl(query))["return_to"]
    assert (away.status_code, page) == (303, "/sign-in")
    assert browser.sign_in(riverside, return_to=back).headers["Location"] == back
    assert told(browser.get(back))["state"] == "x" * 3000


def test_a_posted_request_becomes_one_that_carries_cookies(lms: Downstream) -> None:
    answer = lms.post("/oauth/authorize", {}, client_id=lms.client_id, scope="openid a&b")
    assert answer.status_code == 303
    assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query)) == {
        "client_id": lms.client_id,
        "scope": "openid a&b",
    }


def test_claims_are_told_by_scope_and_as_far_as_the_client_may(lms: Downstream) -> None:
    assert (lms.userinfo(lms.sign_in(scope="openid")["access_token"]).json or {}).keys() == {"sub"}
    with lms.hub.unit_of_work() as uow:
        update_client(uow, lms.client_id, scopes=["email"])
    tokens = lms.sign_in()
    assert tokens["scope"] == "openid email"
    assert (lms.userinfo(tokens["access_token"]).json or {}).keys() == {"sub", "email", "email_verified"}


def test_subjects_belong_to_the_system_unless_public_ones_are_chosen(
    lms: Downstream, browser: Browser, tess: str
) -> None:
    other = connect_downstream(lms.hub, browser, "other")
    public = connect_downstream(lms.hub, browser, "public", subject_type="public")
    first, second = (payload(one.sign_in()["id_token"])["sub"] for one in (lms, other))
    assert first == payload(lms.sign_in()["id_token"])["sub"] != second
    assert payload(public.sign_in()["id_token"])["sub"] == tess


def test_wb6_unknown_client(lms: Downstream) -> None:
    record = Record(lms.hub)
    for client_id in (lms.connection_id, "x' OR 1=1 --", "\0", None):
        answer = lms.ask(client_id=client_id)
        assert (answer.status_code, (answer.json or {})["code"]) == (400, "unknown_client")
    assert record.audit_since() == [("client_sign_in", "refused", "unknown_client")] * 4
    assert record.changed_tables() == set()


def test_wb6_redirect_uri_not_exact_is_told_on_a_page_of_the_hub(lms: Downstream) -> None:
    record = Record(lms.hub)
    answer = lms.ask(redirect_uri=BACK + "&more=1")
    assert (answer.status_code, (answer.json or {})["code"]) == (400, "unregistered_redirect_uri")
    assert "Location" not in answer.headers
    assert record.audit_since() == [("client_sign_in", "refused", "unregistered_redirect_uri")]


def test_wb6_a_client_that_is_switched_off(lms: Downstream) -> None:
    with lms.hub.unit_of_work() as uow:
        set_client_disabled(uow, lms.client_id, disabled=True)
    answer = lms.ask()
    assert (answer.status_code, (answer.json or {})["code"]) == (403, "client_disabled")


def test_wb6_no_pkce_is_told_to_the_client(lms: Downstream) -> None:
    record = Record(lms.hub)
    answer = lms.answer(code_challenge=None, code_challenge_method=None)
    assert (answer["error"], answer["state"]) == ("invalid_request", "st&te")
    assert answer["iss"] == lms.hub.settings.public_url
    assert record.audit_since() == [("client_sign_in", "refused", "no_pkce")]
    assert record.changed_tables() == set()


def test_wb6_prompt_none_without_session(stranger: Downstream) -> None:
    record = Record(stranger.hub)
    assert stranger.answer(prompt="none")["error"] == "login_required"
    assert record.audit_since() == [("client_sign_in", "refused", "no_session")]
    assert record.changed_tables() == set()


def test_prompt_none_with_a_session_asks_nobody(lms: Downstream) -> None:
    assert "code" in lms.answer(prompt="none")


def test_a_sign_in_that_is_too_old_is_done_anew_by_the_same_provider(
    lms: Downstream, browser: Browser, riverside: Idp
) -> None:
    lms.sign_in()
    with lms.hub.unit_of_work() as uow:
        long_ago = uow.now - timedelta(minutes=10)
        uow.connection.execute(sa.update(web_session).values(authenticated_at=long_ago))
    assert lms.answer(prompt="none", max_age="300")["error"] == "login_required"
    away = lms.ask(max_age="300")
    assert away.headers["Location"].startswith(riverside.issuer)
    returned = browser.come_back(riverside, browser.log_in(away.headers["Location"]))
    assert returned.headers["Location"].startswith("/oauth/resume/")
    assert "code" in told(browser.get(returned.headers["Location"]))
    assert lms.deliveries() == [], "the session before was replaced, and nobody signed out"


def test_prompt_login_cannot_be_passed_by_going_back(
    lms: Downstream, browser: Browser, riverside: Idp
) -> None:
    away = lms.ask(prompt="login")
    assert away.headers["Location"].startswith(riverside.issuer)
    with lms.hub.reading() as uow:
        flow = uow.connection.execute(
            sa.text("SELECT return_to FROM sign_in_flow WHERE purpose = 'again'")
        ).one()
    again = browser.get(flow.return_to)
    assert again.headers["Location"].startswith(riverside.issuer), "the same session is still no new sign-in"


@pytest.mark.parametrize("fault", ["old_auth_time", "missing_auth_time"])
def test_a_provider_that_asks_nobody_again_does_not_pass_for_a_new_sign_in(
    lms: Downstream, browser: Browser, riverside: Idp, fault: str
) -> None:
    riverside.faults.switch(fault)
    away = lms.ask(prompt="login").headers["Location"]
    asked = dict(parse_qsl(urlsplit(away).query))
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    refused = browser.come_back(riverside, browser.log_in(away))
    assert (refused.json or {})["code"] == "not_authenticated_again"
    assert lms.audited()[-1] == ("sign_in", "refused", "not_authenticated_again")


@pytest.mark.parametrize(
    "asked, fault",
    [
        ({"prompt": "login"}, "old_auth_time"),
        ({"prompt": "login"}, "missing_auth_time"),
        ({"max_age": "0"}, "missing_auth_time"),
    ],
)
def test_somebody_who_comes_in_by_what_was_open_at_the_provider_is_asked_once_more(
    lms: Downstream, browser: Browser, riverside: Idp, asked: dict[str, str], fault: str
) -> None:
    browser.client.delete_cookie("hub_session", domain="127.0.0.1")
    away = lms.ask(**asked).headers["Location"]
    assert "/sign-in" in away, "nobody is signed in at the hub yet"
    riverside.faults.switch(fault)
    waiting = dict(parse_qsl(urlsplit(away).query))["return_to"]
    assert browser.sign_in(riverside, return_to=waiting).status_code == 303
    riverside.faults.switch()
    again = browser.get(waiting).headers["Location"]
    assert dict(parse_qsl(urlsplit(again).query))["prompt"] == "login"
    back = browser.come_back(riverside, browser.log_in(again)).headers["Location"]
    assert "code" in told(browser.get(back))


def test_a_time_that_the_provider_did_not_tell_is_told_to_nobody(
    lms: Downstream, browser: Browser, riverside: Idp
) -> None:
    assert "auth_time" in lms.claims(lms.sign_in()["id_token"])
    with riverside.faults.on("missing_auth_time"):
        browser.sign_in(riverside)
    tokens = lms.sign_in()
    again = lms.refresh(tokens["refresh_token"]).json or {}
    for token in (tokens["id_token"], again["id_token"]):
        assert "auth_time" not in lms.claims(token)
    assert lms.answer(max_age="3600", prompt="none")["error"] == "login_required"


def test_a_hint_about_somebody_else_gets_no_code(lms: Downstream, browser: Browser, riverside: Idp) -> None:
    hint = lms.sign_in()["id_token"]
    assert "code" in lms.answer(id_token_hint=hint)
    add_person(lms.hub, BORIS, riverside)
    assert browser.sign_in(riverside, BORIS).status_code == 303
    assert lms.answer(id_token_hint=hint, prompt="none")["error"] == "login_required"
    assert lms.answer(id_token_hint="x.y.z", prompt="none")["error"] == "invalid_request"


@pytest.mark.parametrize("limit", ["partner", "partners", "audience"])
def test_wb6_people_whom_the_client_is_not_for(
    lms: Downstream, browser: Browser, hub: Hub, limit: str
) -> None:
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(person_table.c.partner_id)).all()
        theirs = rows[0].partner_id
    other_id = lms.connection_id  # an id of nobody's
    if limit == "partner":
        add_person(hub, BORIS, None)
        with hub.reading() as uow:
            owners = set(uow.connection.scalars(sa.select(person_table.c.partner_id)))
        (foreign,) = owners - {theirs}
        client = connect_downstream(hub, browser, "foreign", partner_id=foreign)
        own = connect_downstream(hub, browser, "own", partner_id=theirs)
    elif limit == "partners":
        client = connect_downstream(hub, browser, "foreign", partner_ids=[other_id])
        own = connect_downstream(hub, browser, "own", partner_ids=[other_id, theirs])
    else:
        client = connect_downstream(hub, browser, "foreign", audiences=["nobody"])
        own = lms
    record = Record(hub)
    assert client.answer()["error"] == "access_denied"
    assert record.changed_tables() == set()
    ((action, outcome, _),) = record.audit_since()
    assert (action, outcome) == ("client_sign_in", "refused")
    assert "code" in own.answer()


def test_an_address_that_asks_nonsense_all_day_fills_no_table(lms: Downstream) -> None:
    record = Record(lms.hub)
    for _ in range(70):
        assert lms.ask(client_id="nobody").status_code == 400
    assert len(record.audit_since()) == 60


def test_requests_of_nobody_fill_no_table(stranger: Downstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorize, "WAITING", Limit("oidc_waiting", 2, 60))
    assert [stranger.ask().headers["Location"].startswith("/sign-in") for _ in range(2)] == [True, True]
    record = Record(stranger.hub)
    assert stranger.answer()["error"] == "temporarily_unavailable"
    assert record.changed_tables() == set()
    assert record.audit_since() == [("client_sign_in", "refused", "too_many_waiting")]


def test_whoever_looks_at_somebody_elses_pages_signs_in_nowhere_as_that_person(
    lms: Downstream, riverside: Idp, hub: Hub
) -> None:
    boris = add_person(hub, BORIS, riverside)
    with hub.unit_of_work() as uow:
        grant_role(uow, uow.connection.scalar(sa.select(web_session.c.person_id)) or "", "operator")
        uow.connection.execute(sa.update(web_session).values(looks_as_id=boris))
    whole = app_of(hub, create_app).test_client()
    whole.set_cookie("hub_session", lms.browser.cookie("hub_session") or "", domain="127.0.0.1")
    lms.browser.client = whole
    answer = lms.ask()
    assert answer.status_code == 403
    assert "Location" not in answer.headers
