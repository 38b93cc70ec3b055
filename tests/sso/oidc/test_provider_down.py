"""A provider that is down, slow or broken: words for the person, nothing half written, and what is kept still serves."""

import msgspec
import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.config import Settings
from hub.runtime import Hub
from hub.sso.oidc.freshness import FRESH, STALE
from hub.sso.oidc.providers import read_provider, save_metadata
from hub.sso.tables import oidc_provider
from hub.testing.serve import free_port
from tests.sso.rig import Browser, Idp, Record


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub waits 5 s for an answer; here 0.4 s. And providers do not move their clocks with the hub's."""
    monkeypatch.setattr("hub.http.TIMEOUT", (0.4, 0.4))
    monkeypatch.setattr("hub.sso.oidc.id_token.LEEWAY", STALE.total_seconds() * 2)


@pytest.fixture
def nobody() -> str:
    """An address of this machine at which nobody answers."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def settings(settings: Settings, nobody: str) -> Settings:
    return settings.model_copy(update={"outgoing_allow": [*settings.outgoing_allow, nobody]})


def change_metadata(hub: Hub, idp: Idp, **changes: object) -> None:
    with hub.unit_of_work() as uow:
        provider = read_provider(uow, idp.slug)
        assert provider.metadata
        save_metadata(uow, provider.connection.id, msgspec.structs.replace(provider.metadata, **changes))


@pytest.mark.parametrize("fault, reason", [("token_500", "idp_status"), ("token_slow", "idp_timeout")])
def test_token_endpoint_fails(
    browser: Browser, riverside: Idp, record: Record, tess: str, fault: str, reason: str
) -> None:
    with riverside.faults.on(fault):
        answer = browser.sign_in(riverside)
    record.assert_refused(browser, answer, 502, reason)
    assert answer.json
    assert "Riverside" in answer.json["message"]
    assert "Try again" in answer.json["help"]
    assert riverside.calls("/token") == 1
    browser.sign_in(riverside)
    assert browser.person() == tess


def test_nobody_answers(hub: Hub, browser: Browser, riverside: Idp, nobody: str, record: Record) -> None:
    change_metadata(hub, riverside, token_endpoint=f"http://{nobody}/token")
    record.assert_refused(browser, browser.sign_in(riverside), 502, "idp_unreachable")


def test_the_token_endpoint_may_not_point_into_the_network(
    hub: Hub, browser: Browser, riverside: Idp, record: Record
) -> None:
    change_metadata(hub, riverside, token_endpoint="https://169.254.169.254/token")
    record.assert_refused(browser, browser.sign_in(riverside), 502, "idp_refused_address")


@pytest.mark.parametrize(
    "change", [{"client_secret": "another"}, {"methods": ("client_secret_post",)}], ids=["secret", "method"]
)
def test_the_provider_does_not_know_the_hub(
    hub: Hub, browser: Browser, riverside: Idp, record: Record, change: dict[str, object]
) -> None:
    if "methods" in change:
        change_metadata(hub, riverside, token_endpoint_auth_methods_supported=change["methods"])
    else:
        with hub.unit_of_work() as uow:
            sealed = hub.sealer.seal(str(change["client_secret"]))
            uow.connection.execute(sa.update(oidc_provider).values(client_secret=sealed))
    record.assert_refused(browser, browser.sign_in(riverside), 502, "idp_client_refused")


@pytest.mark.parametrize("fault", ["jwks_500", "metadata_500", "metadata_other_issuer"])
def test_what_is_kept_serves_while_the_provider_cannot_be_asked(
    browser: Browser, riverside: Idp, clock: SettableClock, tess: str, fault: str
) -> None:
    path = "/jwks" if fault == "jwks_500" else "/.well-known/openid-configuration"
    before = riverside.calls(path)
    clock.advance(days=3)
    with riverside.faults.on(fault):
        for _ in range(3):
            browser.sign_in(riverside)
            assert browser.person() == tess
            browser.post("/sign-out")
    assert riverside.calls(path) == before + 1  # one sign-in a minute asks, the others do not wait


def test_what_is_fresh_is_not_fetched_and_what_is_not_is(
    browser: Browser, riverside: Idp, clock: SettableClock
) -> None:
    paths = ("/jwks", "/.well-known/openid-configuration")
    connected = [riverside.calls(path) for path in paths]
    browser.sign_in(riverside)
    assert [riverside.calls(path) for path in paths] == connected
    clock.advance(seconds=FRESH.total_seconds())
    browser.sign_in(riverside)
    assert [riverside.calls(path) for path in paths] == [calls + 1 for calls in connected]
    browser.sign_in(riverside)
    assert [riverside.calls(path) for path in paths] == [calls + 1 for calls in connected]


def test_keys_do_not_serve_for_ever(browser: Browser, riverside: Idp, clock: SettableClock, hub: Hub) -> None:
    clock.advance(seconds=STALE.total_seconds())
    with riverside.faults.on("jwks_500"):
        record = Record(hub)
        record.assert_refused(browser, browser.sign_in(riverside), 502, "idp_status")


def test_metadata_does_not_serve_for_ever(
    browser: Browser, riverside: Idp, clock: SettableClock, hub: Hub
) -> None:
    clock.advance(seconds=STALE.total_seconds())
    with riverside.faults.on("metadata_500"):
        record = Record(hub)
        answer = browser.get(f"/sso/oidc/{riverside.slug}/start")
        record.assert_refused(browser, answer, 502, "idp_status")
        again = browser.post("/sign-in", email="tess@riverside.example")
        assert (again.status_code, again.json and again.json["code"]) == (502, "idp_status")


def test_userinfo_that_cannot_be_read_stops_nobody(
    hub: Hub, browser: Browser, riverside: Idp, nobody: str, tess: str, record: Record
) -> None:
    for endpoint in (f"http://{nobody}/userinfo", f"{riverside.issuer}/jwks500", f"{riverside.issuer}/"):
        change_metadata(hub, riverside, userinfo_endpoint=endpoint)
        browser.sign_in(riverside)
        assert browser.person() == tess
        browser.post("/sign-out")
    change_metadata(hub, riverside, userinfo_endpoint=None)
    browser.sign_in(riverside)
    assert browser.person() == tess
