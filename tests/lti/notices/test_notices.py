"""Platform Notification Service, the hub as platform: handlers are read and set, and notices are posted and signed."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from hub.app import open_worker
from hub.journal.tables import outbox
from hub.lti.deployments import save_deployment
from hub.lti.notices.handlers import CONTEXT_COPY, HELLO_WORLD, set_handler
from hub.lti.tools import read_tool, set_tool_disabled, update_tool
from hub.lti.vocabulary import AGS_SCOPES, ALL_SCOPES, CLAIM, NOTICE_SCOPE, NOTICES_CLAIM
from tests.lti.legacy.test_tool_side import wait_until_blocked
from tests.lti.notices.listener import Listener
from tests.lti.rig import Rig

URL = "platform_notification_service_url"


@pytest.fixture
def north(rig: Rig) -> Rig:
    """The rig, with the right of both tools to set handlers."""
    with rig.hub.unit_of_work() as uow:
        for tool in (rig.north, rig.south):
            update_tool(uow, tool.connection_id, scopes=ALL_SCOPES)
    return rig


def service(rig: Rig, course: str = "brakes") -> str:
    """The address that a launch tells, as a path."""
    url = rig.launch("ann", course)[NOTICES_CLAIM][URL]
    return str(url).removeprefix(rig.base)


def put(rig: Rig, path: str, body: object, token: str = "", media: str = "application/json") -> TestResponse:
    return rig.call("PUT", path, token or rig.token(NOTICE_SCOPE), body, media)


def hello(handler: str, **more: Any) -> dict[str, Any]:
    return {"notice_type": HELLO_WORLD, "handler": handler, **more}


def handlers(rig: Rig, path: str) -> dict[str, Any]:
    answer = rig.call("GET", path, rig.token(NOTICE_SCOPE))
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    return dict(answer.json or {})


def send(rig: Rig) -> None:
    """What the worker does with what waits."""
    rig.hub.clock.advance(hours=1)  # type: ignore[attr-defined]
    open_worker(rig.hub).send()


def deliveries(rig: Rig) -> list[tuple[str, str | None]]:
    with rig.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(outbox.c.state, outbox.c.last_error))
        return [(row.state, row.last_error) for row in rows]


def test_launch_tells_of_the_service_where_it_is_granted(north: Rig) -> None:
    told = north.launch()[NOTICES_CLAIM]
    assert told.pop(URL).startswith(f"{north.base}/lti/notice-handlers/")
    assert told == {
        "service_versions": ["1.0"],
        "scope": [NOTICE_SCOPE],
        "notice_types_supported": [HELLO_WORLD],
    }
    with north.hub.unit_of_work() as uow:
        update_tool(uow, north.north.connection_id, scopes=AGS_SCOPES)
    assert NOTICES_CLAIM not in north.launch()


def test_handlers_are_read_set_and_removed(north: Rig, listener: Listener) -> None:
    path = service(north)
    empty = {
        "client_id": north.north.client_id,
        "deployment_id": north.north.deployment_id,
        "notice_handlers": [hello("")],
    }
    assert handlers(north, path) == empty
    answer = put(north, path, hello(listener.url, max_batch_size=10))
    assert (answer.status_code, answer.json) == (200, hello(listener.url))
    assert handlers(north, path)["notice_handlers"] == [hello(listener.url)]
    assert put(north, path, hello("")).json == hello("")
    assert handlers(north, path) == empty


def test_new_handler_is_told_hello(north: Rig, listener: Listener) -> None:
    put(north, service(north), hello(listener.url))
    send(north)
    assert deliveries(north) == [("delivered", None)]
    (post,) = listener.posts
    assert post.keys() == {"notices"}
    (notice,) = post["notices"]
    claims = north.claims(notice["jwt"])
    now = int(north.hub.clock.now().timestamp())
    assert (claims["iss"], claims["aud"], claims["azp"]) == (north.base, *[north.north.client_id] * 2)
    assert (claims["iat"], claims["exp"] - now) == (now, 300)
    assert claims[CLAIM + "version"] == "1.3.0"
    assert claims[CLAIM + "deployment_id"] == north.north.deployment_id
    assert claims[CLAIM + "notice"].keys() == {"id", "timestamp", "type"}
    assert claims[CLAIM + "notice"]["type"] == HELLO_WORLD
    assert "sub" not in claims


def test_same_handler_again_tells_nothing(north: Rig, listener: Listener) -> None:
    path = service(north)
    put(north, path, hello(listener.url))
    token = north.token(NOTICE_SCOPE)
    before = north.record()
    put(north, path, hello(listener.url), token)
    before.assert_nothing()


@pytest.mark.parametrize("second", ["", "?second"], ids=["same", "another"])
def test_of_two_first_handlers_at_once_the_second_wins(north: Rig, listener: Listener, second: str) -> None:
    path, token = service(north), north.token(NOTICE_SCOPE)
    service_id = path.rpartition("/")[2]
    other = north.another_client()
    with ThreadPoolExecutor(1) as pool:
        with north.hub.unit_of_work() as uow:
            tool = read_tool(uow, north.north.connection_id)
            set_handler(uow, tool, service_id, json.dumps(hello(listener.url)).encode())
            answer = pool.submit(put, other, path, hello(listener.url + second), token)
            wait_until_blocked(north.hub)
        assert answer.result().status_code == 200
    assert handlers(north, path)["notice_handlers"] == [hello(listener.url + second)]
    assert len(deliveries(north)) == (2 if second else 1)


def test_handler_that_fails_is_tried_again_with_the_same_notice(north: Rig, listener: Listener) -> None:
    put(north, service(north), hello(listener.url))
    for status in (503, 429, 200):
        listener.status = status
        send(north)
    assert deliveries(north) == [("delivered", None)]
    told = [north.claims(post["notices"][0]["jwt"]) for post in listener.posts]
    assert len({one[CLAIM + "notice"]["id"] for one in told}) == 1
    assert len({one["nonce"] for one in told}) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 302])
def test_handler_that_refuses_is_left_alone(north: Rig, listener: Listener, status: int) -> None:
    put(north, service(north), hello(listener.url))
    listener.status = status
    send(north)
    send(north)
    ((state, error),) = deliveries(north)
    assert state == "parked"
    assert str(status) in (error or "")
    assert len(listener.posts) == 1


def test_handler_that_was_removed_is_told_nothing(north: Rig, listener: Listener) -> None:
    path = service(north)
    put(north, path, hello(listener.url))
    put(north, path, hello(""))
    send(north)
    assert [state for state, _ in deliveries(north)] == ["parked"]
    assert listener.posts == []


def test_tool_that_was_switched_off_is_told_nothing(north: Rig, listener: Listener) -> None:
    put(north, service(north), hello(listener.url))
    with north.hub.unit_of_work() as uow:
        set_tool_disabled(uow, north.north.connection_id, disabled=True)
    send(north)
    assert [state for state, _ in deliveries(north)] == ["parked"]
    assert listener.posts == []


def test_address_inside_the_network_is_not_called(north: Rig) -> None:
    """The host is the tool's own, the port another: the guards of all outgoing calls hold."""
    put(north, service(north), hello("http://127.0.0.1:9/notices"))
    send(north)
    ((state, error),) = deliveries(north)
    assert state == "parked"
    assert "address" in (error or "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "bad_notice_handler"),
        (b"[]", "bad_notice_handler"),
        (b"{" * 60_000, "bad_notice_handler"),
        (b'{"notice_type": "\xff", "handler": ""}', "bad_notice_handler"),
        ({"notice_type": HELLO_WORLD}, "bad_notice_handler"),
        ({"handler": ""}, "bad_notice_handler"),
        (hello("x", max_batch_size=0), "bad_notice_handler"),
        (hello("javascript:alert(1)"), "bad_notice_handler"),
        (hello("http://north.example/notices"), "bad_notice_handler"),
        (hello("https://user@127.0.0.1/notices"), "bad_notice_handler"),
        (hello("https://127.0.0.1/\u0000"), "bad_notice_handler"),
        (hello("https://127.0.0.1/" + "x" * 2000), "bad_notice_handler"),
        (hello("https://elsewhere.example/notices"), "foreign_handler"),
        ({"notice_type": CONTEXT_COPY, "handler": "https://127.0.0.1/"}, "notice_unsupported"),
        ({"notice_type": CONTEXT_COPY, "handler": ""}, "notice_unsupported"),
        ({"notice_type": "LtiSomethingElse", "handler": ""}, "notice_unsupported"),
        ({"notice_type": "x" * 5000, "handler": ""}, "notice_unsupported"),
    ],
)
def test_handler_that_cannot_be_set(north: Rig, body: object, reason: str) -> None:
    path, token = service(north), north.token(NOTICE_SCOPE)
    before = north.record()
    answer = put(north, path, body, token)
    assert answer.status_code == 400
    before.assert_refused("notice_handlers", reason)


