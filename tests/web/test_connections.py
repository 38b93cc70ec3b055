"""The pages about connections: to look at one, connect by form, change, try, switch off, and decide on deployments."""

import html
import re

import pytest
import sqlalchemy as sa

from hub.journal.tables import audit
from hub.lti.deployments import list_deployments
from hub.lti.tool.platform_deployments import note_unknown
from hub.lti.tool.platforms import connect_platform, read_platform
from hub.lti.tools import read_tool
from hub.network.systems.connections import find_connection
from hub.testing.keys import new_key
from tests.web.world import Browser, World

PATH = "/admin/connections"
NORTH = f"{PATH}/lms-north"
TOOL = {
    "name": "LMS East",
    "slug": "lms-east",
    "partner": "Harbor Auto Group",
    "login_url": "https://east.example/login",
    "launch_url": "https://east.example/launch",
    "jwks_url": "https://east.example/jwks",
}
PLATFORM = {
    "name": "LMS West",
    "slug": "lms-west",
    "issuer": "https://west.example",
    "client_id": "hub-1",
    "authorize_url": "https://west.example/auth",
    "token_url": "https://west.example/token",
    "jwks_url": "https://west.example/jwks",
    "unknown_people": "link",
}


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


def text(page: str) -> str:
    """What a page says, without its markup."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))


def west(world: World) -> str:
    """A platform with one deployment that waits; its connection's id."""
    with world.hub.unit_of_work() as uow:
        id = connect_platform(
            uow,
            "lms-west",
            "LMS West",
            issuer=PLATFORM["issuer"],
            client_id=PLATFORM["client_id"],
            authorize_url=PLATFORM["authorize_url"],
            token_url=PLATFORM["token_url"],
            jwks_url=PLATFORM["jwks_url"],
        ).connection_id
        note_unknown(uow, id, "dep/1")
    return id


def test_the_list_leads_to_a_page_of_each(olga: Browser) -> None:
    page = olga.get(PATH).text
    for slug in ("lms-north", "harbor"):
        assert f'href="{PATH}/{slug}"' in page
    assert "Connect a system" in page
    assert olga.get(f"{PATH}/nothing").status_code == 404
    assert "https://idp.example" in olga.get(f"{PATH}/harbor").text


def test_a_tools_page_says_what_to_enter_there(world: World, olga: Browser) -> None:
    with world.hub.reading() as uow:
        tool = read_tool(uow, world.ids["north"])
    page = text(olga.get(NORTH).text)
    for value in (tool.client_id, tool.deployment_id, "/lti/authorize", "/lti/token", "/lti/jwks"):
        assert value in page
    assert "Not fetched yet" in page
    assert "Nothing of this system was refused" in page


def test_refusals_stand_there_with_code_values_and_what_to_change(world: World, olga: Browser) -> None:
    received = {"kid": "k-9", "alg": "RS256"}
    world.hub.audit_refusal(
        "lti_token", "unknown_kid", connection_id=world.ids["north"], detail={"received": received}
    )
    page = text(olga.get(NORTH).text)
    for words in ("Token for an LMS refused", "unknown_kid", "k-9", "What to change:"):
        assert words in page
    assert "unknown_kid" not in text(olga.get(f"{PATH}/lms-south").text)


def test_a_tool_is_connected_changed_and_switched(world: World, olga: Browser) -> None:
    answer = olga.send("/admin/connect/tool", "/admin/connect/tool", **TOOL)
    assert answer.status_code == 303, text(answer.text)
    assert "LMS East is connected" in text(olga.get(answer.location).text)
    changed = {**TOOL, "launch_url": "https://east.example/new", "custom": "user=$User.id"}
    assert olga.send(f"{PATH}/lms-east/tool", f"{PATH}/lms-east/tool", **changed).status_code == 303
    with world.hub.reading() as uow:
        tool = read_tool(uow, find_connection(uow, "lms-east").id)
    assert (tool.launch_url, tool.custom) == ("https://east.example/new", {"user": "$User.id"})
    assert tool.partner_id == world.ids["dealer"]
    for disabled, words in (("1", "Switched off"), ("0", "is switched on")):
        olga.send(f"{PATH}/lms-east/switch", f"{PATH}/lms-east", what="tool", disabled=disabled)
        assert words in text(olga.get(f"{PATH}/lms-east").text)


