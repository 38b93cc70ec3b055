"""What a client wishes of the sign-in itself: who is meant (login_hint), how it is done (acr), and how freshly."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa

from hub.sso.tables import web_session
from tests.sso.provider.rig import Downstream, told
from tests.sso.rig import BORIS, TESS, Browser, Idp, Record, add_person

MFA = "urn:example:mfa"
ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "values": [MFA]}}})


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def test_a_login_hint_and_an_acr_reach_the_partners_provider_and_no_address_of_the_hub(
    stranger: Downstream, browser: Browser, riverside: Idp
) -> None:
    away = stranger.ask(login_hint=TESS.email, acr_values=MFA).headers["Location"]
    assert away.startswith("/sign-in?")
    assert "tess" not in away
    back = query(away)["return_to"]
    there = browser.get(f"/sign-in/with/{riverside.slug}", {"return_to": back}).headers["Location"]
    assert there.startswith(riverside.issuer)
    assert (query(there)["login_hint"], query(there)["acr_values"]) == (TESS.email, MFA)
    assert "prompt" not in query(there)
    browser.come_back(riverside, browser.log_in(there))
    assert "code" in told(browser.get(back)), "once is enough"


@pytest.mark.parametrize("asked", [{"acr_values": f"{MFA} urn:other"}, {"claims": ESSENTIAL}])
def test_an_acr_that_is_asked_for_is_proved_at_the_partners_provider(
    lms: Downstream, browser: Browser, riverside: Idp, asked: dict[str, str]
) -> None:
    lms.sign_in()
    away = lms.ask(**asked).headers["Location"]
    assert away.startswith(riverside.issuer)
    assert (query(away)["prompt"], query(away)["acr_values"].split()[0]) == ("login", MFA)
    back = browser.come_back(riverside, browser.log_in(away)).headers["Location"]
    tokens = lms.exchange(told(browser.get(back))["code"]).json or {}
    assert lms.claims(tokens["id_token"])["acr"] == MFA
    assert lms.deliveries() == [], "the session before was replaced, and nobody signed out"


@pytest.mark.parametrize("fault", ["weak_acr", "missing_acr"])
def test_an_acr_that_the_provider_does_not_prove_is_told_to_the_client(
    lms: Downstream, browser: Browser, riverside: Idp, fault: str
) -> None:
    away = lms.ask(claims=ESSENTIAL).headers["Location"]
    riverside.faults.switch(fault)
    back = browser.come_back(riverside, browser.log_in(away)).headers["Location"]
    record = Record(lms.hub)
    answer = told(browser.get(back))
    assert (answer["error"], answer["state"]) == ("unmet_authentication_requirements", "st&te")
    assert record.audit_since() == [("client_sign_in", "refused", "acr_not_met")]
    assert record.changed_tables() == set()


def test_an_acr_is_asked_for_anew_when_the_person_goes_back_instead(
    lms: Downstream, browser: Browser, riverside: Idp
) -> None:
    lms.ask(acr_values=MFA)
    with lms.hub.reading() as uow:
        flow = uow.connection.execute(
            sa.text("SELECT return_to FROM sign_in_flow WHERE purpose = 'step_up'")
        ).one()
    assert browser.get(flow.return_to).headers["Location"].startswith(riverside.issuer)
    assert lms.answer(acr_values=MFA, prompt="none")["error"] == "login_required"


def test_a_stronger_way_is_proved_by_the_same_person(
    lms: Downstream, browser: Browser, riverside: Idp, tess: str
) -> None:
    add_person(lms.hub, BORIS, riverside)
    away = lms.ask(acr_values=MFA).headers["Location"]
    refused = browser.come_back(riverside, browser.log_in(away, BORIS))
    assert (refused.json or {})["code"] == "another_person"
    assert browser.person() == tess


def test_a_new_sign_in_as_somebody_else_is_a_clean_session_and_ends_the_one_before(
    lms: Downstream, browser: Browser, riverside: Idp, tess: str
) -> None:
    boris = add_person(lms.hub, BORIS, riverside)
    first = lms.sign_in()
    away = lms.ask(prompt="login").headers["Location"]
    back = browser.come_back(riverside, browser.log_in(away, BORIS)).headers["Location"]
    assert "code" in told(browser.get(back))
    assert browser.person() == boris
    assert lms.userinfo(first["access_token"]).status_code == 401
    assert [one["sid"] for one in lms.deliveries()] == [lms.claims(first["id_token"])["sid"]]
    with lms.hub.reading() as uow:
        assert uow.connection.execute(sa.select(web_session.c.person_id)).scalars().all() == [boris]
