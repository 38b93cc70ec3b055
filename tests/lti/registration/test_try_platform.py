"""The test page of a platform: keys, token, gradebook and roster, with what failed and what to change."""

from typing import Any

import flask
import pytest
import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import new_id
from hub.lti.registration.explain import explain
from hub.lti.registration.try_platform import try_platform
from hub.lti.tool import tables
from hub.lti.tool.platforms import connect_platform, set_platform_disabled
from hub.testing.keys import new_key
from tests.lti.registration.desk import Desk, Outside

KEY = new_key()
SECRET = "access-token-of-west"


@pytest.fixture
def platform(desk: Desk, outside: Outside) -> str:
    """A platform that has launched the hub once and does everything as it should; its connection's id."""
    url = outside.address
    with desk.hub.unit_of_work() as uow:
        connection_id = connect_platform(
            uow,
            "west",
            "West",
            desk.partners["riverside"],
            issuer=url,
            client_id="hub-at-west",
            authorize_url=f"{url}/authorize",
            token_url=f"{url}/token",
            jwks_url=f"{url}/jwks",
            deployment_id="1",
        ).connection_id
    outside.hooks = {
        "jwks": lambda: flask.jsonify(keys=[KEY.as_dict(private=False)]),
        "token": lambda: flask.jsonify(access_token=SECRET, expires_in=3600, token_type="Bearer"),
        "lineitems": lambda: flask.jsonify([{"id": f"{url}/lineitems/1", "label": "x", "scoreMaximum": 1}]),
        "members": lambda: flask.jsonify(
            members=[
                {"user_id": "7", "roles": ["Learner"], "name": "Ann Example", "email": "ann@example.org"}
            ]
        ),
    }
    _place(desk, outside, connection_id)
    return connection_id


def test_platform_that_works(desk: Desk, outside: Outside, platform: str) -> None:
    exchange = try_platform(desk.hub, platform)
    assert [step.outcome for step in exchange.steps] == ["done"] * 5
    assert [call for call in outside.calls if call != "token"] == ["jwks", "lineitems", "members"]
    assert exchange.steps[3].received == {"Line items": "1"}
    assert exchange.steps[4].received == {"Members": "1"}
    shown = str(exchange)
    for secret in (SECRET, "Ann Example", "ann@example.org"):
        assert secret not in shown


def test_token_is_asked_for_each_time(desk: Desk, outside: Outside, platform: str) -> None:
    try_platform(desk.hub, platform)
    outside.hooks["token"] = lambda: _error(401, error="invalid_client")
    assert try_platform(desk.hub, platform).steps[2].code == "token_refused"


def test_services_wait_for_the_first_launch(desk: Desk, outside: Outside, platform: str) -> None:
    with desk.hub.unit_of_work() as uow:
        uow.connection.execute(sa.delete(tables.lti_placement))
    steps = try_platform(desk.hub, platform).steps
    assert [step.outcome for step in steps[3:]] == ["skipped", "skipped"]
    assert "No launch" in steps[3].message


@pytest.mark.requirement("D13")
@pytest.mark.parametrize(
    ("hook", "status", "body", "step", "reason"),
    [
        ("jwks", 404, {}, 1, "jwks_unreachable"),
        ("jwks", 200, {"keys": []}, 1, "unknown_kid"),
        ("token", 400, {"error": "invalid_scope"}, 2, "token_refused"),
        ("token", 401, {"error": "invalid_client"}, 2, "token_refused"),
        ("token", 500, {}, 2, "a_500"),
        ("token", 200, {}, 2, "bad_token_answer"),
        ("lineitems", 403, {}, 3, "refused_403"),
        ("lineitems", 401, {}, 3, "token_rejected"),
        ("lineitems", 200, {}, 3, "bad_line_items"),
        ("members", 404, {}, 4, "refused_404"),
        ("members", 200, {"members": "x"}, 4, "bad_members"),
    ],
)
def test_d13_what_fails_is_named_and_explained(
    desk: Desk,
    outside: Outside,
    platform: str,
    hook: str,
    status: int,
    body: dict[str, Any],
    step: int,
    reason: str,
) -> None:
    outside.hooks[hook] = lambda: _error(status, **body)
    steps = try_platform(desk.hub, platform).steps
    assert (steps[step].outcome, steps[step].code) == ("failed", reason)
    assert steps[step].advice == explain(reason).change
    if step == 2:
        assert steps[2].received["aud"] == f"{outside.address}/token"
        assert [each.outcome for each in steps[3:]] == ["skipped", "skipped"]


@pytest.mark.requirement("D13")
def test_d13_platform_that_is_switched_off(desk: Desk, platform: str) -> None:
    with desk.hub.unit_of_work() as uow:
        set_platform_disabled(uow, platform, disabled=True)
    assert try_platform(desk.hub, platform).steps[0].code == "platform_disabled"


def test_connection_that_is_no_platform(desk: Desk) -> None:
    with pytest.raises(Missing):
        try_platform(desk.hub, new_id())


def _error(status: int, **body: Any) -> flask.Response:
    response = flask.jsonify(body)
    response.status_code = status
    return response


def _place(desk: Desk, outside: Outside, connection_id: str) -> None:
    with desk.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.insert(tables.lti_placement).values(
                id=new_id(),
                connection_id=connection_id,
                deployment_id="1",
                context_id="c",
                resource_link_id="r",
                title="",
                target_kind="home",
                line_items_url=f"{outside.address}/lineitems",
                members_url=f"{outside.address}/members",
                scopes=[],
                seen_at=uow.now,
            )
        )
