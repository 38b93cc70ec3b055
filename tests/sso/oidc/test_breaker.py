"""A provider that hangs holds nobody: after three timeouts in a row it is not asked for half a minute, by any process."""

from collections.abc import Iterator

import pytest

from hub.clock import SettableClock
from hub.config import Settings
from hub.runtime import Hub
from hub.sso.oidc.breaker import RESTS
from tests.sso.rig import NAMESAKE, Browser, Idp, Record, add_person


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.http.TIMEOUT", (0.4, 0.4))


@pytest.fixture
def other(settings: Settings, clock: SettableClock, hub: Hub) -> Iterator[Hub]:
    """Another web process on the same database."""
    from hub.app import open_hub

    opened = open_hub(settings, clock=clock)
    yield opened
    opened.close()


def time_out(browser: Browser, idp: Idp, times: int = 1, fault: str = "token_slow") -> None:
    with idp.faults.on(fault):
        for _ in range(times):
            browser.sign_in(idp)


def test_a_provider_that_hangs_is_not_asked_by_any_process(
    hub: Hub, other: Hub, browser: Browser, riverside: Idp, record: Record
) -> None:
    under_way = browser.log_in(browser.start(riverside))
    time_out(browser, riverside, 3)
    assert riverside.calls("/token") == 3
    for someone in (browser, Browser(other)):
        answer = someone.get("/sso/oidc/riverside/start")
        assert (answer.status_code, answer.json and answer.json["code"]) == (502, "idp_resting")
    # Who was at the provider already is refused without waiting, too.
    answer = browser.come_back(riverside, under_way)
    assert (answer.status_code, answer.json and answer.json["code"]) == (502, "idp_resting")
    assert riverside.calls("/token") == 3
    assert record.changed_tables() == set()
    reasons = [reason for _, _, reason in record.audit_since()]
    assert reasons == ["idp_timeout"] * 3 + ["idp_resting"] * 3


def test_others_go_on_while_one_rests(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp, tess: str
) -> None:
    namesake = add_person(hub, NAMESAKE, lakeside)
    time_out(browser, riverside, 3)
    browser.sign_in(lakeside, NAMESAKE)
    assert browser.person() == namesake


def test_two_timeouts_and_an_answer_are_not_in_a_row(browser: Browser, riverside: Idp, tess: str) -> None:
    time_out(browser, riverside, 2)
    browser.sign_in(riverside)
    time_out(browser, riverside, 2)
    browser.sign_in(riverside)
    assert browser.person() == tess


def test_an_error_is_an_answer_too(browser: Browser, riverside: Idp, tess: str) -> None:
    time_out(browser, riverside, 2)
    with riverside.faults.on("token_500"):
        browser.sign_in(riverside)
    time_out(browser, riverside, 2)
    browser.sign_in(riverside)
    assert browser.person() == tess


def test_after_the_rest_one_of_all_tries(
    hub: Hub, other: Hub, browser: Browser, riverside: Idp, clock: SettableClock, tess: str
) -> None:
    second = Browser(other)
    waiting = second.log_in(second.start(riverside))
    time_out(browser, riverside, 3)
    clock.advance(seconds=RESTS.total_seconds())
    time_out(browser, riverside)
    assert riverside.calls("/token") == 4
    assert second.come_back(riverside, waiting).json == {
        "code": "idp_resting",
        "message": "Riverside does not answer at the moment, so nobody can be signed in there.",
        "help": "Try again in a minute; nothing of your training is lost.",
    }
    assert riverside.calls("/token") == 4  # one timeout is enough for the next rest


def test_one_that_works_again_is_asked_by_all(
    hub: Hub, other: Hub, browser: Browser, riverside: Idp, clock: SettableClock, tess: str
) -> None:
    time_out(browser, riverside, 3)
    clock.advance(seconds=RESTS.total_seconds())
    for someone in (browser, Browser(other), Browser(hub)):
        someone.sign_in(riverside)
        assert someone.person() == tess


def test_userinfo_that_hangs_stops_nobody_and_counts(browser: Browser, riverside: Idp, tess: str) -> None:
    time_out(browser, riverside, 3, "userinfo_slow")
    assert browser.person() == tess
    assert browser.get("/sso/oidc/riverside/start").status_code == 502
