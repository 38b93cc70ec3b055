"""Launches that are accepted, and what becomes of them (rows T9, T13, T14, T16, T19 to T22, T24, T25)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from hub.lti.tool.entries import list_entries
from hub.lti.tool.placements import placements_of, subject_at
from hub.lti.tool.platform_deployments import decide_deployment, list_platform_deployments
from hub.lti.tool.tables import lti_entry, lti_placement
from hub.lti.tools import add_tool
from hub.lti.vocabulary import AGS_ENDPOINT_CLAIM, NRPS_CLAIM
from hub.network import tables as network
from hub.store import metadata
from hub.testing.keys import new_key
from hub.training.my_training.plan import may_launch
from tests.lti.tool.rig import ANN, CLIENT, INSTRUCTOR, LEARNER, West, record

INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
DONE = [("lti_entry", "done", "")]


def _rows(west: West, table: sa.Table) -> list[Any]:
    with west.hub.reading() as uow:
        return list(uow.connection.execute(sa.select(table)))


def test_launch_signs_in_and_opens_my_training(west: West) -> None:
    before = record(west)
    answer = west.launch()
    assert before.audited() == DONE
    assert west.people_signed_in() == []
    opened = west.open(answer)
    assert (opened.status_code, opened.location) == (303, "/my-training")
    assert west.people_signed_in() == ["ann"]
    assert "ann" in west.get("/my-training").text


def test_launch_of_a_course_goes_on_into_its_lms(west: West) -> None:
    with west.hub.unit_of_work() as uow:
        add_tool(
            uow,
            west.world.ids["north"],
            login_url="http://127.0.0.1:9/north/login",
            launch_url="http://127.0.0.1:9/north/launch",
            jwks_url=f"{west.keys.address}/jwks",
        )
    opened = west.open(west.launch(west.target("brakes")))
    assert opened.location.startswith("http://127.0.0.1:9/north/login?")


def test_launch_of_a_path_shows_its_courses(west: West) -> None:
    opened = west.open(west.launch(west.target("safety", "path")))
    page = west.get(opened.location)
    assert page.status_code == 200
    assert "Brakes" in page.text
    assert "Batteries" in page.text


def test_page_of_a_placed_path_is_for_those_launched_from_there(west: West) -> None:
    address = west.open(west.launch(west.target("safety", "path"))).location
    bob = west.another_browser()
    bob.know("bob", "bob")
    bob.open(bob.launch(sub="bob"))
    assert bob.get(address).status_code == 404


def test_placement_keeps_the_services_of_the_launch(west: West) -> None:
    services = {
        AGS_ENDPOINT_CLAIM: {"scope": ["score"], "lineitem": "https://west.example/line?x=1"},
        NRPS_CLAIM: {"context_memberships_url": "https://west.example/members"},
    }
    uri = west.target("brakes")
    begun = west.begin(target_link_uri=uri)
    west.post(begun["state"], west.sign(west.claims(begun, x__target_link_uri=uri) | services))
    with west.hub.reading() as uow:
        (placement,) = placements_of(uow, "offering", [west.world.ids["brakes"]])
        assert subject_at(uow, placement, west.world.ids["ann"]) == ANN
        assert subject_at(uow, placement, west.world.ids["bob"]) is None
    assert placement.line_item_url == "https://west.example/line?x=1"
    assert placement.members_url == "https://west.example/members"
    assert placement.scopes == ("score",)


def test_second_launch_writes_neither_placement_nor_access_again(west: West) -> None:
    west.launch(west.target("brakes"))
    before = record(west)
    west.launch(west.target("brakes"))
    assert before.changed() == {"lti_login", "lti_entry"}


def test_code_opens_the_hub_once(west: West) -> None:
    answer = west.launch()
    west.open(answer)
    before = record(west)
    again = west.get(answer.location)
    before.assert_refused("lti_entry", "code_used")
    assert again.status_code == 403


def test_code_opens_nothing_in_another_browser(west: West) -> None:
    answer = west.launch()
    before = record(west)
    assert west.another_browser().get(answer.location).status_code == 400
    before.assert_refused("lti_entry", "unknown_code")


def test_code_opens_nothing_after_a_minute(west: West) -> None:
    answer = west.launch()
    west.hub.clock.advance(seconds=61)  # type: ignore[attr-defined]
    before = record(west)
    assert west.get(answer.location).status_code == 400
    before.assert_refused("lti_entry", "code_expired")


def test_launch_in_a_frame_ends_on_a_button(west: West) -> None:
    page = west.launch(headers={"Sec-Fetch-Dest": "iframe"})
    assert page.status_code == 200
    assert "frame-ancestors http://127.0.0.1:9" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    opened = west.press(page, Origin=west.base)
    assert (opened.status_code, opened.location) == (303, "/my-training")
    assert west.people_signed_in() == ["ann"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_button_of_a_frame_works_on_the_hubs_own_page_alone(west: West, origin: str) -> None:
    page = west.launch(x__launch_presentation={"document_target": "iframe"})
    before = record(west)
    assert west.press(page, Origin=origin).status_code == 403
    before.assert_refused("lti_entry", "foreign_form")


def test_session_before_is_ended(west: West) -> None:
    west.open(west.launch())
    west.open(west.launch())
    assert west.people_signed_in() == ["ann"]


def test_t9_same_message_twice_in_one_browser(west: West) -> None:
    begun = west.begin()
    token = west.sign(west.claims(begun))
    assert west.post(begun["state"], token).status_code == 303
    before = record(west)
    again = west.post(begun["state"], token)
    assert again.status_code == 400
    before.assert_refused("lti_entry", "state_used")


def test_t9_same_message_from_twenty_threads(west: West) -> None:
    begun = west.begin()
    token = west.sign(west.claims(begun))
    cookies = {cookie.key: cookie.value for cookie in (west.client._cookies or {}).values()}
    before = record(west)

    def post(_: int) -> int:
        one = west.another_browser()
        for name, value in cookies.items():
            one.client.set_cookie(name, value, domain=west.base.split("/")[2].split(":")[0])
        return one.post(begun["state"], token).status_code

    with ThreadPoolExecutor(20) as pool:
        answers = sorted(pool.map(post, range(20)))
    assert answers == [303] + [400] * 19
    assert sorted(before.audited()) == [*DONE, *[("lti_entry", "refused", "state_used")] * 19]
    assert len(_rows(west, lti_entry)) == 1


def test_t13_new_key_works_after_one_fetch(west: West) -> None:
    west.launch()
    assert west.keys.calls == 1
    west.hub.clock.advance(seconds=30)  # type: ignore[attr-defined]
    new = new_key()
    west.keys.publish(new)
    begun = west.begin()
    assert west.post(begun["state"], west.sign(west.claims(begun), new)).status_code == 303
    assert west.keys.calls == 2


def test_t13_old_key_is_refused_once_the_cache_has_expired(west: West) -> None:
    west.launch()
    west.keys.publish(new_key())
    west.hub.clock.advance(minutes=61)  # type: ignore[attr-defined]
    west.refused("unknown_kid")


def test_t14_two_audiences_with_azp(west: West) -> None:
    assert west.launch(aud=["somebody-else", CLIENT], azp=CLIENT).status_code == 303


def test_t16_issued_five_seconds_ahead(west: West) -> None:
    assert west.launch(iat=int(west.hub.clock.now().timestamp()) + 5).status_code == 303


ROLES = [
    ([], "Learner"),
    (["https://west.example/roles#wizard"], "Learner"),
    (["Learner"], "Learner"),
    ([INSTITUTION + "Instructor", LEARNER], "Learner"),
    ([INSTITUTION + "Administrator"], "Learner"),
    (["http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"], "Learner"),
    (["http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"], "Learner"),
    ([INSTRUCTOR], "Instructor"),
    (["Instructor"], "Instructor"),
    ([LEARNER, "ContentDeveloper"], "ContentDeveloper"),
]


@pytest.mark.parametrize(("received", "mapped"), ROLES)
def test_t19_roles(west: West, received: list[str], mapped: str) -> None:
    west.open(west.launch(x__roles=received))
    with west.hub.reading() as uow:
        (entry,) = list_entries(uow, west.world.ids["ann"])
    assert (entry.roles, entry.role) == (tuple(received), mapped)
    assert west.get("/admin").status_code == 403


@pytest.mark.parametrize("subject", [None, ""])
def test_t20_anonymous_launch_is_for_looking_only(west: West, subject: str | None) -> None:
    before = record(west)
    changes = {"sub": subject} if subject is not None else {"sub": None}
    page = west.launch(**changes)
    assert page.status_code == 200
    assert "did not tell the training hub who you are" in page.text
    assert before.audited() == DONE
    assert west.people_signed_in() == []


def test_t20_neither_name_nor_address_is_needed_or_kept(west: West) -> None:
    before = record(west)
    west.open(west.launch(name="Zaphod Beeblebrox", email="zaphod@west.example"))
    assert "person_detail" not in before.changed()
    dump = "".join(str(_rows(west, table)) for table in metadata.sorted_tables)
    assert "Zaphod" not in dump
    assert "zaphod" not in dump


def test_t24_html_in_the_message_is_text(west: West) -> None:
    page = west.launch(
        headers={"Sec-Fetch-Dest": "iframe"},
        x__resource_link={"id": "<script>", "title": "<script>alert(1)</script>"},
        x__custom={"x": "<script>"},
        name="<b>Ann</b>",
    )
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "\0", 7]
)
def test_t24_return_url_that_is_no_web_address_is_dropped(west: West, url: object) -> None:
    page = west.launch(sub=None, x__launch_presentation={"return_url": url})
    assert page.status_code == 200
    assert "Go back" not in page.text


def test_t24_return_url_is_offered(west: West) -> None:
    page = west.launch(sub=None, x__launch_presentation={"return_url": "https://west.example/course?a=1&b=2"})
    assert 'href="https://west.example/course?a=1&amp;b=2"' in page.text


def test_t17_deployment_of_another_partner_has_people_of_its_own(west: West) -> None:
    """One registration, two partners: the same subject of another partner's deployment is somebody else."""
    with west.hub.unit_of_work() as uow:
        partner_id = "0192e4a0-0000-7000-8000-000000000001"
        uow.connection.execute(sa.insert(network.partner).values(id=partner_id, name="Hilltop"))
    west.launch(x__deployment_id="hilltop")
    with west.hub.unit_of_work() as uow:
        decide_deployment(uow, west.west.connection_id, "hilltop", "approved", partner_id)
    before = record(west)
    west.launch(x__deployment_id="hilltop")
    assert before.audited() == [("lti_entry", "refused", "unknown_subject")]


