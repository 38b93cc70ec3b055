"""Trial sign-ins: the way of a real one, and nothing written but what came back, for the browser that tried."""

import pytest

from hub.clock import SettableClock
from hub.exchange import Exchange
from hub.network.systems.connections import set_connection_disabled
from hub.runtime import Hub
from hub.sso.oidc.providers import read_provider
from hub.sso.oidc.sign_in import begin_sign_in
from hub.sso.policy import SignInPolicy, save_policy
from hub.sso.tables import sign_in_trial
from hub.sso.trials import LIFETIME, read_trial
from hub.testing.idp_store import Person
from tests.sso.rig import BORIS, TESS, Browser, Idp, Record, add_person


def try_sign_in(hub: Hub, browser: Browser, idp: Idp, *faults: str, person: Person = TESS) -> Exchange:
    browser.start(idp)
    address = begin_sign_in(hub, idp.slug, flow_of(browser), "/admin/connections/riverside", purpose="try")
    with idp.faults.on(*faults):
        answer = browser.come_back(idp, browser.log_in(address, person))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/connections/riverside")
    assert not any("hub_session=" in cookie for cookie in answer.headers.getlist("Set-Cookie"))
    found = read(hub, browser, idp)
    assert found
    return found


def flow_of(browser: Browser) -> str:
    flow = browser.cookie("hub_flow")
    assert flow
    return flow


def read(hub: Hub, browser: Browser, idp: Idp) -> Exchange | None:
    with hub.reading() as uow:
        return read_trial(uow, read_provider(uow, idp.slug).connection.id, flow_of(browser))


def test_each_step_is_shown_and_nothing_else_is_written(
    hub: Hub, browser: Browser, riverside: Idp, tess: str, record: Record
) -> None:
    found = try_sign_in(hub, browser, riverside)
    assert [(step.title, step.outcome) for step in found.steps] == [
        ("Come back from the provider", "done"),
        ("Exchange the code for tokens", "done"),
        ("Verify the ID token", "done"),
        ("Ask userinfo", "done"),
        ("Find the person", "done"),
    ]
    assert found.steps[-1].received["Person"] == "Tess Okafor"
    assert browser.person() is None
    assert record.changed_tables() == {"sign_in_trial"}
    assert record.audit_since() == []


def test_somebody_unknown_is_told_why_and_stays_unknown(
    hub: Hub, browser: Browser, riverside: Idp, record: Record
) -> None:
    last = try_sign_in(hub, browser, riverside, person=BORIS).steps[-1]
    assert (last.outcome, last.code) == ("failed", "unknown_subject")
    assert "Provide the person" in last.advice
    assert last.received["Known by"] == "sub sub-boris"
    assert record.changed_tables() == {"sign_in_trial"}


def test_what_would_be_made_of_somebody_new_is_shown_and_taken_back(
    hub: Hub, browser: Browser, riverside: Idp, record: Record
) -> None:
    names = {"given_name": "given_name", "family_name": "family_name", "email": "email"}
    with hub.unit_of_work() as uow:
        connection_id = read_provider(uow, riverside.slug).connection.id
        save_policy(uow, connection_id, SignInPolicy(attributes=names))
    last = try_sign_in(hub, browser, riverside, person=BORIS).steps[-1]
    assert last.received["Claim given_name"] == "Boris"
    assert last.received["Claim email"] == BORIS.email  # theirs, and shown to nobody else
    assert add_person(hub, BORIS, riverside)


@pytest.mark.parametrize(
    "fault, title, code",
    [
        ("callback_wrong_iss", "Come back from the provider", "callback_of_another_issuer"),
        ("token_500", "Exchange the code for tokens", "idp_status"),
        ("no_id_token", "Exchange the code for tokens", "no_id_token"),
        ("wrong_aud", "Verify the ID token", "wrong_audience"),
        ("userinfo_other_sub", "Ask userinfo", "userinfo_of_another_subject"),
    ],
)
def test_the_step_that_fails_says_what_to_change(
    hub: Hub, browser: Browser, riverside: Idp, record: Record, fault: str, title: str, code: str
) -> None:
    last = try_sign_in(hub, browser, riverside, fault).steps[-1]
    assert (last.title, last.outcome, last.code) == (title, "failed", code)
    assert last.message
    assert last.advice
    assert record.changed_tables() == {"sign_in_trial"}


def test_a_connection_is_tried_before_it_is_switched_on(
    hub: Hub, browser: Browser, riverside: Idp, tess: str
) -> None:
    browser.start(riverside)
    with hub.unit_of_work() as uow:
        connection_id = read_provider(uow, riverside.slug).connection.id
        set_connection_disabled(uow, connection_id, disabled=True)
    address = begin_sign_in(hub, "riverside", flow_of(browser), "/admin/", purpose="try")
    browser.come_back(riverside, browser.log_in(address))
    found = read(hub, browser, riverside)
    assert found
    assert found.failed == 0
    with hub.reading() as uow:
        assert read_provider(uow, "riverside").connection.disabled


def test_a_trial_is_for_its_browser_and_an_hour(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp, clock: SettableClock
) -> None:
    try_sign_in(hub, browser, riverside)
    second = Browser(hub)
    second.start(riverside)
    assert read(hub, second, riverside) is None
    assert read(hub, browser, lakeside) is None
    clock.advance(seconds=LIFETIME.total_seconds())
    assert read(hub, browser, riverside) is None


def test_what_is_kept_names_nobody(hub: Hub, browser: Browser, riverside: Idp) -> None:
    try_sign_in(hub, browser, riverside)
    try_sign_in(hub, browser, riverside, person=BORIS)
    with hub.reading() as uow:
        [row] = uow.connection.execute(sign_in_trial.select()).all()
    assert "Boris" not in repr(row)
    assert "sub-boris" not in repr(row)
