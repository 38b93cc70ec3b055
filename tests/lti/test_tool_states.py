"""Tools that registered themselves, and tools whose settings change."""

from typing import Any

import pytest

from hub.errors import BadInput, Missing, NotAllowed
from hub.ids import new_id
from hub.lti import tables
from hub.lti.launch import start_launch
from hub.lti.remote_keys import key_age
from hub.lti.tools import approve_tool, connect_tool, key_source, read_tool, refuse_tool, update_tool
from hub.lti.vocabulary import ALL_SCOPES, CLAIM, SCORE_SCOPE, USUAL_SCOPES
from tests.lti.rig import Rig

URL = "http://127.0.0.1:9/north"


def pend(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        update_tool(uow, rig.north.connection_id, state="pending")


@pytest.mark.parametrize("state", ["pending", "refused"])
def test_p15_a_tool_that_is_not_approved_is_refused_everywhere(rig: Rig, state: str) -> None:
    subject, path, token = rig.launch()["sub"], rig.line_item_path(), rig.token()
    request = rig.request_for(rig.start())
    pend(rig)
    if state == "refused":
        with rig.hub.unit_of_work() as uow:
            refuse_tool(uow, rig.north.connection_id)
    reason = f"tool_{state}"
    record = rig.record()
    with pytest.raises(NotAllowed):
        start_launch(rig.hub, rig.world.ids["ann"], rig.world.ids["brakes"], "session-1")
    record.assert_refused("launch", reason)
    record = rig.record()
    answer = rig.authorize(request)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, reason)
    record.assert_refused("launch", reason)
    record = rig.record()
    assert rig.ask_token().status_code == 400
    record.assert_refused("lti_token", reason)
    record = rig.record()
    assert rig.post_score(path, token, rig.score(subject)).status_code == 401
    record.assert_refused("score", reason)


def test_an_approved_tool_is_served(rig: Rig) -> None:
    pend(rig)
    record = rig.record()
    with rig.hub.unit_of_work() as uow:
        approve_tool(uow, rig.north.connection_id)
    assert record.audited() == [("tool_approved", "done", "")]
    assert rig.launch()["sub"]
    with rig.hub.unit_of_work() as uow:
        approve_tool(uow, rig.north.connection_id)
    assert len(record.audited()) == 3, "once more changes nothing"


def test_tokens_of_a_refused_tool_stay_dead(rig: Rig) -> None:
    subject, path, token = rig.launch()["sub"], rig.line_item_path(), rig.token()
    with rig.hub.unit_of_work() as uow:
        refuse_tool(uow, rig.north.connection_id)
        approve_tool(uow, rig.north.connection_id)
    assert rig.post_score(path, token, rig.score(subject)).status_code == 401
    assert rig.post_score(path, rig.token(), rig.score(subject)).status_code == 200


def test_settings_change_and_what_is_left_out_stays(rig: Rig) -> None:
    record = rig.record()
    with rig.hub.unit_of_work() as uow:
        update_tool(uow, rig.north.connection_id, launch_url=f"{URL}/new", scopes=[SCORE_SCOPE])
        tool = read_tool(uow, rig.north.connection_id)
    assert (tool.launch_url, tool.redirect_uris) == (f"{URL}/new", (f"{URL}/new",))
    assert tool.scopes == (SCORE_SCOPE,)
    assert tool.login_url == f"{URL}/login?tenant=1"
    assert tool.client_id == rig.north.client_id
    assert record.audited() == [("tool_updated", "done", "")]
    record = rig.record()
    with rig.hub.unit_of_work() as uow:
        update_tool(uow, rig.north.connection_id, launch_url=f"{URL}/new", scopes=[SCORE_SCOPE])
    record.assert_nothing()
    assert rig.launch()[CLAIM + "target_link_uri"] == f"{URL}/new"


