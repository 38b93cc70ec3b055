"""Tools that register themselves at the hub: what they are told, what is kept, and who has to agree."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.clock import SettableClock
from hub.errors import BadInput, Conflict
from hub.ids import new_id
from hub.lti.registration.decide import decide_draft
from hub.lti.registration.drafts import list_drafts, read_draft
from hub.lti.registration.metadata import PLATFORM_CONFIGURATION, TOOL_CONFIGURATION
from hub.lti.tools import Tool, find_tool
from hub.lti.vocabulary import AGS_SCOPES, NRPS_SCOPE
from hub.network.systems.setup_links import make_setup_link, read_setup_link, revoke_setup_link
from tests.lti.registration.desk import TOOL, Desk, token_in


def test_configuration_names_every_endpoint_of_the_platform(desk: Desk) -> None:
    told = desk.client.get("/lti/openid-configuration", base_url=desk.base).json
    assert told is not None
    assert told["issuer"] == desk.base
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"):
        assert told[name].startswith(f"{desk.base}/lti/")
    assert set(AGS_SCOPES) < set(told["scopes_supported"])
    assert told["id_token_signing_alg_values_supported"] == ["RS256"]
    messages = told[PLATFORM_CONFIGURATION]["messages_supported"]
    assert {"type": "LtiResourceLinkRequest"} in messages


def test_address_of_a_registration_leads_to_the_tool_with_configuration_and_token(desk: Desk) -> None:
    draft = desk.open()
    query = parse_qs(urlsplit(draft.address).query)
    assert draft.address.startswith(f"{TOOL}/register?x=1&")
    assert query["registration_token"] == [draft.code]
    told = desk.client.get(query["openid_configuration"][0], base_url=desk.base).json
    assert told
    assert told["registration_endpoint"] == f"{desk.base}/lti/register?registration={draft.id}"


def test_tool_registers_and_waits_for_approval(desk: Desk) -> None:
    draft = desk.open()
    answer = desk.register(token_in(draft), draft_id=draft.id)
    assert answer.status_code == 201, answer.text
    told: Any = answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    assert told["scope"].split() == [*AGS_SCOPES, NRPS_SCOPE]
    assert told[TOOL_CONFIGURATION]["deployment_id"]
    assert "client_secret" not in told
    tool = _tool(desk, told["client_id"])
    assert (tool.state, tool.closed, tool.slug) == ("pending", "tool_pending", "west")
    assert tool.partner_id == desk.partners["riverside"]
    assert tool.redirect_uris == (f"{TOOL}/launch", f"{TOOL}/pick")
    assert (tool.deep_linking_url, tool.custom, tool.shares_personal_data) == (
        f"{TOOL}/pick",
        {"level": "1"},
        True,
    )
    with desk.hub.unit_of_work() as uow:
        (waiting,) = list_drafts(uow, state="received")
        assert waiting.received
        assert waiting.received["name"] == "Course Tool"
        assert decide_draft(uow, draft.id, True, None).state == "approved"
    assert _tool(desk, told["client_id"]).closed == ""
    assert desk.last_audit()["action"] == "lti_registration"


def test_refused_tool_stays_closed_and_is_decided_once(desk: Desk) -> None:
    draft = desk.open()
    told: Any = desk.register(draft.code).json
    with desk.hub.unit_of_work() as uow:
        decide_draft(uow, draft.id, False, None)
    assert _tool(desk, told["client_id"]).closed == "tool_refused"
    with pytest.raises(Conflict, match="nothing to decide"), desk.hub.unit_of_work() as uow:
        decide_draft(uow, draft.id, True, None)


def test_setup_link_approves_by_itself(desk: Desk) -> None:
    with desk.hub.unit_of_work() as uow:
        link = make_setup_link(uow, desk.partners["riverside"], ["tool"], "West", None)
    draft = desk.open(setup_link_id=link.id)
    told: Any = desk.register(draft.code).json
    tool = _tool(desk, told["client_id"])
    assert tool.closed == ""
    with desk.hub.reading() as uow:
        assert read_setup_link(uow, link.id).connection_id == tool.connection_id
        assert read_draft(uow, draft.id).state == "approved"


def test_setup_link_does_not_approve_what_is_flagged(desk: Desk) -> None:
    with desk.hub.unit_of_work() as uow:
        link = make_setup_link(uow, desk.partners["riverside"], ["tool"], "West", None)
    foreign = desk.metadata(configuration={"domain": "other.example"})
    first = desk.open(setup_link_id=link.id)
    told: Any = desk.register(first.code, foreign).json
    tool = _tool(desk, told["client_id"])
    assert tool.closed == "tool_pending"
    with desk.hub.unit_of_work() as uow:
        assert read_draft(uow, first.id).state == "received"
        assert read_setup_link(uow, link.id).connection_id == tool.connection_id
        decide_draft(uow, first.id, True, None)
    # Nor does it renew a tool that is in use.
    again = desk.open(setup_link_id=link.id)
    desk.register(again.code, {**foreign, "initiate_login_uri": f"{TOOL}/login-2"})
    assert _tool(desk, told["client_id"]).login_url == f"{TOOL}/login"


@pytest.mark.requirement("LN8")
def test_ln8_registration_of_a_revoked_setup_link(desk: Desk) -> None:
    with desk.hub.unit_of_work() as uow:
        link = make_setup_link(uow, desk.partners["riverside"], ["tool"], "West", None)
    draft = desk.open(setup_link_id=link.id)
    with desk.hub.unit_of_work() as uow:
        revoke_setup_link(uow, link.id, None)
    record = desk.record()
    assert desk.register(draft.code).status_code == 410
    record.assert_refused("lti_registration", "link_revoked")


def test_names_are_shared_only_with_a_tool_that_asks_for_them(desk: Desk) -> None:
    body = desk.metadata(configuration={"claims": ["iss", "sub"], "messages": None})
    told: Any = desk.register(desk.open().code, body).json
    tool = _tool(desk, told["client_id"])
    assert (tool.shares_personal_data, tool.deep_linking_url) == (False, None)


def test_custom_parameters_may_be_a_list(desk: Desk) -> None:
    body = desk.metadata(configuration={"custom_parameters": [{"name": "level", "value": 2}]})
    told: Any = desk.register(desk.open().code, body).json
    assert _tool(desk, told["client_id"]).custom == {"level": "2"}


def test_domain_that_lost_its_port_is_fine_and_a_foreign_one_is_flagged(desk: Desk) -> None:
    inner = {"domain": "127.0.0.1", "target_link_uri": "http://127.0.0.1:8101/launch"}
    for slug, domain, flags in (("one", "127.0.0.1", []), ("two", "other.example", ["other_host"])):
        draft = desk.open(slug=slug)
        body = desk.metadata(configuration={**inner, "domain": domain})
        assert desk.register(draft.code, body).status_code == 201
        with desk.hub.reading() as uow:
            received = read_draft(uow, draft.id).received
        assert received
        assert received["flags"] == flags


# --- R3 ---


@pytest.mark.requirement("R3")
def test_r3_no_token(desk: Desk) -> None:
    desk.open()
    record = desk.record()
    answer = desk.register(None)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    record.assert_refused("lti_registration", "no_token")


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Bearer two words", "Bearer \x7f", "token"])
def test_r3_malformed_token(desk: Desk, header: str) -> None:
    record = desk.record()
    assert desk.register(None, Authorization=header).status_code == 401
    record.assert_refused("lti_registration", "no_token")


@pytest.mark.requirement("R3")
def test_r3_unknown_token(desk: Desk) -> None:
    desk.open()
    record = desk.record()
    assert desk.register("a" * 43).status_code == 401
    record.assert_refused("lti_registration", "unknown_token")


@pytest.mark.requirement("R3")
def test_r3_expired_token(desk: Desk, clock: SettableClock) -> None:
    draft = desk.open()
    clock.advance(hours=1)
    record = desk.record()
    assert desk.register(draft.code).status_code == 401
    record.assert_refused("lti_registration", "token_expired")


@pytest.mark.requirement("R3")
def test_r3_reused_token(desk: Desk) -> None:
    draft = desk.open()
    assert desk.register(draft.code).status_code == 201
    record = desk.record()
    assert desk.register(draft.code).status_code == 401
    record.assert_refused("lti_registration", "token_used")


@pytest.mark.requirement("R3")
def test_r3_token_of_another_draft(desk: Desk) -> None:
    mine, other = desk.open(slug="west"), desk.open(slug="east")
    record = desk.record()
    assert desk.register(other.code, draft_id=mine.id).status_code == 401
    record.assert_refused("lti_registration", "token_of_another_draft")


@pytest.mark.requirement("R3")
def test_r3_code_of_a_platform_used_by_a_tool(desk: Desk) -> None:
    draft = desk.open("platform")
    record = desk.record()
    assert desk.register(draft.code).status_code == 401
    record.assert_refused("lti_registration", "token_of_another_draft")


# --- what a tool may say ---

_BAD: dict[str, dict[str, Any]] = {
    "native application": {"application_type": "native"},
    "no id_token": {"response_types": ["code"]},
    "no implicit grant": {"grant_types": ["client_credentials"]},
    "client secret": {"token_endpoint_auth_method": "client_secret_basic"},
    "other algorithm": {"id_token_signed_response_alg": "HS256"},
    "no name": {"client_name": None},
    "name is a number": {"client_name": 7},
    "long name": {"client_name": "x" * 256},
    "no keys": {"jwks_uri": None},
    "keys in a file": {"jwks_uri": "file:///etc/passwd"},
    "login with a user name": {"initiate_login_uri": "https://hub@tool.example/login"},
    "no configuration": {TOOL_CONFIGURATION: None},
    "configuration is a list": {TOOL_CONFIGURATION: []},
    "no target": {"configuration": {"target_link_uri": None}},
    "script as target": {"configuration": {"target_link_uri": "javascript:alert(1)"}},
    "messages are no list": {"configuration": {"messages": "LtiResourceLinkRequest"}},
    "bad target of a message": {
        "configuration": {"messages": [{"type": "LtiDeepLinkingRequest", "target_link_uri": "//evil"}]}
    },
    "deep custom": {"configuration": {"custom_parameters": {"a": {"b": 1}}}},
    "claims are no list": {"configuration": {"claims": "name"}},
    "NUL": {"client_name": "a\0b"},
    "reserved custom parameter": {"configuration": {"custom_parameters": {"hub_actor": "x"}}},
}


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("changes", _BAD.values(), ids=_BAD.keys())
def test_bad_metadata_is_refused_and_the_token_stays_good(desk: Desk, changes: dict[str, Any]) -> None:
    draft = desk.open()
    record = desk.record()
    answer = desk.register(draft.code, desk.metadata(**changes))
    assert (answer.status_code, answer.json and answer.json["error"]) == (400, "invalid_client_metadata")
    assert record.audited()[0][0:2] == ("lti_registration", "refused")
    assert record.audited()[0][2] in {"bad_metadata", "bad_tool"}
    assert len(record.audited()) == 1
    assert record.changed() == set()
    assert desk.register(draft.code).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"client_name": "\xff"}',
        b'{"client_name": "\\ud800"}',
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b"[" * 5000,
        b'{"a": ' + b'{"a": ' * 20 + b"1" + b"}" * 21,
    ],
)
def test_what_is_no_plain_json_object_is_refused(desk: Desk, body: bytes) -> None:
    draft = desk.open()
    record = desk.record()
    assert desk.register(draft.code, body).status_code == 400
    record.assert_refused("lti_registration", "bad_metadata")


def test_large_registration_is_refused(desk: Desk) -> None:
    draft = desk.open()
    record = desk.record()
    assert desk.register(draft.code, b"{" + b" " * 70_000 + b"}").status_code == 413
    record.assert_refused("lti_registration", "too_large")


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("member", ["initiate_login_uri", "jwks_uri"])
def test_r2_tool_endpoint_by_plain_http(desk: Desk, member: str) -> None:
    draft = desk.open()
    record = desk.record()
    assert desk.register(draft.code, desk.metadata(**{member: "http://tool.example/x"})).status_code == 400
    record.assert_refused("lti_registration", "insecure_endpoint")


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "uris",
    [
        None,
        [],
        ["http://tool.example/launch"],
        ["https://tool.example/launch#part"],
        ["https://hub@tool.example/launch"],
        ["https://tool.example\\@evil/"],
        ["https://tool.example/a b"],
        ["javascript:alert(1)"],
        ["//evil"],
        [7],
        [f"https://tool.example/{'x' * 2000}"],
        [f"https://tool.example/{n}" for n in range(51)],
    ],
)
def test_bad_redirect_uri_is_refused(desk: Desk, uris: Any) -> None:
    draft = desk.open()
    record = desk.record()
    answer = desk.register(draft.code, desk.metadata(redirect_uris=uris))
    assert (answer.status_code, answer.json and answer.json["error"]) == (400, "invalid_redirect_uri")
    record.assert_refused("lti_registration", "bad_redirect_uri")


# --- R5 ---


@pytest.mark.requirement("R5")
def test_r5_tool_registers_twice_and_keeps_its_client_id(desk: Desk) -> None:
    first, again = desk.open(), None
    told: Any = desk.register(first.code).json
    with desk.hub.unit_of_work() as uow:
        decide_draft(uow, first.id, True, None)
    again = desk.open()
    body = desk.metadata(initiate_login_uri=f"{TOOL}/login-2")
    renewed: Any = desk.register(again.code, body).json
    assert renewed["client_id"] == told["client_id"]
    # What it changed counts once somebody has agreed; until then it goes on as before.
    assert _tool(desk, told["client_id"]).login_url == f"{TOOL}/login"
    with desk.hub.unit_of_work() as uow:
        decide_draft(uow, again.id, True, None)
    tool = _tool(desk, told["client_id"])
    assert (tool.login_url, tool.closed) == (f"{TOOL}/login-2", "")


@pytest.mark.requirement("R5")
def test_r5_refused_renewal_leaves_the_tool_as_it_was(desk: Desk) -> None:
    first = desk.open()
    told: Any = desk.register(first.code).json
    with desk.hub.unit_of_work() as uow:
        decide_draft(uow, first.id, True, None)
    again = desk.open()
    desk.register(again.code, desk.metadata(initiate_login_uri=f"{TOOL}/login-2"))
    with desk.hub.unit_of_work() as uow:
        decide_draft(uow, again.id, False, None)
    tool = _tool(desk, told["client_id"])
    assert (tool.login_url, tool.closed) == (f"{TOOL}/login", "")


@pytest.mark.requirement("R5")
def test_r5_connection_of_another_partner_cannot_be_renewed(desk: Desk) -> None:
    desk.register(desk.open().code)
    with pytest.raises(Conflict, match="already a connection"):
        desk.open(partner_id=desk.partners["lakeside"])


def test_registration_needs_a_name_a_slug_an_address_and_a_partner(desk: Desk) -> None:
    for wrong in (
        {"name": " "},
        {"slug": "No Slug"},
        {"registration_url": "http://tool.example/register"},
        {"registration_url": ""},
    ):
        with pytest.raises(BadInput):
            desk.open(**wrong)
    with pytest.raises(Exception, match="no such partner"):
        desk.open(partner_id=new_id())


def _tool(desk: Desk, client_id: str) -> Tool:
    with desk.hub.reading() as uow:
        tool = find_tool(uow, client_id)
    assert tool is not None
    return tool
