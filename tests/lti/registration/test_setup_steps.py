"""A partner's administrator connects an LMS by a setup link alone: no account, no operator."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import flask
import pytest

from hub.errors import BadInput, Conflict, HubError
from hub.lti.registration import setup_steps
from hub.lti.tool.platforms import read_platform
from hub.lti.tools import read_tool
from hub.network.systems.setup_links import NewLink, make_setup_link, read_setup_link
from hub.testing.keys import new_key
from tests.lti.registration.desk import TOOL, Desk, Outside

BROWSER = "browser-secret"
KEY = new_key()
BY_HAND = {"login_url": f"{TOOL}/login", "launch_url": f"{TOOL}/launch", "jwks_url": f"{TOOL}/jwks"}


@pytest.mark.requirement("D16")
def test_d16_tool_and_platform_are_connected_without_an_operator(desk: Desk, outside: Outside) -> None:
    link, code = _make(desk, name="Ecole d'Été")
    hub = desk.hub
    assert setup_steps.look(hub, code).claimed_at is None
    setup_steps.claim(hub, code, BROWSER)
    tool = setup_steps.open_registration(hub, code, BROWSER, "tool", f"{TOOL}/register")
    assert desk.register(tool.code).status_code == 201
    platform = setup_steps.open_registration(hub, code, BROWSER, "platform")
    assert desk.confirm(platform, outside.configuration_url).status_code == 200
    with hub.reading() as uow:
        connection_id = read_setup_link(uow, link.id).connection_id
        assert connection_id
        both = read_tool(uow, connection_id), read_platform(uow, connection_id)
    # One outside system, in both roles.
    assert {each.slug for each in both} == {"ecole-d-ete"}
    assert both[0].closed == ""
    outside.hooks["jwks"] = lambda: flask.jsonify(keys=[KEY.as_dict(private=False)])
    outside.hooks["token"] = lambda: flask.jsonify(access_token="t", expires_in=60)
    exchange = setup_steps.try_connection(hub, code, BROWSER)
    assert [step.code for step in exchange.steps if step.outcome == "failed"] == [
        "jwks_unreachable",  # tool.example is not there
        "unreachable",
    ]
    setup_steps.finish(hub, code, BROWSER)
    _refused(desk, lambda: setup_steps.claim(hub, code, BROWSER), "link_used")


def test_tool_and_platform_by_hand(desk: Desk, outside: Outside) -> None:
    link, code = _make(desk)
    registration = setup_steps.enter_tool(desk.hub, code, BROWSER, **BY_HAND)
    _enter_platform(desk, outside, code)
    with desk.hub.reading() as uow:
        assert read_setup_link(uow, link.id).connection_id == registration.connection_id
        assert read_platform(uow, registration.connection_id).slug == "lms-west"
    with pytest.raises(Conflict):
        setup_steps.enter_tool(desk.hub, code, BROWSER, **BY_HAND)


def test_platform_first_and_then_the_tool_by_hand(desk: Desk, outside: Outside) -> None:
    link, code = _make(desk)
    _enter_platform(desk, outside, code)
    registration = setup_steps.enter_tool(desk.hub, code, BROWSER, **BY_HAND)
    with desk.hub.reading() as uow:
        assert read_setup_link(uow, link.id).connection_id == registration.connection_id


def test_names_that_are_taken_get_a_number(desk: Desk) -> None:
    made = [
        setup_steps.enter_tool(desk.hub, _make(desk, name=name)[1], BROWSER, **BY_HAND)
        for name in ("West", "West", "学校")
    ]
    with desk.hub.reading() as uow:
        assert [read_tool(uow, each.connection_id).slug for each in made] == ["west", "west-2", "lms"]


@pytest.mark.requirement("LN8")
def test_ln8_every_step_proves_the_browser(desk: Desk) -> None:
    _, code = _make(desk)
    hub = desk.hub
    setup_steps.claim(hub, code, BROWSER)
    steps: list[Callable[[], object]] = [
        lambda: setup_steps.claim(hub, code, "other"),
        lambda: setup_steps.open_registration(hub, code, "other", "tool", f"{TOOL}/register"),
        lambda: setup_steps.enter_tool(hub, code, "other", **BY_HAND),
        lambda: setup_steps.enter_platform(hub, code, "other"),
        lambda: setup_steps.try_connection(hub, code, "other"),
        lambda: setup_steps.finish(hub, code, "other"),
    ]
    for step in steps:
        _refused(desk, step, "link_of_another_browser")


@pytest.mark.requirement("LN8")
def test_ln8_link_for_one_role_connects_no_other(desk: Desk) -> None:
    _, code = _make(desk, parts=("platform",))
    hub = desk.hub
    setup_steps.claim(hub, code, BROWSER)
    for step in (
        lambda: setup_steps.open_registration(hub, code, BROWSER, "tool", f"{TOOL}/register"),
        lambda: setup_steps.enter_tool(hub, code, BROWSER, **BY_HAND),
    ):
        _refused(desk, step, "link_for_something_else")


@pytest.mark.requirement("LN8")
def test_ln8_unknown_link_at_every_step(desk: Desk) -> None:
    for step in (
        lambda: setup_steps.look(desk.hub, "x"),
        lambda: setup_steps.claim(desk.hub, "x", BROWSER),
        lambda: setup_steps.finish(desk.hub, "x", BROWSER),
    ):
        _refused(desk, step, "unknown_link")


def test_nothing_to_try_and_nothing_to_finish(desk: Desk) -> None:
    _, code = _make(desk)
    setup_steps.claim(desk.hub, code, BROWSER)
    for step in (setup_steps.try_connection, setup_steps.finish):
        with pytest.raises(BadInput, match="Nothing has been connected"):
            step(desk.hub, code, BROWSER)


def test_wrong_settings_claim_nothing(desk: Desk) -> None:
    _, code = _make(desk)
    record = desk.record()
    with pytest.raises(BadInput):
        setup_steps.enter_tool(desk.hub, code, BROWSER, **{**BY_HAND, "jwks_url": "ftp://x"})
    record.assert_refused("setup_link", "bad_tool")


def _make(desk: Desk, **more: Any) -> tuple[NewLink, str]:
    values = {"parts": ("tool", "platform"), "name": "LMS West", "created_by": None, **more}
    with desk.hub.unit_of_work() as uow:
        link = make_setup_link(uow, desk.partners["riverside"], **values)
    return link, urlsplit(link.address).path.rpartition("/")[2]


def _enter_platform(desk: Desk, outside: Outside, code: str) -> None:
    url = outside.address
    setup_steps.enter_platform(
        desk.hub,
        code,
        BROWSER,
        issuer=url,
        client_id="hub",
        authorize_url=f"{url}/authorize",
        token_url=f"{url}/token",
        jwks_url=f"{url}/jwks",
    )


def _refused(desk: Desk, step: Callable[[], object], code: str) -> None:
    record = desk.record()
    with pytest.raises(HubError) as refusal:
        step()
    assert refusal.value.code == code
    record.assert_refused("setup_link", code)
