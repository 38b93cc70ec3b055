"""Signing out at the provider too (row WB7, from the other side): the hub as client of RP-initiated logout."""

from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.runtime import Hub
from hub.sealing import Sealer
from hub.sso.flows import LIFETIME
from hub.sso.oidc.providers import read_provider, save_settings
from hub.sso.sessions import find_session
from hub.sso.sign_out import finish_leaving, read_leaving
from hub.sso.tables import web_session
from hub.testing.idp import provider_of
from tests.sso.rig import NAMESAKE, Browser, Idp, add_person


@pytest.fixture
def namesake(hub: Hub, browser: Browser, lakeside: Idp) -> str:
    person_id = add_person(hub, NAMESAKE, lakeside)
    browser.sign_in(lakeside, NAMESAKE)
    return person_id


def state_of(location: str) -> str:
    assert location.startswith("/signed-out?leave="), location
    return location.partition("=")[2]


def test_from_the_hub_through_the_provider_and_back(
    hub: Hub, browser: Browser, lakeside: Idp, namesake: str
) -> None:
    state = state_of(browser.post("/sign-out").headers["Location"])
    assert browser.person() is None
    flow = browser.cookie("hub_flow")
    assert flow
    with hub.reading() as uow:
        leaving = read_leaving(hub, uow, state, flow)
    assert leaving
    assert leaving.name == "Lakeside"
    sent = dict(parse_qsl(urlsplit(leaving.address).query))
    assert sent.keys() == {"client_id", "post_logout_redirect_uri", "state", "id_token_hint"}
    sessions = len(provider_of(lakeside.app).store._sessions)
    with requests.Session() as session:
        session.trust_env = False
        back = session.get(leaving.address, allow_redirects=False)
    assert back.headers["Location"] == f"http://127.0.0.1:8000/signed-out?state={state}"
    assert len(provider_of(lakeside.app).store._sessions) == sessions - 1
    with hub.unit_of_work() as uow:
        assert finish_leaving(uow, state, flow) == "Lakeside"
        assert finish_leaving(uow, state, flow) == ""


def test_it_belongs_to_one_browser_and_ten_minutes(
    hub: Hub, browser: Browser, namesake: str, clock: SettableClock
) -> None:
    state = state_of(browser.post("/sign-out").headers["Location"])
    flow = browser.cookie("hub_flow")
    assert flow
    with hub.unit_of_work() as uow:
        assert read_leaving(hub, uow, state, "b" * 43) is None
        assert finish_leaving(uow, state, "b" * 43) == ""
    clock.advance(seconds=LIFETIME.total_seconds())
    with hub.reading() as uow:
        assert read_leaving(hub, uow, state, flow) is None


def test_it_is_no_sign_in(hub: Hub, browser: Browser, lakeside: Idp, namesake: str) -> None:
    state = state_of(browser.post("/sign-out").headers["Location"])
    back = {"state": state, "code": "c", "iss": lakeside.issuer}
    assert (browser.come_back(lakeside, back).json or {})["code"] == "unknown_state"
    sign_in = dict(parse_qsl(urlsplit(browser.start(lakeside)).query))["state"]
    flow = browser.cookie("hub_flow")
    assert flow
    with hub.unit_of_work() as uow:
        assert finish_leaving(uow, sign_in, flow) == ""


def test_an_operator_can_keep_people_signed_in_there(
    hub: Hub, browser: Browser, lakeside: Idp, namesake: str
) -> None:
    with hub.unit_of_work() as uow:
        save_settings(uow, read_provider(uow, lakeside.slug).connection.id, signs_out=False)
    assert browser.post("/sign-out").headers["Location"] == "/sign-in?signed_out=1"


def test_a_session_ends_also_when_what_it_kept_cannot_be_opened(
    hub: Hub, browser: Browser, namesake: str
) -> None:
    foreign = Sealer(["another-key-0123456789abcdefghijklmnop"]).seal("token")
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(web_session).values(id_token=foreign))
    held = browser.cookie("hub_session")
    assert held
    assert browser.post("/sign-out").headers["Location"] == "/sign-in?signed_out=1"
    with hub.reading() as uow:
        assert find_session(uow, held) is None


def test_signing_out_twice_leads_nowhere(browser: Browser, namesake: str) -> None:
    browser.post("/sign-out")
    assert browser.post("/sign-out").headers["Location"] == "/sign-in?signed_out=1"