def test_redirect_uris_of_its_own_do_not_follow_the_launch_url(rig: Rig) -> None:
    own = [f"{URL}/a", f"{URL}/b"]
    with rig.hub.unit_of_work() as uow:
        update_tool(uow, rig.north.connection_id, redirect_uris=own)
        update_tool(uow, rig.north.connection_id, launch_url=f"{URL}/new")
        assert read_tool(uow, rig.north.connection_id).redirect_uris == tuple(own)


def test_a_new_address_of_the_keys_forgets_the_old_keys(rig: Rig) -> None:
    rig.token()
    with rig.hub.unit_of_work() as uow:
        source = key_source(read_tool(uow, rig.north.connection_id))
        assert key_age(uow, source).kids == (rig.keys.private.kid,)
        update_tool(uow, rig.north.connection_id, jwks_url=f"{rig.keys.address}/jwks?other")
        assert key_age(uow, source).kids == ()
    assert rig.token()
    assert rig.keys.calls == 2


def test_keys_can_be_handed_over_instead_of_an_address(rig: Rig) -> None:
    key = dict(rig.keys.private.as_dict(private=True))
    with rig.hub.unit_of_work() as uow:
        update_tool(uow, rig.north.connection_id, jwks_url="", public_jwks=[key])
        (kept,) = read_tool(uow, rig.north.connection_id).public_jwks
    assert kept.keys() == {"kty", "kid", "n", "e"}, "private members are never kept"
    assert rig.token()
    assert rig.keys.calls == 0, "nothing is fetched"
    record = rig.record()
    answer = rig.ask_token(client_assertion=rig.assertion({"kid": "another"}))
    assert answer.status_code == 400
    record.assert_refused("lti_token", "unknown_kid")
    assert rig.keys.calls == 0


BAD: list[dict[str, Any]] = [
    {"login_url": "http://lms.example/login"},
    {"deep_linking_url": "javascript:alert(1)"},
    {"jwks_url": ""},
    {"public_jwks": [{"kty": "oct", "k": "AAAA", "kid": "secret"}]},
    {"scopes": ["https://purl.imsglobal.org/spec/lti-ags/scope/everything"]},
    {"redirect_uris": ["https://lms.example/launch#fragment"]},
    {"custom": {"hub_actor": "me"}},
    {"custom": {"name": "\0"}},
]


@pytest.mark.parametrize("change", BAD, ids=str)
def test_a_wrong_setting_changes_nothing(shared: Rig, change: dict[str, Any]) -> None:
    record = shared.record()
    with pytest.raises(BadInput) as refused, shared.hub.unit_of_work() as uow:
        update_tool(uow, shared.north.connection_id, **change)
    assert {problem.place for problem in refused.value.problems} == change.keys()
    record.assert_nothing()


def test_there_must_be_a_tool(shared: Rig) -> None:
    with pytest.raises(Missing), shared.hub.unit_of_work() as uow:
        update_tool(uow, new_id(), domain="lms.example")


def test_a_new_tool_may_have_every_setting(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        made = connect_tool(
            uow,
            "west",
            "LMS West",
            login_url=f"{URL}/login",
            launch_url=f"{URL}/launch",
            jwks_url=f"{rig.keys.address}/jwks",
            scopes=ALL_SCOPES,
            state="pending",
            deep_linking_url=f"{URL}/choose",
            custom={"campus": "west"},
            domain="lms.example:8443",
            asked={"client_name": "West"},
        )
        tool = read_tool(uow, made.connection_id)
        row = uow.connection.execute(
            tables.lti_tool.select().where(tables.lti_tool.c.connection_id == made.connection_id)
        ).one()
    assert (tool.state, tool.closed) == ("pending", "tool_pending")
    assert (tool.deep_linking_url, tool.custom, tool.domain) == (
        f"{URL}/choose",
        {"campus": "west"},
        "lms.example:8443",
    )
    assert set(tool.scopes) == set(ALL_SCOPES)
    assert row.asked == {"client_name": "West"}
    assert set(rig.north.scopes) == set(USUAL_SCOPES)
