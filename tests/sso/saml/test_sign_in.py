"""Signing in by SAML against a running provider: who gets in, and what is left of who does not."""

import base64
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa
from lxml import etree

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.network.systems.connections import find_connection, set_connection_disabled
from hub.runtime import Hub
from hub.sso.saml.certificates import load_certificate
from hub.sso.saml.redirect_binding import check_redirect, read_redirect
from hub.sso.saml.sign_in import TOKEN_LENGTH, begin_sign_in
from hub.sso.saml.sp_keys import publish_new_key, published_certificates, use_new_key
from hub.sso.saml.tables import saml_answer
from hub.sso.tables import web_session
from hub.testing.saml_messages import assertion_of, response_of
from hub.testing.saml_signing import encrypt, new_signer, sign
from tests.apps import give_back
from tests.sso.rig import NAMESAKE, TESS, Record
from tests.sso.saml.rig import Running, SamlBrowser, connect, known


def test_signing_in_leads_to_the_wanted_page(
    browser: SamlBrowser, riverside_saml: Running, tess: str
) -> None:
    answer = browser.sign_in_by_saml(riverside_saml, return_to="/plan?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/plan?x=1")
    assert browser.person() == tess


def test_the_session_knows_the_providers_session(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running
) -> None:
    browser.sign_in_by_saml(riverside_saml)
    with hub.reading() as uow:
        row = uow.connection.execute(sa.select(web_session)).one()
    assert (row.form, row.subject, row.provider_session) == ("nameid", TESS.sub, "session-tess")
    assert row.acr.endswith("PasswordProtectedTransport")
    assert TESS.sub not in row.id_token


def test_requests_are_signed_where_the_provider_asks(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running
) -> None:
    message = read_redirect(urlsplit(browser.begin(riverside_saml)).query.encode())
    check_redirect(message, published_certificates(hub)[:1])
    assert b"ForceAuthn" not in message.xml


def test_a_stranger_is_told_whom_to_ask(browser: SamlBrowser, lakeside_saml: Running, record: Record) -> None:
    answer = browser.sign_in_by_saml(lakeside_saml, NAMESAKE)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "unknown_subject")
    assert browser.person() is None
    assert record.audit_since() == [("sign_in", "refused", "unknown_subject")]


def test_ln2_the_same_name_id_elsewhere_is_another_person(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running, lakeside_saml: Running, tess: str
) -> None:
    assert NAMESAKE.sub == TESS.sub
    namesake = known(hub, NAMESAKE, lakeside_saml)
    browser.sign_in_by_saml(lakeside_saml, NAMESAKE)
    assert browser.person() == namesake != tess


def refuse(
    browser: SamlBrowser, record: Record, running: Running, fields: dict[str, str], status: int, reason: str
) -> None:
    """Refused at the post: no session, nothing written, one audit row."""
    record.assert_refused(browser, browser.post_answer(running, fields), status, reason)


@pytest.mark.parametrize(
    "fault, reason",
    [
        ("other_key", "wrong_signature"),
        ("wrong_audience", "other_audience"),
        ("expired", "answer_expired"),
        ("unsolicited", "missing_in_response_to"),
        ("refuses", "idp_refused"),
    ],
)
def test_sa_refusals_leave_nothing_but_one_audit_row(
    browser: SamlBrowser, riverside_saml: Running, record: Record, fault: str, reason: str
) -> None:
    address = browser.begin(riverside_saml)
    with riverside_saml.faults.on(fault):
        fields = browser.log_in_there(address)
    refuse(browser, Record(browser.hub), riverside_saml, fields, 403, reason)


