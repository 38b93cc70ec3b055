"""Launches that work: what a tool is told, and to whom."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.errors import Conflict, HubError
from hub.lti.launch import start_launch
from hub.lti.resource_links import default_line_item_id, place_offering
from hub.lti.tools import add_tool, connect_tool, set_tool_disabled
from hub.lti.vocabulary import AGS_ENDPOINT_CLAIM, AGS_SCOPES, CLAIM, NRPS_CLAIM, SCORE_SCOPE
from hub.network.people.identities import find_person
from tests.lti.rig import Form, Rig


def test_login_initiation_names_the_hub_the_course_and_a_secret(shared: Rig) -> None:
    login = shared.start()
    assert login.url == "http://127.0.0.1:9/north/login?tenant=1"
    assert {k: login.fields[k] for k in ("iss", "client_id", "lti_deployment_id", "target_link_uri")} == {
        "iss": shared.base,
        "client_id": shared.north.client_id,
        "lti_deployment_id": shared.north.deployment_id,
        "target_link_uri": "http://127.0.0.1:9/north/launch",
    }
    assert len(login.fields["login_hint"]) > 40
    assert shared.start().fields["login_hint"] != login.fields["login_hint"]


def test_login_initiation_as_address_keeps_the_query_of_the_login_url(shared: Rig) -> None:
    login = shared.start()
    query = parse_qs(urlsplit(login.address).query)
    assert query.pop("tenant") == ["1"]
    assert query == {name: [value] for name, value in login.fields.items()}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_id_token_is_posted_by_a_page_that_loads_nothing(shared: Rig, method: str) -> None:
    answer = shared.authorize(shared.request_for(shared.start()), method)
    form = Form(answer.text)
    assert answer.status_code == 200
    assert form.action == "http://127.0.0.1:9/north/launch"
    assert form.fields.keys() == {"id_token", "state"}
    assert form.fields["state"] == "state-1"
    policy = answer.headers["Content-Security-Policy"]
    nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
    assert policy.startswith("default-src 'none'")
    assert f'<script nonce="{nonce}">' in answer.text
    assert "src=" not in answer.text
    assert "href=" not in answer.text
    assert "<button>Continue to LMS North</button>" in answer.text, "it must work without JavaScript"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_a_tool_is_told(rig: Rig) -> None:
    claims = rig.launch()
    now = int(rig.hub.clock.now().timestamp())
    link = claims[CLAIM + "resource_link"]["id"]
    custom = claims.pop(CLAIM + "custom")
    platform = claims.pop(CLAIM + "tool_platform")
    subject = claims["sub"]
    assert platform["guid"]
    assert json.loads(custom.pop("hub_actor")) == {
        "objectType": "Agent",
        "account": {"homePage": rig.base, "name": subject},
    }
    assert custom.keys() == {"registration"}
    items = f"{rig.base}/lti/contexts/{link}/lineitems"
    assert claims == {
        "iss": rig.base,
        "aud": rig.north.client_id,
        "sub": subject,
        "iat": now,
        "exp": now + 300,
        "nonce": "nonce-1",
        "name": "ann Tester",
        "given_name": "ann",
        "family_name": "Tester",
        "email": "ann@riverside.example",
        "locale": "en",
        CLAIM + "message_type": "LtiResourceLinkRequest",
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": rig.north.deployment_id,
        CLAIM + "target_link_uri": "http://127.0.0.1:9/north/launch",
        CLAIM + "resource_link": {"id": link, "title": "Brakes"},
        CLAIM + "context": {
            "id": link,
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
            "title": "Brakes",
        },
        CLAIM + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        CLAIM + "launch_presentation": {
            "document_target": "window",
            "return_url": f"{rig.base}/my-training",
            "locale": "en",
        },
        AGS_ENDPOINT_CLAIM: {
            "scope": sorted(AGS_SCOPES),
            "lineitems": items,
            "lineitem": f"{items}/{default_line_item_id(link)}",
        },
        NRPS_CLAIM: {
            "context_memberships_url": f"{rig.base}/lti/contexts/{link}/members",
            "service_versions": ["2.0"],
        },
    }
    with rig.hub.reading() as uow:
        assert find_person(uow, rig.north.connection_id, "sub", subject) == rig.world.ids["ann"]


def test_every_tool_knows_a_person_by_another_subject(shared: Rig) -> None:
    brakes, batteries, tires = (shared.launch(course=c)["sub"] for c in ("brakes", "batteries", "tires"))
    assert brakes == batteries
    assert brakes != tires
    assert shared.launch("bob")["sub"] != brakes


def test_a_course_launched_again_is_the_same_link_and_registration(shared: Rig) -> None:
    first, again, other = shared.launch(), shared.launch(), shared.launch(course="batteries")
    for name in ("resource_link", "custom"):
        assert first[CLAIM + name] == again[CLAIM + name]
        assert first[CLAIM + name] != other[CLAIM + name]


def test_a_launch_is_audited_once(shared: Rig) -> None:
    login, record = shared.start(), shared.record()
    shared.authorize(shared.request_for(login))
    assert record.audited() == [("launch", "done", "")]


def test_a_post_from_another_site_comes_again_as_get_with_its_cookie(shared: Rig) -> None:
    request = shared.request_for(shared.start())
    shared.sign_out()
    answer = shared.authorize(request, "POST")
    assert answer.status_code == 303
    where = urlsplit(answer.headers["Location"])
    assert where.path == "/lti/authorize"
    assert parse_qs(where.query) == {name: [value] for name, value in request.items()}


def test_a_tool_without_personal_data_gets_the_subject_alone(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        registration = connect_tool(
            uow,
            "east",
            "LMS East",
            login_url="http://127.0.0.1:9/east/login",
            launch_url="http://127.0.0.1:9/east/launch",
            jwks_url="http://127.0.0.1:9/east/jwks",
            scopes=[SCORE_SCOPE],
            shares_personal_data=False,
        )
    rig.world.ids["east"] = registration.connection_id
    rig.world.add_courses("east", "oil")
    rig.assign("ann", "oil")
    claims = rig.launch(course="oil")
    assert not claims.keys() & {"name", "given_name", "family_name", "email"}
    assert claims[AGS_ENDPOINT_CLAIM]["scope"] == [SCORE_SCOPE]


def test_a_placed_offering_has_launch_parameters_and_an_address_of_its_own(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        where = "http://127.0.0.1:9/north/deep/brakes"
        link = place_offering(uow, rig.world.ids["brakes"], target_link_uri=where, custom={"course": "B-1"})
    record = rig.record()
    with rig.hub.unit_of_work() as uow:
        assert (
            place_offering(uow, rig.world.ids["brakes"], target_link_uri=where, custom={"course": "B-1"})
            == link
        )
    assert record.changed() == set(), "the same again changes nothing"
    login = rig.start()
    assert login.fields["target_link_uri"] == where
    request = rig.request_for(login, redirect_uri="http://127.0.0.1:9/north/launch")
    claims = rig.claims(Form(rig.authorize(request).text).fields["id_token"])
    assert claims[CLAIM + "target_link_uri"] == where
    assert claims[CLAIM + "custom"]["course"] == "B-1"


def test_launch_parameters_of_the_catalogue_reach_the_tool(rig: Rig) -> None:
    from hub.training.courses.catalogue import CatalogueRow
    from hub.training.courses.offerings import set_offerings

    row = CatalogueRow(
        "brakes", "brakes", "Brakes", "https://lms.example/courses/brakes", launch={"unit": "7"}
    )
    with rig.hub.unit_of_work() as uow:
        set_offerings(uow, rig.world.ids["north"], [row])
    assert rig.launch()[CLAIM + "custom"]["unit"] == "7"


@pytest.mark.parametrize(
    ("person", "course", "reason"),
    [("cid", "brakes", "not_assigned"), ("ann", "nothing", "not_assigned"), ("ann", "\0", "not_assigned")],
)
def test_only_courses_of_the_own_plan_can_be_launched(
    shared: Rig, person: str, course: str, reason: str
) -> None:
    record = shared.record()
    offering_id = shared.world.ids.get(course, course)
    with pytest.raises(HubError) as refused:
        start_launch(shared.hub, shared.world.ids[person], offering_id, "session-1")
    assert refused.value.status == 404
    record.assert_refused("launch", reason)


def test_a_launch_whose_goal_ended_in_between_is_denied(rig: Rig) -> None:
    login = rig.start()
    rig.withdraw("ann")
    record = rig.record()
    form = Form(rig.authorize(rig.request_for(login)).text)
    assert form.fields["error"] == "access_denied"
    record.assert_refused("launch", "not_assigned")


def test_a_path_opens_its_courses(rig: Rig) -> None:
    rig.world.add_path("first-days", "batteries", "brakes")
    rig.assign("cid", "first-days", "path")
    assert rig.launch("cid")["sub"]


BAD = {
    "login_url": [
        "http://lms.example/login",
        "javascript:alert(1)",
        "https://u:p@lms.example/login",
        "//x",
        "",
    ],
    "launch_url": ["https://lms.example/launch#top", "http://[::1", "https://lms.example:port/"],
    "jwks_url": ["ftp://lms.example/jwks"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_a_tool_with_a_wrong_address_is_not_registered(shared: Rig, name: str, value: str) -> None:
    good = dict.fromkeys(("login_url", "launch_url", "jwks_url"), "https://lms.example/x")
    record = shared.record()
    with pytest.raises(HubError, match="cannot be registered") as refused, shared.hub.unit_of_work() as uow:
        connect_tool(uow, "west", "LMS West", None, **(good | {name: value}))  # type: ignore[arg-type]
    assert name in {problem.place for problem in refused.value.problems}
    assert record.changed() == set()


def test_a_connection_is_one_tool(shared: Rig) -> None:
    url = "https://lms.example/x"
    with pytest.raises(Conflict), shared.hub.unit_of_work() as uow:
        add_tool(uow, shared.north.connection_id, login_url=url, launch_url=url, jwks_url=url)


def test_a_tool_switched_on_again_launches_but_its_old_tokens_stay_dead(rig: Rig) -> None:
    claims, path, token = rig.launch(), rig.line_item_path(), rig.token()
    for disabled in (True, False):
        with rig.hub.unit_of_work() as uow:
            set_tool_disabled(uow, rig.north.connection_id, disabled=disabled)
    assert rig.launch()["sub"] == claims["sub"]
    assert rig.post_score(path, token, rig.score(claims["sub"])).status_code == 401
    assert rig.post_score(path, rig.token(), rig.score(claims["sub"])).status_code == 200


def test_the_clock_of_the_rig_is_the_hubs(shared: Rig) -> None:
    assert shared.hub.clock.now() == datetime(2026, 5, 4, 9, tzinfo=UTC)
