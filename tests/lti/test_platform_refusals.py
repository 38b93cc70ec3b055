"""What the platform refuses in a launch: rows P1 to P5 of the protocol tables."""

from typing import Any

import pytest

from hub.lti.vocabulary import CLAIM
from tests.lti.rig import Form, Rig, with_other_tool

REGISTERED = "http://127.0.0.1:9/north/launch"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/launch",
        REGISTERED + "/more",
        REGISTERED + "-evil",
        REGISTERED[:-1],
        "http://127.0.0.1:9/north/launch/../launch",
        "http://127.0.0.1:9@evil.example/north/launch",
        "http://127.0.0.1:10/north/launch",
        "https://127.0.0.1:9/north/launch",
        "HTTP://127.0.0.1:9/north/launch",
        REGISTERED + "#fragment",
        REGISTERED + "?a=b",
        REGISTERED + "\0",
        "http://127.0.0.1:9/south/launch",
        "",
        None,
    ],
)
def test_p1_redirect_uri_must_be_registered(shared: Rig, redirect_uri: str | None, method: str) -> None:
    request = shared.request_for(shared.start(), redirect_uri=redirect_uri)
    record = shared.record()
    answer = shared.authorize(request, method)
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "unregistered_redirect_uri")
    assert "Location" not in answer.headers
    record.assert_refused("launch", "unregistered_redirect_uri")


def test_p1_two_redirect_uris_of_which_one_is_registered(shared: Rig) -> None:
    request: dict[str, Any] = dict(shared.request_for(shared.start()))
    record = shared.record()
    answer = shared.authorize(request | {"redirect_uri": [REGISTERED, "https://evil.example/"]})
    assert answer.status_code == 400
    record.assert_refused("launch", "unregistered_redirect_uri")


@pytest.mark.parametrize("client_id", ["nobody", "", "\0", None, "' OR 1=1 --"])
def test_p1_redirect_uri_of_an_unknown_client(shared: Rig, client_id: str | None) -> None:
    request = shared.request_for(shared.start(), client_id=client_id)
    record = shared.record()
    answer = shared.authorize(request)
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "unknown_client")
    record.assert_refused("launch", "unknown_client")


BAD_REQUESTS = [
    ({"scope": "openid profile"}, "invalid_scope", "bad_scope"),
    ({"scope": None}, "invalid_scope", "bad_scope"),
    ({"response_type": "code"}, "unsupported_response_type", "bad_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type", "bad_response_type"),
    ({"response_type": None}, "unsupported_response_type", "bad_response_type"),
    ({"response_mode": "query"}, "invalid_request", "bad_response_mode"),
    ({"response_mode": None}, "invalid_request", "bad_response_mode"),
    ({"prompt": "login"}, "invalid_request", "bad_prompt"),
    ({"prompt": None}, "invalid_request", "bad_prompt"),
    ({"nonce": None}, "invalid_request", "no_nonce"),
    ({"nonce": ""}, "invalid_request", "no_nonce"),
    ({"nonce": ["one", "two"]}, "invalid_request", "repeated_parameter"),
    ({"login_hint": None}, "invalid_request", "no_login_hint"),
    ({"lti_message_hint": None}, "invalid_request", "no_lti_message_hint"),
]


@pytest.mark.parametrize(("changes", "error", "reason"), BAD_REQUESTS, ids=str)
def test_p2_a_request_that_is_no_lti_launch(
    rig: Rig, changes: dict[str, Any], error: str, reason: str
) -> None:
    request = rig.request_for(rig.start(), **changes)
    record = rig.record()
    form = _error_of(rig, request)
    assert form.fields["error"] == error
    record.assert_refused("launch", reason)


@pytest.mark.parametrize("changes", [c for c, _, _ in BAD_REQUESTS], ids=str)
def test_p2_an_error_goes_nowhere_else(shared: Rig, changes: dict[str, Any]) -> None:
    evil = "https://evil.example/launch"
    request = shared.request_for(shared.start(), **changes, redirect_uri=evil)
    record = shared.record()
    answer = shared.authorize(request)
    assert answer.status_code == 400
    assert evil not in answer.text
    record.assert_refused("launch", "unregistered_redirect_uri")