@pytest.mark.parametrize(
    "fields, reason",
    [
        ({}, "bad_message"),
        ({"SAMLResponse": "%%%"}, "bad_message"),
        ({"SAMLResponse": "A" * 600_000}, "message_too_large"),
        ({"SAMLResponse": ["a", "b"]}, "repeated_parameter"),
        ({"SAMLResponse": "a", "SAMLRequest": "b"}, "repeated_parameter"),
        ({"SAMLResponse": "a", "RelayState": ["a", "b"]}, "repeated_parameter"),
    ],
    ids=["nothing", "no base64", "large", "twice", "both", "two states"],
)
def test_sa14_forms_that_are_none(
    browser: SamlBrowser, riverside_saml: Running, record: Record, fields: Any, reason: str
) -> None:
    refuse(browser, record, riverside_saml, fields, 403, reason)


def test_sa14_a_large_message_in_a_form_that_is_not(
    browser: SamlBrowser, riverside_saml: Running, record: Record
) -> None:
    state = dict(parse_qsl(urlsplit(browser.begin(riverside_saml)).query))["RelayState"]
    large = base64.b64encode(b"<r>" + b"x" * (260 * 1024) + b"</r>").decode()
    fields = {"SAMLResponse": large, "RelayState": state}
    refuse(browser, Record(browser.hub), riverside_saml, fields, 403, "message_too_large")


# --- SA9, SA11, SA12, SA13 -------------------------------------------------------------------------------------------


def test_sa9_answer_to_another_request_of_the_same_browser(
    browser: SamlBrowser, riverside_saml: Running, record: Record
) -> None:
    first = browser.log_in_there(browser.begin(riverside_saml))
    second = dict(parse_qsl(urlsplit(browser.begin(riverside_saml)).query))["RelayState"]
    refuse(
        browser,
        Record(browser.hub),
        riverside_saml,
        first | {"RelayState": second},
        403,
        "wrong_in_response_to",
    )


def test_sa11_second_use(browser: SamlBrowser, riverside_saml: Running, tess: str) -> None:
    fields = browser.log_in_there(browser.begin(riverside_saml))
    assert browser.post_answer(riverside_saml, fields).status_code == 303
    refuse(browser, Record(browser.hub), riverside_saml, fields, 403, "replayed")


