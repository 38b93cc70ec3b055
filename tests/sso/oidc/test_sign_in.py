"""Signing in at the employer's provider, and what that leaves behind."""

import threading
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.config import Settings
from hub.journal import tables as journal
from hub.runtime import Hub
from hub.sso import tables
from hub.store import metadata
from tests.sso.rig import CLIENT_SECRET, TESS, Browser, Idp, Record


@pytest.mark.requirement("B41", "D19")
def test_a_person_of_the_network_signs_in(
    browser: Browser, riverside: Idp, tess: str, record: Record
) -> None:
    answer = browser.sign_in(riverside, return_to="/my-training?tab=due")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/my-training?tab=due"
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.person() == tess
    assert record.audit_since() == [("sign_in", "done", "")]
    assert record.changed_tables() == {"web_session"}


def test_the_hub_asks_for_no_more_than_who_it_is(browser: Browser, riverside: Idp) -> None:
    request = dict(parse_qsl(urlsplit(browser.start(riverside)).query))
    assert request["scope"] == "openid"
    assert request["code_challenge_method"] == "S256"
    assert request["redirect_uri"] == "http://127.0.0.1:8000/sso/oidc/riverside/callback"
    assert len({request[name] for name in ("state", "nonce", "code_challenge")}) == 3


def test_the_audit_row_says_who_through_what_and_when(
    hub: Hub, browser: Browser, riverside: Idp, tess: str
) -> None:
    browser.sign_in(riverside)
    with hub.reading() as uow:
        newest = sa.select(journal.audit).order_by(journal.audit.c.position.desc()).limit(1)
        row = uow.connection.execute(newest).one()
        session = uow.connection.execute(sa.select(tables.web_session)).one()
    assert row.actor_id == row.subject_id == tess == session.person_id
    assert row.partner_id
    assert row.connection_id == session.connection_id
    assert row.at == session.started_at


def test_no_secret_and_no_personal_data_is_kept_or_logged(
    hub: Hub, browser: Browser, riverside: Idp, caplog: pytest.LogCaptureFixture
) -> None:
    address = browser.start(riverside)
    asked = dict(parse_qsl(urlsplit(address).query))
    back = browser.log_in(address)
    with hub.reading() as uow:
        flows = uow.connection.execute(sa.select(tables.sign_in_flow)).all()
    assert browser.come_back(riverside, back).status_code == 303
    browser.come_back(riverside, back)
    secret = [asked["state"], back["code"], browser.cookie("hub_session"), browser.cookie("hub_flow")]
    with hub.reading() as uow:
        kept = [uow.connection.execute(sa.select(table)).all() for table in metadata.sorted_tables]
    for value in (*secret, CLIENT_SECRET):
        assert value
        assert value not in repr(kept) + repr(flows) + caplog.text
    with hub.reading() as uow:
        journals = repr(uow.connection.execute(sa.select(journal.audit)).all())
    assert TESS.sub not in journals
    assert TESS.email not in journals + caplog.text


def test_one_state_in_several_tabs_at_once_signs_in_once(
    hub: Hub, browser: Browser, riverside: Idp, record: Record
) -> None:
    back = browser.log_in(browser.start(riverside))
    flow = browser.cookie("hub_flow")
    assert flow
    statuses: list[int] = []

    def come_back(tab: Browser) -> None:
        tab.client.set_cookie("hub_flow", flow, domain="127.0.0.1")
        statuses.append(tab.come_back(riverside, back).status_code)

    # Each has an application of its own, and two that are made at once trip over each other in Python 3.11's compiler.
    tabs = [threading.Thread(target=come_back, args=(Browser(hub),)) for _ in range(6)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert sorted(statuses) == [303, 400, 400, 400, 400, 400]
    assert sorted(record.audit_since()) == [
        ("sign_in", "done", ""),
        *[("sign_in", "refused", "unknown_state")] * 5,
    ]


def test_two_tabs_of_one_browser_can_both_sign_in(browser: Browser, riverside: Idp, tess: str) -> None:
    first, second = browser.start(riverside, "/my-training"), browser.start(riverside, "/team")
    assert browser.come_back(riverside, browser.log_in(first)).headers["Location"] == "/my-training"
    assert browser.come_back(riverside, browser.log_in(second)).headers["Location"] == "/team"
    assert browser.person() == tess


def test_a_sign_in_begun_at_one_web_process_is_finished_at_another(
    settings: Settings, clock: SettableClock, browser: Browser, riverside: Idp, tess: str
) -> None:
    from hub.app import open_hub

    back = browser.log_in(browser.start(riverside))
    other = open_hub(settings, clock=clock)
    flow = browser.cookie("hub_flow")
    assert flow
    elsewhere = Browser(other)
    elsewhere.client.set_cookie("hub_flow", flow, domain="127.0.0.1")
    assert elsewhere.come_back(riverside, back).status_code == 303
    assert elsewhere.person() == tess
    other.close()


def test_a_session_ends_after_its_hours(
    browser: Browser, riverside: Idp, clock: SettableClock, settings: Settings, tess: str
) -> None:
    browser.sign_in(riverside)
    for _ in range(settings.session_hours - 1):
        clock.advance(hours=1)
        assert browser.person() == tess
    clock.advance(hours=1, seconds=-1)
    assert browser.person() == tess
    clock.advance(seconds=1)
    assert browser.person() is None


def test_a_session_that_nobody_uses_ends_before(
    browser: Browser, riverside: Idp, clock: SettableClock, settings: Settings, tess: str
) -> None:
    browser.sign_in(riverside)
    clock.advance(minutes=settings.session_idle_minutes, seconds=-1)
    assert browser.person() == tess
    clock.advance(minutes=settings.session_idle_minutes)
    assert browser.person() is None


def test_sign_out_ends_the_session_and_not_only_the_cookie(
    browser: Browser, riverside: Idp, record: Record
) -> None:
    browser.sign_in(riverside)
    token = browser.cookie("hub_session")
    assert token
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?signed_out=1")
    assert browser.cookie("hub_session") is None
    browser.client.set_cookie("hub_session", token, domain="127.0.0.1")
    assert browser.person() is None
    assert browser.post("/sign-out").status_code == 303
    assert record.audit_since() == [("sign_in", "done", ""), ("sign_out", "done", "")]


def test_signing_out_is_no_link(browser: Browser, riverside: Idp, tess: str) -> None:
    browser.sign_in(riverside)
    assert browser.get("/sign-out").status_code == 405
    assert browser.person() == tess
