"""What the hub refuses of platforms that ask to pick, and of pickers: row DL5 of the protocol tables, and DL4 the other way."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.journal import tables as journal
from hub.lti.tool.platform_deployments import decide_deployment
from hub.lti.tool.platforms import set_platform_disabled, update_platform
from tests.lti.content.picking import SETTINGS, Picking
from tests.lti.tool.rig import DEPLOYMENT, ISSUER, LEARNER, record


def _refused(
    picking: Picking, reason: str, claims: dict[str, Any] | None = None, status: int = 400, **settings: Any
) -> None:
    """The launch is refused and nothing is left but its one audit row; the login it used up stays as it was."""
    west = picking.west
    begun = west.begin(target_link_uri=west.target("pick"))
    named: dict[str, Any] = {
        "x__target_link_uri": west.target("pick"),
        "x__message_type": "LtiDeepLinkingRequest",
        "x__resource_link": None,
        "x__roles": ["Instructor"],
        "sub": None,  # the library that judges the messages of known people looks at some of this too
        SETTINGS: picking.settings(**settings),
    } | (claims or {})
    west.refuse(begun, west.sign(west.claims(begun, **named)), reason, status)


@pytest.mark.parametrize(
    "roles",
    [
        [],
        [LEARNER],
        ["Learner"],
        ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"],
        ["http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"],
        ["https://vendor.example/roles#Instructor"],
    ],
    ids=str,
)
def test_dl4_who_learns_in_a_course_does_not_pick(shared_picking: Picking, roles: list[str]) -> None:
    _refused(shared_picking, "not_instructor", {"x__roles": roles}, 403)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://lms.example/picked", "insecure_return_url"),
        ("http://west.example/picked", "insecure_return_url"),
        ("javascript:alert(1)", "bad_return_url"),
        ("data:text/html,x", "bad_return_url"),
        ("//west.example/picked", "bad_return_url"),
        ("https://ann@west.example/picked", "bad_return_url"),
        ("https://west.example\\@evil.example/", "bad_return_url"),
        ("https://west.example/\n", "bad_return_url"),
        ("", "bad_return_url"),
        (None, "bad_return_url"),
        (7, "bad_return_url"),
    ],
    ids=str,
)
def test_dl5_return_url_that_no_answer_goes_to(shared_picking: Picking, url: object, reason: str) -> None:
    _refused(shared_picking, reason, deep_link_return_url=url)


def test_dl5_plain_http_on_this_machine_for_a_platform_on_https(picking: Picking) -> None:
    with picking.west.hub.unit_of_work() as uow:
        update_platform(uow, picking.west.west.connection_id, authorize_url="https://west.example/authorize")
    _refused(picking, "insecure_return_url", deep_link_return_url="http://127.0.0.1:9/west/picked")


def test_dl5_return_url_at_another_host_is_told_and_flagged(shared_picking: Picking) -> None:
    seen = record(shared_picking.west)
    token = shared_picking.begin(deep_link_return_url="https://elsewhere.example/picked")
    assert ("lti_pick", "done", "") in seen.audited()
    page = shared_picking.page(token)
    assert 'role="alert"' in page.text
    assert "elsewhere.example" in page.text


def test_dl5_return_url_at_the_platforms_own_host(shared_picking: Picking) -> None:
    seen = record(shared_picking.west)
    token = shared_picking.begin(deep_link_return_url=f"{ISSUER}/picked")
    assert "lti_pick" not in {action for action, _, _ in seen.audited()}
    assert 'role="alert"' not in shared_picking.page(token).text


@pytest.mark.parametrize("given", [None, "text", []], ids=str)
def test_a_request_without_settings(shared_picking: Picking, given: object) -> None:
    _refused(shared_picking, "no_settings", {SETTINGS: given})


@pytest.mark.parametrize("types", [None, [], ["link", "html"], "ltiResourceLink", {}], ids=str)
def test_a_platform_that_takes_no_lti_links(shared_picking: Picking, types: object) -> None:
    _refused(shared_picking, "type_not_accepted", accept_types=types)


@pytest.mark.parametrize("do", ["send", "cancel", "search"])
@pytest.mark.parametrize("token", ["", "unknown", "\0", "x" * 1000])
def test_a_token_nobody_has(shared_picking: Picking, token: str, do: str) -> None:
    seen = record(shared_picking.west)
    answer = shared_picking.press(token, do)
    assert (answer.status_code, "unknown_pick" in answer.text) == (404, True)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    seen.assert_refused("lti_pick", "unknown_pick")


def test_the_same_choice_twice(shared_picking: Picking) -> None:
    token = shared_picking.begin()
    shared_picking.sent(shared_picking.press(token, "send", shared_picking.key("brakes")))
    for do in ("send", "cancel", "search"):
        seen = record(shared_picking.west)
        answer = shared_picking.press(token, do, shared_picking.key("brakes"))
        assert (answer.status_code, "pick_used" in answer.text) == (400, True)
        seen.assert_refused("lti_pick", "pick_used")


def test_a_choice_that_took_too_long(picking: Picking) -> None:
    token = picking.begin()
    picking.west.hub.clock.advance(hours=1)  # type: ignore[attr-defined]
    seen = record(picking.west)
    answer = picking.press(token, "send", picking.key("brakes"))
    assert (answer.status_code, "pick_expired" in answer.text) == (400, True)
    seen.assert_refused("lti_pick", "pick_expired")


@pytest.mark.parametrize("what", ["platform", "deployment"])
def test_a_platform_that_was_switched_off_meanwhile(picking: Picking, what: str) -> None:
    token, connection_id = picking.begin(), picking.west.west.connection_id
    with picking.west.hub.unit_of_work() as uow:
        if what == "platform":
            set_platform_disabled(uow, connection_id, disabled=True)
        else:
            decide_deployment(uow, connection_id, DEPLOYMENT, "refused", None)
    seen = record(picking.west)
    answer = picking.press(token, "send", picking.key("brakes"))
    assert answer.status_code == 403
    seen.assert_refused("lti_pick", "platform_disabled")


@pytest.mark.parametrize(
    "target", ["", "offering:", "offering:x", "path:\0", "person:1", "offering:" + "0" * 36]
)
def test_a_target_there_is_not(shared_picking: Picking, target: str) -> None:
    token, seen = shared_picking.begin(), record(shared_picking.west)
    assert shared_picking.press(token, "send", target).status_code == 400
    seen.assert_refused("lti_pick", "unknown_target")
    assert shared_picking.press(token, "search", target, q="\0", shown="x").status_code == 200


def test_a_form_that_is_too_large(shared_picking: Picking) -> None:
    seen = record(shared_picking.west)
    answer = shared_picking.press(shared_picking.begin(), "send", "x" * 70_000)
    assert answer.status_code == 413
    assert seen.audited()[-1] == ("lti_pick", "refused", "too_large")
    assert seen.audited()[:-1] == [("lti_entry", "done", "")]


def test_a_refusal_says_whose_choice_it_was(picking: Picking) -> None:
    token = picking.begin()
    picking.press(token, "send", "offering:x")
    table = journal.audit
    with picking.west.hub.reading() as uow:
        row = uow.connection.execute(sa.select(table).order_by(table.c.position.desc()).limit(1)).one()
    assert (row.connection_id, row.actor_id) == (
        picking.west.west.connection_id,
        picking.west.world.ids["ann"],
    )
