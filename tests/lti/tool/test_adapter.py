"""The library agrees with what the hub accepts, and refuses by itself what it should; it has neither network nor clock."""

from typing import Any

import pytest

from hub.lti.refusals import Refused
from hub.lti.tool import adapter
from hub.lti.tool.platforms import Platform, read_platform
from hub.lti.vocabulary import CLAIM, DEEP_LINKING_CLAIM
from hub.testing.keys import new_key
from tests.lti.tool.rig import CLIENT, ISSUER, West

SETTINGS = DEEP_LINKING_CLAIM + "deep_linking_settings"


@pytest.fixture
def platform(shared: West) -> Platform:
    with shared.hub.reading() as uow:
        return read_platform(uow, shared.west.connection_id)


def _judge(west: West, platform: Platform, signed: dict[str, Any] | None = None, **asked: Any) -> None:
    claims = west.claims({"client_id": CLIENT, "nonce": "nonce"}, **(signed or {}))
    given: dict[str, Any] = {
        "key": west.key,
        "state": "state",
        "nonce": "nonce",
        "token": west.sign(claims),
    } | asked
    adapter.validate_message(platform, claims, **given)


def test_accepts_a_message_of_may_2026(shared: West, platform: Platform) -> None:
    _judge(shared, platform)


def test_accepts_a_list_of_audiences(shared: West, platform: Platform) -> None:
    _judge(shared, platform, {"aud": ["other", CLIENT], "azp": CLIENT})


def test_refuses_another_key(shared: West, platform: Platform) -> None:
    with pytest.raises(Refused, match="standard"):
        _judge(shared, platform, key=new_key())


def test_refuses_another_nonce(shared: West, platform: Platform) -> None:
    with pytest.raises(Refused):
        _judge(shared, platform, nonce="other")


@pytest.mark.parametrize("claims", [{"x__version": "1.2"}, {"iss": ""}, {"nonce": None}, {"x__roles": None}])
def test_refuses_what_the_hub_refuses_too(shared: West, platform: Platform, claims: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        _judge(shared, platform, claims)


def test_answer_of_deep_linking(shared: West, platform: Platform) -> None:
    claims = {CLAIM + "deployment_id": "1", SETTINGS: {"data": "theirs"}}
    message = adapter.deep_link_jwt(platform, claims, [{"type": "ltiResourceLink", "title": "Brakes"}])
    assert message.pop("nonce")
    assert message == {
        "iss": CLIENT,
        "aud": [ISSUER],
        CLAIM + "deployment_id": "1",
        CLAIM + "message_type": "LtiDeepLinkingResponse",
        CLAIM + "version": "1.3.0",
        DEEP_LINKING_CLAIM + "content_items": [{"type": "ltiResourceLink", "title": "Brakes"}],
        DEEP_LINKING_CLAIM + "data": "theirs",
    }


def test_answer_of_deep_linking_without_data(shared: West, platform: Platform) -> None:
    message = adapter.deep_link_jwt(platform, {CLAIM + "deployment_id": "1"}, [])
    assert DEEP_LINKING_CLAIM + "data" not in message