def test_every_problem_stands_at_its_field_and_nothing_is_saved(world: World, olga: Browser) -> None:
    wrong = {**TOOL, "name": "", "login_url": "http://east.example/login", "jwks_url": "east"}
    answer = olga.send("/admin/connect/tool", "/admin/connect/tool", **wrong)
    assert answer.status_code == 400
    page = text(answer.text)
    assert "Name: is missing." in page
    assert "Login address: http://east.example/login must use https" in page
    assert "Keys (JWKS): east is not an http(s) address" in page
    for name in ("name", "login_url", "jwks_url"):
        assert f'id="{name}-problem"' in answer.text
    assert 'value="https://east.example/launch"' in answer.text  # nothing is typed twice
    for slug, words in (("lms-north", "There is already a connection lms-north"), ("A B", "cannot name")):
        refused = olga.send("/admin/connect/tool", "/admin/connect/tool", **{**TOOL, "slug": slug})
        assert refused.status_code == 400
        assert words in text(refused.text)
    refused = olga.send("/admin/connect/tool", "/admin/connect/tool", **{**TOOL, "custom": "only a name"})
    assert 'id="custom-problem"' in refused.text
    refused = olga.send("/admin/connect/tool", "/admin/connect/tool", **{**TOOL, "partner": "Nobody"})
    assert "There is no partner Nobody" in text(refused.text)
    assert olga.get(f"{PATH}/lms-east").status_code == 404


def test_r6_a_private_key_is_refused_noted_and_not_shown_again(world: World, olga: Browser) -> None:
    key = new_key()
    given = {**TOOL, "jwks_url": "", "public_key": key.as_pem(private=True).decode()}
    answer = olga.send("/admin/connect/tool", "/admin/connect/tool", **given)
    assert answer.status_code == 400
    assert "PRIVATE KEY" not in answer.text
    assert 'id="public_key-problem"' in answer.text
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(audit).where(audit.c.reason == "private_key")).all()
    assert len(rows) == 1
    assert "KEY" not in str(rows[0].detail)
    given["public_key"] = key.as_pem(private=False).decode()
    assert olga.send("/admin/connect/tool", "/admin/connect/tool", **given).status_code == 303
    assert "handed over by hand" in text(olga.get(f"{PATH}/lms-east").text)


def test_deployments_of_a_tool(world: World, olga: Browser) -> None:
    added = olga.send(f"{NORTH}/deployments", NORTH, do="add", deployment="d-2", partner="Borealis Motors")
    assert added.status_code == 303
    assert "Borealis Motors" in text(olga.get(NORTH).text)
    olga.send(f"{NORTH}/deployments", NORTH, do="off", deployment="d-2")
    with world.hub.reading() as uow:
        states = {d.deployment_id: d.disabled for d in list_deployments(uow, world.ids["north"])}
    assert states["d-2"] is True
    olga.send(f"{NORTH}/deployments", NORTH, do="on", deployment="d-2")
    assert "Switched off" not in text(olga.get(NORTH).text)
    assert olga.send(f"{NORTH}/deployments", NORTH, do="off", deployment="none").status_code == 404
    assert olga.send(f"{NORTH}/deployments", NORTH, do="burn", deployment="d-2").status_code == 400


def test_a_platform_is_connected_changed_and_switched(world: World, olga: Browser) -> None:
    form = olga.get("/admin/connect/platform").text
    assert "/lti/tool/login" in form
    answer = olga.send("/admin/connect/platform", "/admin/connect/platform", **PLATFORM)
    assert answer.status_code == 303, text(answer.text)
    page = text(olga.get(answer.location).text)
    assert "It opens courses of the hub" in page
    assert "None is known yet" in page
    changed = {**PLATFORM, "unknown_people": "refuse"}
    assert olga.send(f"{PATH}/lms-west/platform", f"{PATH}/lms-west/platform", **changed).status_code == 303
    with world.hub.reading() as uow:
        id = find_connection(uow, "lms-west").id
        assert read_platform(uow, id).unknown_people == "refuse"
    olga.send(f"{PATH}/lms-west/switch", f"{PATH}/lms-west", what="platform", disabled="1")
    with world.hub.reading() as uow:
        assert read_platform(uow, id).disabled


