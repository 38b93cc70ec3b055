"""Connecting SAML providers, their metadata over time, trial sign-ins, and what the hub says about itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from lxml import etree

from hub.clock import SettableClock
from hub.errors import HubError
from hub.network.systems.connections import find_connection, set_connection_disabled
from hub.network.tables import connection, partner, person_detail
from hub.runtime import Hub
from hub.sso.policy import SignInPolicy, save_policy
from hub.sso.saml.connect import change_saml_provider
from hub.sso.saml.metadata import read_metadata
from hub.sso.saml.providers import Choices, read_saml_provider
from hub.sso.saml.sign_in import begin_sign_in
from hub.sso.saml.sp_keys import list_sp_keys, signing_key
from hub.sso.saml.tables import saml_provider
from hub.sso.saml.try_provider import try_saml_provider
from hub.sso.trials import read_trial
from hub.testing.saml_signing import new_signer
from tests.sso.rig import BORIS, TESS, Record
from tests.sso.saml.rig import Running, SamlBrowser, connect, known

BROWSER = "b" * 43


@pytest.mark.parametrize(
    "fault, reason",
    [
        ("metadata_500", "status"),
        ("metadata_expired", "metadata_expired"),
    ],
)
def test_sa16_what_cannot_be_used_is_not_saved(
    hub: Hub, riverside_saml: Running, fault: str, reason: str
) -> None:
    record = Record(hub)
    with riverside_saml.faults.on(fault), pytest.raises(HubError) as refused:
        connect(hub, riverside_saml)
    assert refused.value.code == reason
    assert record.changed_tables() == set()
    assert record.audit_since() == [("connect_identity_provider", "refused", reason)]


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/metadata", "file:///etc/passwd", "https://127.0.0.1/metadata"]
)
def test_metadata_is_not_fetched_from_inside(hub: Hub, riverside_saml: Running, url: str) -> None:
    with pytest.raises(HubError) as refused:
        connect(hub, riverside_saml, metadata_url=url)
    assert refused.value.code == "refused_address"


def fetched(running: Running) -> int:
    return running.faults.calls("/metadata")


def test_metadata_is_read_again_after_some_hours_and_served_when_it_is_down(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running, clock: SettableClock
) -> None:
    before = fetched(riverside_saml)
    for _ in range(3):
        browser.begin(riverside_saml)
    assert fetched(riverside_saml) == before
    clock.advance(hours=6)
    for _ in range(3):
        browser.begin(riverside_saml)
    assert fetched(riverside_saml) == before + 1
    clock.advance(hours=6)
    with riverside_saml.faults.on("metadata_500"):
        for _ in range(3):
            browser.begin(riverside_saml)
    assert fetched(riverside_saml) == before + 2  # one sign-in in five minutes is delayed, not all


def test_sa16_what_is_kept_is_not_served_past_its_valid_until(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running, clock: SettableClock
) -> None:
    clock.advance(days=31)
    with riverside_saml.faults.on("metadata_500"):
        answer = browser.get("/sso/saml/riverside/start")
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "metadata_expired")
    clock.advance(minutes=5)
    riverside_saml.idp.clock = lambda: clock.now().timestamp()
    assert browser.get("/sso/saml/riverside/start").status_code == 303


def test_sa16_forged_answers_fetch_metadata_once_a_minute(
    browser: SamlBrowser, riverside_saml: Running, clock: SettableClock
) -> None:
    addresses = [browser.begin(riverside_saml) for _ in range(3)]
    with riverside_saml.faults.on("other_key"):
        forged = [browser.log_in_there(address) for address in addresses]
    before = fetched(riverside_saml)
    for fields in forged:
        assert browser.post_answer(riverside_saml, fields).status_code == 403
    assert fetched(riverside_saml) == before + 1


def test_sa16_a_pinned_signer_is_kept_to(hub: Hub, tess: str, riverside_saml: Running) -> None:
    with hub.reading() as uow:
        provider = read_saml_provider(uow, "riverside")
    signer = new_signer()
    choices = replace(provider.choices, signer=signer.pem)
    with pytest.raises(HubError) as refused:
        change_saml_provider(hub, "riverside", choices)
    assert refused.value.code == "metadata_not_signed"
    uploaded = riverside_saml.idp.metadata(signer)
    change_saml_provider(hub, "riverside", replace(choices, metadata_url=""), uploaded=uploaded)
    with hub.reading() as uow:
        assert read_saml_provider(uow, "riverside").choices.signer == signer.encoded


def test_who_people_are_cannot_change_under_them(hub: Hub, tess: str, riverside_saml: Running) -> None:
    choices = Choices(metadata_url=riverside_saml.metadata_url, subject_attribute="mail")
    with pytest.raises(HubError) as refused:
        change_saml_provider(hub, "riverside", choices)
    assert refused.value.code == "subject_stays"
    change_saml_provider(hub, "riverside", replace(choices, subject_attribute="", idp_initiated=True))


def test_other_choices_leave_the_metadata_as_it_was_read(
    hub: Hub, tess: str, riverside_saml: Running
) -> None:
    with hub.reading() as uow:
        before = read_saml_provider(uow, "riverside")
    hours_ago = before.metadata_at - timedelta(hours=10)
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(saml_provider).values(metadata_at=hours_ago))
    change_saml_provider(hub, "riverside", replace(before.choices, required_acr="urn:mfa"))
    with hub.reading() as uow:
        after = read_saml_provider(uow, "riverside")
    assert (after.metadata, after.metadata_at) == (before.metadata, hours_ago)
    assert after.choices.required_acr == "urn:mfa"


def test_trying_shows_the_metadata_and_its_certificates(hub: Hub, tess: str, riverside_saml: Running) -> None:
    exchange = try_saml_provider(hub, "riverside")
    assert [step.outcome for step in exchange.steps] == ["done", "done"]
    assert "Simulated provider" in exchange.steps[1].received["Certificate 1"]
    with riverside_saml.faults.on("metadata_500"):
        exchange = try_saml_provider(hub, "riverside")
    assert [(step.outcome, step.code) for step in exchange.steps] == [("failed", "status"), ("skipped", "")]


# --- people --------------------------------------------------------------------------------------------------------


def test_attributes_make_new_people_where_that_is_on(hub: Hub, riverside_saml: Running) -> None:
    known(hub, TESS, _connected(hub, riverside_saml))
    with hub.unit_of_work() as uow:
        partner_id = uow.connection.scalar(sa.select(partner.c.id)) or ""
        connection_id = find_connection(uow, "riverside").id
        uow.connection.execute(sa.update(connection).values(partner_id=partner_id))
        names = {"given_name": "givenName", "family_name": "sn", "email": "mail"}
        save_policy(uow, connection_id, SignInPolicy(attributes=names, creates_people=True))
    browser = SamlBrowser(hub)
    assert browser.sign_in_by_saml(riverside_saml, BORIS).status_code == 303
    with hub.reading() as uow:
        found = uow.find(person_detail, person_id=browser.person())
    assert (found.given_name, found.family_name, found.email) == ("Boris", "Lind", BORIS.email)


def _connected(hub: Hub, running: Running) -> Running:
    connect(hub, running)
    return running


# --- trials ---------------------------------------------------------------------------------------------------------


def try_sign_in(hub: Hub, browser: SamlBrowser, running: Running, *faults: str) -> Any:
    """A trial with these faults; the steps that this browser sees afterwards."""
    address = begin_sign_in(hub, running.slug, BROWSER, "/admin/x?tried=1", purpose="try")
    with running.faults.on(*faults):
        fields = browser.log_in_there(address)
    browser.client.set_cookie("hub_flow", BROWSER, domain="127.0.0.1")
    answer = browser.arrive(running, fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/x?tried=1"), answer.text
    with hub.reading() as uow:
        connection_id = find_connection(uow, running.slug).id
        assert read_trial(uow, connection_id, "another browser") is None
        exchange = read_trial(uow, connection_id, BROWSER)
    assert exchange
    return exchange.steps


def test_a_trial_shows_what_came_back_and_signs_nobody_in(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running, tess: str
) -> None:
    with hub.unit_of_work() as uow:
        set_connection_disabled(uow, find_connection(uow, "riverside").id, disabled=True)
    record = Record(hub)
    steps = try_sign_in(hub, browser, riverside_saml)
    assert [step.outcome for step in steps] == ["done", "done", "done"]
    assert steps[1].received["Attribute mail"] == TESS.email
    assert TESS.sub not in steps[1].received["NameID"]
    assert browser.person() is None
    assert record.changed_tables() <= {"sign_in_trial", "saml_key"}
    assert record.audit_since() == []


@pytest.mark.parametrize(
    "fault, reason",
    [("wrong_audience", "other_audience"), ("unsigned", "not_signed"), ("refuses", "idp_refused")],
)
def test_a_trial_says_what_is_wrong(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running, fault: str, reason: str
) -> None:
    failed = try_sign_in(hub, browser, riverside_saml, fault)[-1]
    assert (failed.outcome, failed.code) == ("failed", reason)
    assert failed.advice
    assert browser.person() is None


# --- the hub's own metadata -------------------------------------------------------------------------------------------


def test_the_hubs_metadata_says_what_a_provider_needs(
    hub: Hub, browser: SamlBrowser, riverside_saml: Running
) -> None:
    answer = browser.get("/sso/saml/riverside/metadata")
    assert answer.mimetype == "application/samlmetadata+xml"
    root = etree.fromstring(answer.data)
    base = "http://127.0.0.1:8000/sso/saml/riverside"
    assert root.get("entityID") == f"{base}/metadata"
    md = "{urn:oasis:names:tc:SAML:2.0:metadata}"
    consumer = next(root.iter(f"{md}AssertionConsumerService"))
    assert consumer.get("Location") == f"{base}/acs"
    assert {one.get("Location") for one in root.iter(f"{md}SingleLogoutService")} == {f"{base}/slo"}
    assert [one.get("use") for one in root.iter(f"{md}KeyDescriptor")] == ["signing", "encryption"]
    with hub.reading() as uow:
        assert len(list_sp_keys(uow)) == 1


def test_metadata_of_no_connection(browser: SamlBrowser) -> None:
    assert browser.get("/sso/saml/nobody/metadata").status_code == 404


def test_two_processes_make_one_first_key(hub: Hub) -> None:
    assert signing_key(hub).private_numbers() == signing_key(hub).private_numbers()
    with hub.reading() as uow:
        assert len(list_sp_keys(uow)) == 1


def test_the_hubs_metadata_is_not_a_providers(browser: SamlBrowser, clock: SettableClock) -> None:
    with pytest.raises(HubError) as refused:
        read_metadata(browser.get("/sso/saml/riverside/metadata").data, clock.now())
    assert refused.value.code == "bad_saml_metadata"
