"""The hub as platform, ltijs (npm) as tool: everything of LTI on the other side is ltijs's own code."""

import pytest

from hub.lti.content.import_items import import_chosen
from hub.lti.content.offered import read_content
from hub.lti.content.request import start_content
from hub.lti.platform_keys import rotate_platform_key
from hub.lti.registration.decide import decide_draft
from hub.lti.registration.drafts import open_draft
from hub.lti.tools import read_tool
from hub.network.people.person import grant_role
from hub.network.systems.connections import find_connection
from hub.training.courses.offerings import find_offering
from tests.interop.ltijs import SCORE, Launched, connect_ltijs, launch
from tests.interop.site import Site
from tests.lti.rig import Form


@pytest.fixture
def site(site: Site, ltijs: str) -> Site:
    """A hub whose courses welding and painting are in the tool."""
    connect_ltijs(site, ltijs, "welding", "painting")
    return site


def test_a_launch_tells_ltijs_who_and_what(site: Site, ltijs: str) -> None:
    token = launch(site, ltijs, "welding").token
    assert token["iss"] == site.url
    assert token["userInfo"]["given_name"] == "ann"
    context = token["platformContext"]
    assert context["resource"]["title"] == "Welding"
    assert context["roles"] == ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]
    assert context["endpoint"]["lineitem"].startswith(site.url)


def test_a_score_that_ltijs_sends_is_credited(site: Site, ltijs: str) -> None:
    launched = launch(site, ltijs, "welding")
    answer = launched.ask("/score", SCORE)
    assert answer.status_code == 200, answer.text
    site.rig.world.drain()
    (statement,) = site.rig.statements(launched.token["user"])
    goals = site.rig.world.live_goals("ann")
    assert goals["welding", "service"] == statement["id"]
    assert goals["painting", "service"] is None


def test_ltijs_reads_results_and_line_items_back(site: Site, ltijs: str) -> None:
    launched = launch(site, ltijs, "welding")
    assert launched.ask("/score", SCORE | {"scoreGiven": 7, "scoreMaximum": 10}).ok
    (result,) = launched.ask("/results").json()["scores"]
    assert (result["userId"], result["resultScore"]) == (launched.token["user"], 70)
    made = launched.ask("/line-items", {"label": "Practice", "scoreMaximum": 20})
    assert made.status_code == 200, made.text
    listed = launched.ask("/line-items").json()["lineItems"]
    assert made.json()["id"] in {item["id"] for item in listed if item["label"] == "Practice"}


def test_what_the_hub_refuses_reaches_ltijs_as_a_refusal(site: Site, ltijs: str) -> None:
    refused = launch(site, ltijs, "welding").ask("/score", SCORE | {"activityProgress": "Finished"})
    assert (refused.status_code, refused.json()["status"]) == (502, 400)
    assert site.rig.statements() == []


def test_ltijs_follows_a_rotated_key(site: Site, ltijs: str) -> None:
    first = launch(site, ltijs, "welding").token
    with site.hub.unit_of_work() as uow:
        rotate_platform_key(uow)
    assert launch(site, ltijs, "welding").token["user"] == first["user"]


def test_ltijs_reads_the_roster_page_by_page(site: Site, ltijs: str) -> None:
    launched = launch(site, ltijs, "welding")
    members = launched.ask("/members?limit=1")
    assert members.status_code == 200, members.text
    named = {member["given_name"]: member for member in members.json()["members"]}
    assert {"ann", "bob", "cid"} <= named.keys()
    assert named["ann"]["user_id"] == launched.token["user"]


def test_what_is_picked_in_ltijs_becomes_a_course(site: Site, ltijs: str) -> None:
    with site.hub.unit_of_work() as uow:
        grant_role(uow, site.session.person_id, "operator")
    login = start_content(site.hub, "ltijs", site.session, accept_multiple=True)
    launched = Launched(site, ltijs, site.browser.get(login.address))
    items = [
        {
            "type": "ltiResourceLink",
            "title": title,
            "url": f"{ltijs}/launch",
            "custom": {"course": title},
            "lineItem": {"scoreMaximum": 10},
        }
        for title in ("Soldering", "Riveting")
    ]
    form = Form(launched.ask("/deep-link", {"items": items}).text)
    answered = site.browser.session.post(form.action, data=form.fields, allow_redirects=False, timeout=15)
    assert answered.status_code == 303, answered.text
    request_id = answered.headers["Location"].rpartition("/")[2]
    with site.hub.reading() as uow:
        assert [item.title for item in read_content(uow, request_id, site.session).items] == [
            "Soldering",
            "Riveting",
        ]
    assert import_chosen(site.hub, request_id, [1], site.session).added == 1
    with site.hub.reading() as uow:
        site.rig.world.ids["riveting"] = find_offering(uow, "ltijs-riveting").id
    site.rig.assign("ann", "riveting")
    context = launch(site, ltijs, "riveting").token["platformContext"]
    assert context["custom"]["course"] == "Riveting"


def test_ltijs_registers_itself(site: Site, ltijs: str) -> None:
    with site.hub.unit_of_work() as uow:
        draft = open_draft(
            uow,
            direction="tool",
            partner_id=site.rig.world.ids["partner"],
            slug="registered",
            name="Registered by itself",
            created_by=None,
            registration_url=f"{ltijs}/register",
        )
    page = site.browser.get(draft.address)
    assert "org.imsglobal.lti.close" in page.html, page.html
    with site.hub.unit_of_work() as uow:
        tool = read_tool(uow, find_connection(uow, "registered").id)
        assert (tool.state, tool.launch_url) == ("pending", f"{ltijs}/launch")
        decide_draft(uow, draft.id, True, site.session.person_id)
    site.rig.world.ids["registered"] = tool.connection_id
    site.rig.world.add_courses("registered", "grinding")
    site.rig.assign("ann", "grinding")
    assert launch(site, ltijs, "grinding").token["clientId"] == tool.client_id
