"""How strongly and how lately people were authenticated: what a connection requires, and what operators prove again."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa

from hub.config import Settings
from hub.runtime import Hub
from hub.sso.oidc.providers import read_provider, save_settings
from hub.sso.oidc.sign_in import begin_sign_in
from hub.sso.tables import web_session
from tests.sso.rig import IMPOSTOR, TESS, Browser, Idp, Record, add_person, connect

MFA = "urn:example:mfa"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"admin_acr": MFA, "admin_minutes": 30})


def require(hub: Hub, idp: Idp, acr: str) -> None:
    with hub.unit_of_work() as uow:
        save_settings(uow, read_provider(uow, idp.slug).connection.id, required_acr=acr)


def test_what_the_provider_told_of_the_sign_in_is_kept(
    hub: Hub, browser: Browser, lakeside: Idp, tess: str
) -> None:
    require(hub, lakeside, f"{MFA} urn:example:key")
    add_person(hub, IMPOSTOR, lakeside)
    assert browser.sign_in(lakeside, IMPOSTOR).status_code == 303
    with hub.reading() as uow:
        row = uow.connection.execute(sa.select(web_session)).one()
    assert (row.subject, row.form, row.acr) == (IMPOSTOR.sub, "sub", MFA)
    assert len(row.provider_session) == 16
    assert abs((row.authenticated_at - datetime.now(UTC)).total_seconds()) < 60
    assert row.id_token
    assert IMPOSTOR.sub not in row.id_token


def test_a_connection_asks_for_its_acr(hub: Hub, browser: Browser, riverside: Idp) -> None:
    require(hub, riverside, MFA)
    assert dict(parse_qsl(urlsplit(browser.start(riverside)).query))["acr_values"] == MFA


@pytest.mark.parametrize("fault", ["weak_acr", "missing_acr"])
def test_another_acr_is_too_weak(
    hub: Hub, browser: Browser, riverside: Idp, record: Record, fault: str
) -> None:
    require(hub, riverside, MFA)
    with riverside.faults.on(fault):
        answer = browser.sign_in(riverside)
    record.assert_refused(browser, answer, 403, "acr_too_weak")


def step_up(browser: Browser, hub: Hub, idp: Idp, person_id: str, page: str = "/admin/") -> str:
    flow = browser.cookie("hub_flow")
    assert flow
    return begin_sign_in(hub, idp.slug, flow, page, purpose="step_up", person_id=person_id)


@pytest.mark.parametrize("page", ["/admin/", "/network/people.csv", "/invitations"])
def test_a_step_up_replaces_the_session(
    hub: Hub, browser: Browser, riverside: Idp, tess: str, page: str
) -> None:
    browser.sign_in(riverside)
    first = browser.cookie("hub_session")
    address = step_up(browser, hub, riverside, tess, page)
    request = dict(parse_qsl(urlsplit(address).query))
    assert (request["acr_values"], request["prompt"], request["max_age"]) == (MFA, "login", "1800")
    answer = browser.come_back(riverside, browser.log_in(address))
    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    assert browser.person() == tess
    assert browser.cookie("hub_session") != first
    with hub.reading() as uow:
        assert uow.connection.execute(sa.select(web_session.c.acr)).scalars().all() == [MFA]


@pytest.mark.parametrize(
    "fault, reason",
    [
        ("weak_acr", "acr_too_weak"),
        ("missing_acr", "acr_too_weak"),
        ("old_auth_time", "not_authenticated_again"),
        ("missing_auth_time", "not_authenticated_again"),
    ],
)
def test_a_step_up_that_proves_too_little_keeps_the_old_session(
    hub: Hub, browser: Browser, riverside: Idp, tess: str, fault: str, reason: str
) -> None:
    browser.sign_in(riverside)
    first, record = browser.cookie("hub_session"), Record(hub)
    with riverside.faults.on(fault):
        answer = browser.come_back(riverside, browser.log_in(step_up(browser, hub, riverside, tess)))
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, reason)
    assert browser.cookie("hub_session") == first
    assert browser.person() == tess
    assert record.changed_tables() == set()
    assert record.audit_since() == [("sign_in", "refused", reason)]


def test_a_step_up_as_somebody_else_is_refused(hub: Hub, browser: Browser, riverside: Idp, tess: str) -> None:
    browser.sign_in(riverside)
    other = add_person(hub, IMPOSTOR, None)
    record = Record(hub)
    address = step_up(browser, hub, riverside, other)
    answer = browser.come_back(riverside, browser.log_in(address, TESS))
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "another_person")
    assert browser.person() == tess
    assert record.changed_tables() == set()


def test_a_step_up_is_held_against_the_connections_acr_where_operators_have_none(
    hub: Hub, riverside: Idp, tess: str
) -> None:
    hub = replace(hub, settings=hub.settings.model_copy(update={"admin_acr": ""}))
    browser = Browser(hub)
    browser.sign_in(riverside)
    require(hub, riverside, MFA)
    record = Record(hub)
    with riverside.faults.on("weak_acr"):
        answer = browser.come_back(riverside, browser.log_in(step_up(browser, hub, riverside, tess)))
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "acr_too_weak")
    assert record.changed_tables() == set()


def test_the_way_of_another_connection_is_untouched(hub: Hub, browser: Browser, riverside: Idp) -> None:
    connect(hub, riverside, slug="second")
    require(hub, riverside, MFA)
    query = dict(parse_qsl(urlsplit(begin_sign_in(hub, "second", "b" * 43, "/")).query))
    assert "acr_values" not in query


def test_whoever_only_proves_themselves_again_is_asked_for_nothing_of_operators(
    hub: Hub, browser: Browser, riverside: Idp, tess: str
) -> None:
    browser.sign_in(riverside)
    flow = browser.cookie("hub_flow")
    assert flow
    address = begin_sign_in(hub, riverside.slug, flow, "/account", purpose="step_up", person_id=tess)
    request = dict(parse_qsl(urlsplit(address).query))
    assert request["prompt"] == "login"
    assert "acr_values" not in request
    with riverside.faults.on("missing_acr", "missing_auth_time"):
        answer = browser.come_back(riverside, browser.log_in(address))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert browser.person() == tess