@pytest.mark.parametrize("hint", ["made-up", "\0", "x" * 5_000], ids=len)
def test_p3_unknown_login_hint(shared: Rig, hint: str) -> None:
    _denied(shared, shared.request_for(shared.start(), login_hint=hint), "unknown_login_hint")


def test_p3_login_hint_of_another_person(shared: Rig) -> None:
    request = shared.request_for(shared.start("ann"))
    shared.sign_in("bob")
    _denied(shared, request, "hint_of_other_person")
    shared.sign_in("ann")
    assert "id_token" in Form(shared.authorize(request).text).fields, "what others try does not use it up"


def test_p3_login_hint_of_another_browser_of_the_same_person(shared: Rig) -> None:
    request = shared.request_for(shared.start("ann", session="session-1"))
    shared.sign_in("ann", "session-2")
    _denied(shared, request, "hint_of_other_session")


@pytest.mark.parametrize(("minutes", "works"), [(4.9, True), (5, False), (60 * 24, False)])
def test_p3_expired_login_hint(rig: Rig, minutes: float, works: bool) -> None:
    request = rig.request_for(rig.start())
    rig.hub.clock.advance(minutes=minutes)  # type: ignore[attr-defined]
    if works:
        assert "id_token" in Form(rig.authorize(request).text).fields
    else:
        _denied(rig, request, "hint_expired")


@pytest.mark.parametrize("nonce", ["nonce-1", "nonce-2"])
def test_p3_reused_login_hint(shared: Rig, nonce: str) -> None:
    login = shared.start()
    assert "id_token" in Form(shared.authorize(shared.request_for(login)).text).fields
    _denied(shared, shared.request_for(login, nonce=nonce), "hint_reused")


def test_p3_tampered_message_hint(shared: Rig) -> None:
    login = shared.start()
    for hint in (shared.start(course="batteries").fields["lti_message_hint"], "tampered", "\0"):
        _denied(shared, shared.request_for(login, lti_message_hint=hint), "message_hint_mismatch")


def test_p3_message_hint_of_another_client(shared: Rig) -> None:
    hint = shared.start(course="tires").fields["lti_message_hint"]
    _denied(shared, shared.request_for(shared.start(), lti_message_hint=hint), "message_hint_mismatch")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_p4_nobody_is_signed_in(shared: Rig, method: str) -> None:
    request = shared.request_for(shared.start())
    shared.sign_out()
    record = shared.record()
    answer = shared.authorize(request, method)
    if method == "POST":
        record.assert_nothing()
        answer = shared.client.get(answer.headers["Location"], base_url=shared.base)
    form = Form(answer.text)
    assert form.action == REGISTERED
    assert form.fields.keys() == {"state", "error", "error_description"}
    assert form.fields["error"] == "login_required"
    record.assert_refused("launch", "no_session")


def test_p5_hint_of_another_tool(shared: Rig) -> None:
    login = with_other_tool(shared.start(), shared.south, "http://127.0.0.1:9/south/launch")
    record = shared.record()
    form = _error_of(shared, shared.request_for(login), "http://127.0.0.1:9/south/launch")
    assert form.fields["error"] == "unauthorized_client"
    record.assert_refused("launch", "hint_of_other_tool")


def test_what_a_tool_sends_cannot_break_out_of_the_page(rig: Rig) -> None:
    state = '"><script>alert(1)</script>'
    answer = rig.authorize(rig.request_for(rig.start(), state=state))
    assert "<script>alert" not in answer.text
    form = Form(answer.text)
    assert form.fields["state"] == state
    assert rig.claims(form.fields["id_token"])[CLAIM + "version"] == "1.3.0"


def _error_of(rig: Rig, request: dict[str, Any], action: str = REGISTERED) -> Form:
    answer = rig.authorize(request)
    form = Form(answer.text)
    assert answer.status_code == 200
    assert form.action == action
    assert "id_token" not in form.fields
    assert form.fields["state"] == "state-1"
    assert form.fields["error_description"]
    return form


def _denied(rig: Rig, request: dict[str, str], reason: str) -> None:
    record = rig.record()
    assert _error_of(rig, request).fields["error"] == "access_denied"
    record.assert_refused("launch", reason)
