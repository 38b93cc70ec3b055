"""Rows T1 to T5: how a platform begins a launch (LTI 1.3, section 5.1.1.1)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.clock import SettableClock
from hub.limits import Limit
from hub.lti.registration.explain import EXPLANATIONS
from hub.lti.tool.platforms import set_platform_disabled
from tests.lti.tool.rig import CLIENT, ISSUER, West, record


def _refused(west: West, reason: str, status: int = 400, method: str = "GET", **changes: Any) -> None:
    before = record(west)
    answer = west.login(method, **changes)
    before.assert_refused("lti_login", reason)
    assert answer.status_code == status
    assert "Location" not in answer.headers


@pytest.mark.parametrize("issuer", ["https://nobody.example", "", None, "\0"])
def test_t1_unknown_issuer(shared: West, issuer: str | None) -> None:
    _refused(shared, "unknown_issuer", iss=issuer)


def test_t1_issuer_in_another_case_is_unknown(shared: West) -> None:
    _refused(shared, "unknown_issuer", iss="https://West.example")


def test_t2_known_issuer_unknown_client(shared: West) -> None:
    _refused(shared, "unknown_client", client_id="somebody")


def test_t2_client_of_another_issuer(shared: West) -> None:
    _refused(shared, "unknown_client", client_id="hub-at-other")


def test_t2_no_client_where_the_issuer_has_two(shared: West) -> None:
    _refused(shared, "client_needed", client_id=None)


def test_t2_no_client_is_enough_where_the_issuer_has_one(west: West) -> None:
    begun = west.begin(iss="https://other.example", client_id=None)
    assert begun["client_id"] == "hub-at-other"


TARGETS = [
    "https://evil.example/lti/tool/open/home",
    "//evil.example/lti/tool/open/home",
    "{scheme}://{host}@evil.example/lti/tool/open/home",
    "{scheme}://user@{host}/lti/tool/open/home",
    "{scheme}://user:secret@{host}/lti/tool/open/home",
    "ftp://{host}/lti/tool/open/home",
    "javascript:alert(1)//{host}/lti/tool/open/home",
    "{scheme}://{host}.evil.example/lti/tool/open/home",
    "{scheme}://{host}\\@evil.example/lti/tool/open/home",
    "{scheme}://{host}/lti/tool/open/home#x",
    "{scheme}://{host}/lti/tool/open/home?next=//evil.example",
    "{scheme}://{host}/lti/tool/open/../../admin",
    "{scheme}://{host}/admin",
    "{scheme}://{host}/lti/tool/open/offering/1",
    "{scheme}://{host}/lti/tool/open/home\n",
    "{scheme}://{host}/lti/tool/open/home\0",
    " {scheme}://{host}/lti/tool/open/home",
    "{scheme}://{host}:1/lti/tool/open/home",
]


@pytest.mark.parametrize("form", TARGETS)
def test_t3_target_elsewhere(shared: West, form: str) -> None:
    parts = urlsplit(shared.base)
    _refused(shared, "bad_target", target_link_uri=form.format(scheme=parts.scheme, host=parts.netloc))


def test_t3_target_with_another_scheme(shared: West) -> None:
    scheme, rest = shared.target().split(":", 1)
    other = "http" if scheme == "https" else "https"
    _refused(shared, "bad_target", target_link_uri=f"{other}:{rest}")


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("name", ["login_hint", "target_link_uri"])
def test_t4_missing_parameter(shared: West, name: str, value: str | None) -> None:
    changes: dict[str, Any] = {name: value}
    _refused(shared, f"no_{name}", **changes)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_t4_repeated_parameter(shared: West, method: str) -> None:
    _refused(shared, "repeated_parameter", method=method, login_hint=["one", "two"])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_t5_login(west: West, method: str) -> None:
    answer = west.login(method)
    assert answer.status_code == 302
    address, _, query = answer.location.partition("?")
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    assert address == "http://127.0.0.1:9/west/authorize"
    assert asked.pop("state") != asked.pop("nonce")
    assert asked == {
        "tenant": "1",
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": CLIENT,
        "redirect_uri": west.west.launch_url,
        "login_hint": "hint",
        "lti_message_hint": "message",
    }


def test_t5_login_leaves_no_audit_row(west: West) -> None:
    before = record(west)
    west.begin()
    assert (before.audited(), before.changed()) == ([], {"lti_login"})


def test_t5_cookie_stays_with_the_browser_for_ten_minutes(west: West) -> None:
    cookie = west.login().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "Max-Age=600" in cookie
    assert "Path=/" in cookie


def test_platform_switched_off(west: West) -> None:
    with west.hub.unit_of_work() as uow:
        set_platform_disabled(uow, west.west.connection_id, disabled=True)
    _refused(west, "platform_disabled", 403)


def test_two_tenants_with_one_issuer_get_their_own_login(west: West) -> None:
    assert west.begin(iss=ISSUER, client_id="hub-at-east")["client_id"] == "hub-at-east"
    assert "/east/" in west.login(client_id="hub-at-east").location


@pytest.mark.parametrize("tail", ["open/home", "open/offering/x", "launch"])
def test_address_opened_by_hand(shared: West, tail: str) -> None:
    before = record(shared)
    answer = shared.get(f"/lti/tool/{tail}")
    before.assert_nothing()
    assert answer.status_code == 200
    assert "from your learning system" in answer.text


def test_logins_are_limited_by_network_and_the_flood_has_one_audit_row(
    west: West, monkeypatch: pytest.MonkeyPatch, clock: SettableClock
) -> None:
    monkeypatch.setattr("hub.lti.tool.routes.LOGINS", Limit("lti_login", 3, 60))
    for _ in range(3):
        assert west.login().status_code == 302
    before = record(west)
    for method in ("GET", "POST"):
        answer = west.login(method)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
        assert "Location" not in answer.headers
        assert "Set-Cookie" not in answer.headers
        assert "too often" in answer.text
    assert "too_many_requests" in EXPLANATIONS
    before.assert_refused("lti_login", "too_many_requests")
    other = west.client.get(
        "/lti/tool/login",
        query_string=west.login_request(),
        base_url=west.base,
        environ_base={"REMOTE_ADDR": "192.0.2.9"},
    )
    assert other.status_code == 302
    clock.advance(minutes=1)
    assert west.login().status_code == 302