def test_problems_of_a_platform_stand_at_their_fields(world: World, olga: Browser) -> None:
    west(world)
    taken = olga.send(
        "/admin/connect/platform", "/admin/connect/platform", **{**PLATFORM, "slug": "other", "name": "Other"}
    )
    assert taken.status_code == 400
    assert 'id="client_id-problem"' in taken.text
    given = {**PLATFORM, "slug": "other", "token_url": "x"}
    wrong = olga.send("/admin/connect/platform", "/admin/connect/platform", **given)
    assert 'id="token_url-problem"' in wrong.text
    empty = olga.send("/admin/connect/platform", "/admin/connect/platform", unknown_people="link")
    assert empty.status_code == 400
    for name in ("name", "slug", "issuer", "client_id", "authorize_url", "token_url", "jwks_url"):
        assert f'id="{name}-problem"' in empty.text


def test_an_lms_may_be_both(world: World, olga: Browser) -> None:
    assert "/admin/connect/platform?slug=lms-north" in olga.get(NORTH).text
    page = olga.get("/admin/connect/platform?slug=lms-north").text
    assert "LMS North" in page
    answer = olga.send(
        "/admin/connect/platform",
        "/admin/connect/platform?slug=lms-north",
        **{**PLATFORM, "slug": "lms-north", "known": "1"},
    )
    assert answer.status_code == 303
    page = text(olga.get(NORTH).text)
    assert "The hub opens its courses, and it opens courses of the hub" in page


def test_deployments_of_a_platform_wait_for_a_decision(world: World, olga: Browser) -> None:
    west(world)
    page = f"{PATH}/lms-west"
    assert "LMS West comes from a new deployment" in text(olga.get("/admin").text)
    assert "Waits for you" in text(olga.get(page).text)
    send = f"{page}/platform-deployments"
    olga.send(send, page, deployment="dep/1", state="approved")
    assert "Approved" in text(olga.get(page).text)
    olga.send(send, page, deployment="dep/1", state="refused")
    assert "Refused" in text(olga.get(page).text)
    assert olga.send(send, page, deployment="dep/1", state="eaten").status_code == 400
    assert olga.send(send, page, deployment="none", state="approved").status_code == 404
    assert "Decided on a deployment" in text(olga.get("/admin/activity").text)


def test_a_connection_is_tried_step_by_step(world: World, olga: Browser) -> None:
    west(world)
    for slug, what in (("lms-north", "tool"), ("lms-west", "platform")):
        answer = olga.send(f"{PATH}/{slug}/try", f"{PATH}/{slug}", what=what)
        assert answer.status_code == 200
        page = text(answer.text)
        assert "failed" in page  # nothing is reachable from a test
        assert "What to change:" in page
    assert olga.send(f"{NORTH}/try", NORTH, what="nothing").status_code == 400


def test_r7_forms_want_their_token_and_an_operator(world: World, olga: Browser) -> None:
    west(world)
    marc = world.browser("marc")
    for path in (
        f"{NORTH}/try",
        f"{NORTH}/switch",
        f"{NORTH}/deployments",
        f"{PATH}/lms-west/platform-deployments",
        f"{NORTH}/tool",
        f"{PATH}/lms-west/platform",
        "/admin/connect/tool",
        "/admin/connect/platform",
    ):
        assert olga.post(path, data={}).status_code == 400
        assert marc.send(path).status_code == 403
    for path in (
        PATH,
        NORTH,
        f"{NORTH}/tool",
        "/admin/connect",
        "/admin/connect/tool",
        "/admin/connect/platform",
    ):
        assert marc.get(path).status_code == 403
