"""The test page of a tool: the real first half of a launch, with what the tool asked for and what to change."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import flask
import pytest

from hub.errors import Missing
from hub.exchange import Step
from hub.ids import new_id
from hub.lti.registration.explain import EXPLANATIONS, last_refusals
from hub.lti.registration.try_tool import HINT, try_tool
from hub.lti.tools import ToolRegistration, connect_tool, set_tool_disabled, update_tool
from hub.testing.keys import new_key
from tests.lti.registration.desk import Desk, Outside

KEY = new_key()


@pytest.fixture
def tool(desk: Desk, outside: Outside) -> ToolRegistration:
    """A tool that does everything as it should."""
    with desk.hub.unit_of_work() as uow:
        made = connect_tool(
            uow,
            "west",
            "West",
            desk.partners["riverside"],
            login_url=f"{outside.address}/login?tenant=1",
            launch_url=f"{outside.address}/launch",
            jwks_url=f"{outside.address}/jwks",
        )
    outside.hooks["jwks"] = lambda: flask.jsonify(keys=[KEY.as_dict(private=False)])
    _answer_login(desk, outside, made)
    return made


def test_tool_that_works(desk: Desk, outside: Outside, tool: ToolRegistration) -> None:
    record = desk.record()
    exchange = try_tool(desk.hub, tool.connection_id)
    assert [step.outcome for step in exchange.steps] == ["done", "done", "done", "skipped", "skipped"]
    assert exchange.steps[1].received["Good keys"] == KEY.kid
    assert exchange.steps[2].received["redirect_uri"] == f"{outside.address}/launch"
    assert outside.calls == ["jwks", "login"]
    record.assert_nothing()


def test_tool_that_answers_with_a_form(desk: Desk, outside: Outside, tool: ToolRegistration) -> None:
    _answer_login(desk, outside, tool, by="form")
    assert _sign_in(desk, tool).outcome == "done"


def test_tool_that_answers_with_a_page_is_left_to_browsers(
    desk: Desk, outside: Outside, tool: ToolRegistration
) -> None:
    outside.hooks["login"] = lambda: flask.Response("<p>Choose a school</p>", mimetype="text/html")
    step = _sign_in(desk, tool)
    assert (step.outcome, step.status) == ("skipped", 200)


@pytest.mark.requirement("D13")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": "another"}, "unknown_client"),
        ({"redirect_uri": "https://evil.example/"}, "unregistered_redirect_uri"),
        ({"redirect_uri": None}, "unregistered_redirect_uri"),
        ({"response_type": "code"}, "bad_response_type"),
        ({"scope": "openid profile"}, "bad_scope"),
        ({"response_mode": "query"}, "bad_response_mode"),
        ({"prompt": "login"}, "bad_prompt"),
        ({"nonce": None}, "no_nonce"),
        ({"login_hint": None}, "no_login_hint"),
        ({"login_hint": "changed"}, "unknown_login_hint"),
        ({"lti_message_hint": None}, "no_lti_message_hint"),
        ({"lti_message_hint": "changed"}, "message_hint_mismatch"),
        ({"nonce": ["a", "b"]}, "repeated_parameter"),
    ],
)
def test_d13_step_names_the_reason_that_the_audit_trail_has(
    desk: Desk, outside: Outside, tool: ToolRegistration, changes: Mapping[str, Any], reason: str
) -> None:
    _answer_login(desk, outside, tool, **changes)
    record = desk.record()
    step = _sign_in(desk, tool)
    assert (step.outcome, step.code) == ("failed", reason)
    assert step.advice == EXPLANATIONS[reason].change
    record.assert_refused("launch", reason)
    with desk.hub.reading() as uow:
        (refusal,) = last_refusals(uow, tool.connection_id)
    assert (refusal.code, refusal.action, refusal.explanation) == (reason, "launch", EXPLANATIONS[reason])
    assert refusal.received == step.received
    if isinstance(changes.get("redirect_uri"), str):
        assert step.received["redirect_uri"] == changes["redirect_uri"]


@pytest.mark.requirement("D13")
def test_d13_tool_that_refuses_to_begin(desk: Desk, outside: Outside, tool: ToolRegistration) -> None:
    outside.hooks["login"] = lambda: flask.Response("unknown issuer, secret@example.org", 400)
    step = _sign_in(desk, tool)
    assert (step.code, step.status) == ("login_refused", 400)
    assert step.received == {"Issuer": desk.base, "Client id": tool.client_id}


@pytest.mark.requirement("D13")
@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, "{}", "jwks_unreachable"),
        (200, "<html>", "jwks_unreachable"),
        (200, "{}", "jwks_unreachable"),
        (200, '{"keys": []}', "unknown_kid"),
        (200, '{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "1"}]}', "unknown_kid"),
    ],
)
def test_d13_keys_that_cannot_be_used(
    desk: Desk, outside: Outside, tool: ToolRegistration, status: int, body: str, reason: str
) -> None:
    outside.hooks["jwks"] = lambda: flask.Response(body, status)
    step = try_tool(desk.hub, tool.connection_id).steps[1]
    assert (step.outcome, step.code) == ("failed", reason)
    assert step.advice


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/x",
        "http://127.0.0.1:9/x",
        "https://[::1]/x",
        "https://169.254.169.254/x",
        "https://10.0.0.7/x",
        "https://[::ffff:7f00:1]/x",
        "https://2130706433/x",
        "https://inside.example/x",
        "https://lms.example:22/x",
    ],
)
def test_r1_tool_with_inside_addresses(
    desk: Desk, tool: ToolRegistration, attempts: list[Any], names: dict[str, str], address: str
) -> None:
    names |= {"inside.example": "192.168.0.7", "lms.example": "8.8.8.8"}
    with desk.hub.unit_of_work() as uow:
        update_tool(uow, tool.connection_id, login_url=address, jwks_url=address)
    steps = try_tool(desk.hub, tool.connection_id).steps
    assert (steps[1].code, steps[1].received) == ("jwks_unreachable", {"Cause": "refused_address"})
    assert steps[2].code == "refused_address"
    assert attempts == []


@pytest.mark.requirement("D13")
def test_d13_tool_that_is_switched_off(desk: Desk, tool: ToolRegistration) -> None:
    with desk.hub.unit_of_work() as uow:
        set_tool_disabled(uow, tool.connection_id, disabled=True)
    assert try_tool(desk.hub, tool.connection_id).steps[0].code == "tool_disabled"


def test_connection_that_is_no_tool(desk: Desk) -> None:
    with pytest.raises(Missing):
        try_tool(desk.hub, new_id())


def _sign_in(desk: Desk, tool: ToolRegistration) -> Step:
    return try_tool(desk.hub, tool.connection_id).steps[2]


def _answer_login(
    desk: Desk, outside: Outside, tool: ToolRegistration, by: str = "redirect", **changes: Any
) -> None:
    def login() -> flask.Response:
        given = flask.request.args
        assert (given["login_hint"], given["client_id"], given["tenant"]) == (HINT, tool.client_id, "1")
        asked: dict[str, Any] = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": tool.client_id,
            "redirect_uri": f"{outside.address}/launch",
            "login_hint": given["login_hint"],
            "lti_message_hint": given["lti_message_hint"],
            "state": "1",
            "nonce": "1",
        } | changes
        asked = {name: value for name, value in asked.items() if value is not None}
        address = f"{desk.base}/lti/authorize"
        if by == "redirect":
            return flask.Response(
                status=302, headers={"Location": f"{address}?{urlencode(asked, doseq=True)}"}
            )
        fields = "".join(f'<input name="{name}" value="{value}">' for name, value in asked.items())
        return flask.Response(f'<form action="{address}">{fields}</form><input name="x">')

    outside.hooks["login"] = login