def test_sa11_second_use_on_another_worker(
    hub: Hub, settings: Settings, clock: SettableClock, browser: SamlBrowser, riverside_saml: Running
) -> None:
    fields = browser.log_in_there(browser.begin(riverside_saml))
    other = open_hub(settings, clock=clock)
    codes: list[int] = []
    start = Barrier(2)

    def post(one: SamlBrowser) -> None:
        start.wait()
        codes.append(one.post_answer(riverside_saml, fields).status_code)

    threads = [Thread(target=post, args=(one,)) for one in (SamlBrowser(hub), SamlBrowser(other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    give_back(other)
    assert sorted(codes) == [303, 403]


def idp_initiated(running: Running, relay_state: str = "", **changes: Any) -> dict[str, str]:
    """The form of a sign-in that begins at the provider."""
    facts = replace(running.idp.facts(TESS, hub=running.idp.config.hubs[0]), **changes)
    return {"SAMLResponse": running.idp.answer(facts), "RelayState": relay_state}


@pytest.fixture
def portal(hub: Hub, riverside_saml: Running) -> str:
    """Tess at a Riverside that may begin sign-ins itself."""
    connect(hub, riverside_saml, idp_initiated=True)
    return known(hub, TESS, riverside_saml)


@pytest.mark.parametrize(
    "relay_state, page", [("", "/"), ("/plan", "/plan"), ("http://127.0.0.1:8000/plan", "/plan")]
)
def test_sa13_a_provider_may_begin_where_that_is_on(
    hub: Hub, riverside_saml: Running, portal: str, relay_state: str, page: str
) -> None:
    browser = SamlBrowser(hub)
    answer = browser.arrive(riverside_saml, idp_initiated(riverside_saml, relay_state))
    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    assert browser.person() == portal


def test_sa13_answers_nobody_asked_for_belong_to_the_browser_that_posted_them(
    hub: Hub, riverside_saml: Running, portal: str
) -> None:
    browser, other = SamlBrowser(hub), SamlBrowser(hub)
    answer = browser.post_answer(riverside_saml, idp_initiated(riverside_saml))
    stolen = other.client.get(answer.headers["Location"], base_url=other.base_url)
    assert (stolen.status_code, stolen.json and stolen.json["code"]) == (400, "unknown_code")
    assert other.person() is None
    assert browser.client.get(answer.headers["Location"], base_url=browser.base_url).status_code == 303
    assert browser.person() == portal


def test_sa13_an_address_of_the_hub_as_long_as_a_state_is_none(
    hub: Hub, riverside_saml: Running, portal: str
) -> None:
    address = f"{hub.settings.public_url}/{'c' * (TOKEN_LENGTH - len(hub.settings.public_url) - 1)}"
    assert len(address) == TOKEN_LENGTH
    answer = SamlBrowser(hub).arrive(riverside_saml, idp_initiated(riverside_saml, address))
    assert answer.headers["Location"] == address.removeprefix(hub.settings.public_url)


@pytest.mark.parametrize("return_to", ["/admin", "/account"])
@pytest.mark.parametrize("admin_acr", ["", "urn:other"])
def test_a_step_up_is_held_against_what_was_asked_for(
    hub: Hub, riverside_saml: Running, admin_acr: str, return_to: str
) -> None:
    """The browser may take RequestedAuthnContext out of a request that is not signed."""
    connect(hub, riverside_saml, required_acr="https://refeds.org/profile/mfa")
    person_id = known(hub, TESS, riverside_saml)
    hub = replace(hub, settings=hub.settings.model_copy(update={"admin_acr": admin_acr, "admin_minutes": 15}))
    address = begin_sign_in(hub, "riverside", "b" * 43, return_to, purpose="step_up", person_id=person_id)
    refuse(
        SamlBrowser(hub),
        Record(hub),
        riverside_saml,
        SamlBrowser(hub).log_in_there(address),
        403,
        "acr_too_weak",
    )


def test_sa11_second_use_with_idp_initiated_sign_in_on(
    hub: Hub, riverside_saml: Running, portal: str
) -> None:
    browser, fields = SamlBrowser(hub), idp_initiated(riverside_saml)
    assert browser.post_answer(riverside_saml, fields).status_code == 303
    refuse(browser, Record(hub), riverside_saml, fields, 403, "replayed")


def test_sa9_an_answer_to_a_request_is_none_that_nobody_asked_for(
    hub: Hub, riverside_saml: Running, portal: str
) -> None:
    browser = SamlBrowser(hub)
    fields = idp_initiated(riverside_saml, request_id="_of-somebody-else")
    refuse(browser, Record(hub), riverside_saml, fields, 403, "wrong_in_response_to")


@pytest.mark.parametrize(
    "relay_state",
    ["//evil.example", "https://evil.example/", "/\\evil", "javascript:alert(1)", "A" * 43, "x"],
)
def test_sa12_relay_state_that_is_not_ours(
    hub: Hub, riverside_saml: Running, portal: str, relay_state: str
) -> None:
    browser = SamlBrowser(hub)
    fields = idp_initiated(riverside_saml, relay_state)
    refuse(browser, Record(hub), riverside_saml, fields, 400, "unknown_state")


@pytest.mark.parametrize("relay_state", ["A" * 43, "A" * 42 + "\0"])
def test_sa12_unknown_relay_state_for_an_answer_to_a_request(
    browser: SamlBrowser, riverside_saml: Running, relay_state: str
) -> None:
    fields = browser.log_in_there(browser.begin(riverside_saml)) | {"RelayState": relay_state}
    refuse(browser, Record(browser.hub), riverside_saml, fields, 400, "unknown_state")


def test_sa12_flow_that_is_too_old(
    browser: SamlBrowser, riverside_saml: Running, clock: SettableClock
) -> None:
    fields = browser.log_in_there(browser.begin(riverside_saml))
    clock.advance(minutes=11)
    refuse(browser, Record(browser.hub), riverside_saml, fields, 400, "unknown_state")


def test_sa12_response_of_one_partner_posted_to_the_address_of_another(
    browser: SamlBrowser, riverside_saml: Running, lakeside_saml: Running
) -> None:
    fields = browser.log_in_there(browser.begin(riverside_saml))
    refuse(browser, Record(browser.hub), lakeside_saml, fields, 400, "state_of_another_connection")


def test_sa12_response_of_one_partner_with_the_relay_state_of_another(
    browser: SamlBrowser, riverside_saml: Running, lakeside_saml: Running
) -> None:
    fields = browser.log_in_there(browser.begin(riverside_saml))
    state = dict(parse_qsl(urlsplit(browser.begin(lakeside_saml)).query))["RelayState"]
    fields |= {"RelayState": state}
    refuse(browser, Record(browser.hub), lakeside_saml, fields, 403, "wrong_entity")


def test_sa12_the_answer_belongs_to_the_browser_that_asked(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running, tess: str
) -> None:
    fields = browser.log_in_there(browser.begin(riverside_saml))
    page = browser.post_answer(riverside_saml, fields).headers["Location"]
    other = SamlBrowser(hub)
    other.begin(riverside_saml)
    record = Record(hub)
    answer = other.client.get(page, base_url=other.base_url)
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "state_of_another_browser")
    assert record.audit_since() == [("sign_in", "refused", "state_of_another_browser")]
    assert other.person() is None
    assert browser.client.get(page, base_url=browser.base_url).status_code == 303
    assert browser.person() == tess


@pytest.mark.parametrize("seconds", [0, 121], ids=["used twice", "too late"])
def test_the_code_of_an_answer_works_once_and_for_two_minutes(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running, clock: SettableClock, seconds: int
) -> None:
    fields = browser.log_in_there(browser.begin(riverside_saml))
    page = browser.post_answer(riverside_saml, fields).headers["Location"]
    if seconds:
        clock.advance(seconds=seconds)
    else:
        assert browser.client.get(page, base_url=browser.base_url).status_code == 303
        browser.post("/sign-out")
    record = Record(hub)
    answer = browser.client.get(page, base_url=browser.base_url)
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "unknown_code")
    assert record.audit_since() == [("sign_in", "refused", "unknown_code")]
    assert browser.person() is None


@pytest.mark.parametrize("relay_state", ["", "/plan"])
def test_sa13_idp_initiated_where_it_is_off(
    browser: SamlBrowser, riverside_saml: Running, record: Record, relay_state: str
) -> None:
    fields = idp_initiated(riverside_saml, relay_state)
    refuse(browser, record, riverside_saml, fields, 403, "idp_initiated_off")


def test_what_waits_is_sealed(hub: Hub, browser: SamlBrowser, riverside_saml: Running) -> None:
    browser.post_answer(riverside_saml, browser.log_in_there(browser.begin(riverside_saml)))
    with hub.reading() as uow:
        body = uow.connection.scalar(sa.select(saml_answer.c.body)) or ""
    assert body
    assert TESS.sub not in body


def test_a_connection_that_is_switched_off_lets_nobody_in(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running
) -> None:
    fields = browser.log_in_there(browser.begin(riverside_saml))
    with hub.unit_of_work() as uow:
        set_connection_disabled(uow, find_connection(uow, "riverside").id, disabled=True)
    refuse(browser, Record(hub), riverside_saml, fields, 403, "connection_disabled")


def test_what_was_refused_on_the_hubs_own_page_is_used_up(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running
) -> None:
    fields = browser.log_in_there(browser.begin(riverside_saml))
    page = browser.post_answer(riverside_saml, fields).headers["Location"]
    reasons = []
    for disabled in (True, False):
        with hub.unit_of_work() as uow:
            set_connection_disabled(uow, find_connection(uow, "riverside").id, disabled=disabled)
        record = Record(hub)
        answer = browser.client.get(page, base_url=browser.base_url)
        reasons.append(answer.json and answer.json["code"])
        assert record.audit_since() == [("sign_in", "refused", reasons[-1])]
    assert reasons == ["connection_disabled", "unknown_code"]
    assert browser.person() is None


@pytest.mark.parametrize("seconds, hours", [(1800, 0.5), (40 * 3600, 12)], ids=["sooner", "later"])
def test_a_session_ends_when_the_provider_wants_it_at_the_latest(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running, seconds: int, hours: float
) -> None:
    carried = dict(parse_qsl(urlsplit(browser.begin(riverside_saml)).query))
    asked = riverside_saml.idp.read_request(carried["SAMLRequest"])
    told = replace(riverside_saml.idp.facts(TESS, asked), session_until=seconds)
    fields = {"SAMLResponse": riverside_saml.idp.answer(told), "RelayState": carried["RelayState"]}
    assert browser.arrive(riverside_saml, fields).status_code == 303
    with hub.reading() as uow:
        row = uow.connection.execute(sa.select(web_session)).one()
    assert abs(row.expires_at - row.started_at - timedelta(hours=hours)) < timedelta(minutes=10)


# --- keys and encryption ---------------------------------------------------------------------------------------------


def encrypted_answer(hub: Hub, running: Running, browser: SamlBrowser, certificate: int) -> dict[str, str]:
    """An answer encrypted for one of the hub's published certificates."""
    carried = dict(parse_qsl(urlsplit(browser.begin(running)).query))
    asked = running.idp.read_request(carried["SAMLRequest"])
    response = response_of(running.idp.facts(TESS, asked))
    assertion = assertion_of(response)
    sign(assertion, running.idp.signer)
    to = load_certificate(published_certificates(hub)[certificate])
    response.replace(assertion, encrypt(etree.tostring(assertion, with_tail=False), to))
    return {
        "SAMLResponse": base64.b64encode(etree.tostring(response)).decode(),
        "RelayState": carried["RelayState"],
    }


def test_sa10_encrypted_for_both_keys_during_a_change(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running, tess: str
) -> None:
    assert len(published_certificates(hub)) == 1
    with hub.unit_of_work() as uow:
        publish_new_key(uow)
    before = published_certificates(hub)
    assert len(before) == 2
    for place in (0, 1):
        assert (
            browser.arrive(riverside_saml, encrypted_answer(hub, riverside_saml, browser, place)).status_code
            == 303
        )
    with hub.unit_of_work() as uow:
        use_new_key(uow)
    assert published_certificates(hub) == before[::-1]
    message = read_redirect(urlsplit(browser.begin(riverside_saml)).query.encode())
    check_redirect(message, before[1:])
    for place in (0, 1):
        assert (
            browser.arrive(riverside_saml, encrypted_answer(hub, riverside_saml, browser, place)).status_code
            == 303
        )
    assert browser.person() == tess


def test_sa16_a_new_certificate_is_found_when_it_is_first_used(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running, tess: str
) -> None:
    riverside_saml.idp.signer = new_signer()
    browser.sign_in_by_saml(riverside_saml)
    assert browser.person() == tess


def test_sa16_both_certificates_hold_during_a_change(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running, clock: SettableClock, tess: str
) -> None:
    old, new = riverside_saml.idp.signer, new_signer()
    riverside_saml.idp.published = (old, new)
    clock.advance(hours=7)
    riverside_saml.idp.clock = lambda: clock.now().timestamp()
    for signer in (old, new):
        riverside_saml.idp.signer = signer
        assert browser.sign_in_by_saml(riverside_saml).status_code == 303
    riverside_saml.idp.signer, riverside_saml.idp.published = new, (new,)
    clock.advance(hours=7)
    browser.begin(riverside_saml)
    riverside_saml.idp.signer = old
    fields = browser.log_in_there(browser.begin(riverside_saml))
    refuse(SamlBrowser(hub), Record(hub), riverside_saml, fields, 403, "wrong_signature")