def test_courses_are_never_copied_in_plain_words(north: Rig) -> None:
    answer = put(north, service(north), {"notice_type": CONTEXT_COPY, "handler": "https://127.0.0.1/"})
    assert "not copied" in answer.text


def test_media_type_of_another_kind(north: Rig) -> None:
    path, token = service(north), north.token(NOTICE_SCOPE)
    before = north.record()
    assert put(north, path, hello(""), token, "text/plain").status_code == 415
    before.assert_refused("notice_handlers", "media_type")


def test_token_of_another_scope(north: Rig) -> None:
    path, token = service(north), north.token(*AGS_SCOPES)
    for method in ("GET", "PUT"):
        before = north.record()
        answer = north.call(method, path, token, hello("") if method == "PUT" else None, "application/json")
        assert answer.status_code == 403
        before.assert_refused("notice_handlers", "insufficient_scope")


def test_handlers_of_another_tool_are_not_there(north: Rig) -> None:
    path = service(north, "tires")
    token = north.token(NOTICE_SCOPE)
    for method in ("GET", "PUT"):
        before = north.record()
        answer = north.call(method, path, token, hello("") if method == "PUT" else None, "application/json")
        assert answer.status_code == 404
        before.assert_refused("notice_handlers", "no_notice_service")


def test_deployment_that_is_off_is_refused_and_told_nothing(north: Rig, listener: Listener) -> None:
    path = service(north)
    put(north, path, hello(listener.url))
    token = north.token(NOTICE_SCOPE)
    tool = north.north
    with north.hub.unit_of_work() as uow:
        save_deployment(uow, tool.connection_id, "other", partner_id=None, name="", disabled=False)
        save_deployment(uow, tool.connection_id, tool.deployment_id, partner_id=None, name="", disabled=True)
    before = north.record()
    assert put(north, path, hello(""), token).status_code == 403
    before.assert_refused("notice_handlers", "deployment_disabled")
    send(north)
    assert listener.posts == []


def test_handlers_belong_to_one_deployment(north: Rig, listener: Listener) -> None:
    path, partner_id = service(north), north.world.ids["partner"]
    odd = "a/b ?c"
    with north.hub.unit_of_work() as uow:
        save_deployment(uow, north.north.connection_id, odd, partner_id=partner_id, name="", disabled=False)
    other = service(north)
    assert other != path
    put(north, other, hello(listener.url))
    assert handlers(north, other)["deployment_id"] == odd
    assert handlers(north, path)["notice_handlers"] == [hello("")]
    send(north)
    (post,) = listener.posts
    assert north.claims(post["notices"][0]["jwt"])[CLAIM + "deployment_id"] == odd


def test_nothing_personal_waits_in_the_outbox(north: Rig, listener: Listener) -> None:
    put(north, service(north), hello(listener.url + "?key=secret"))
    with north.hub.reading() as uow:
        row = uow.connection.execute(sa.select(outbox)).one()
    assert row.person_id is None
    assert row.body.keys() == {"connection_id", "deployment_id", "notice_type", "notice_id", "at"}
    assert "secret" not in json.dumps(row.body)