def test_t17_unknown_deployment_waits_for_approval(west: West) -> None:
    before = record(west)
    page = west.launch(x__deployment_id="new")
    assert page.status_code == 403
    assert "Waiting for approval" in page.text
    assert before.audited() == [("lti_entry", "refused", "deployment_pending")]
    assert before.changed() == {"lti_login", "lti_platform_deployment"}
    with west.hub.unit_of_work() as uow:
        first, *_ = list_platform_deployments(uow, west.west.connection_id)
        assert (first.deployment_id, first.state) == ("new", "pending")
        decide_deployment(uow, west.west.connection_id, "new", "approved", None)
    assert west.launch(x__deployment_id="new").status_code == 303


def test_t17_launching_again_from_a_pending_deployment_adds_nothing(west: West) -> None:
    west.launch(x__deployment_id="new")
    before = record(west)
    assert west.launch(x__deployment_id="new").status_code == 403
    assert before.changed() == {"lti_login"}


def test_t25_error_of_the_platform(west: West) -> None:
    begun = west.begin()
    before = record(west)
    page = west.post(begun["state"], None, error="login_required", error_description="<b>no</b>")
    assert page.status_code == 400
    assert "Sign in there again" in page.text
    assert "<b>no" not in page.text
    assert before.audited() == [("lti_entry", "refused", "platform_error")]
    assert before.changed() == {"lti_login"}
    west.refuse(begun, west.sign(west.claims(begun)), "state_used")


def test_t25_error_of_another_browser_uses_nothing_up(west: West) -> None:
    begun = west.begin()
    before = record(west)
    west.another_browser().post(begun["state"], None, error="login_required")
    before.assert_refused("lti_entry", "state_of_another_browser")
    assert west.post(begun["state"], west.sign(west.claims(begun))).status_code == 303


def test_course_is_open_to_whom_the_platform_sent(west: West) -> None:
    west.launch(west.target("safety", "path"))
    with west.hub.reading() as uow:
        for course in ("brakes", "batteries"):
            assert may_launch(uow, west.world.ids["ann"], west.world.ids[course])
            assert not may_launch(uow, west.world.ids["bob"], west.world.ids[course])


def test_no_row_of_a_placement_for_each_launch(west: West) -> None:
    for _ in range(3):
        west.launch()
    assert len(_rows(west, lti_placement)) == 1
    assert len(_rows(west, lti_entry)) == 3
