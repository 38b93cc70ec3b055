"""The hub as platform, @lti-tool/core (npm, on jose and zod) as tool: another library that reads every claim strictly."""

import json
from typing import Any

import pytest
import requests

from hub.lti.tools import connect_tool
from tests.interop.site import Site


@pytest.fixture
def site(site: Site, lti_tool_core: str) -> Site:
    """A hub whose course welding is in the tool."""
    with site.hub.unit_of_work() as uow:
        tool = connect_tool(
            uow,
            "core",
            "A tool on @lti-tool/core",
            login_url=f"{lti_tool_core}/login",
            launch_url=f"{lti_tool_core}/launch",
            jwks_url=f"{lti_tool_core}/keys",
        )
    known = {"hub": site.url, "client_id": tool.client_id, "deployment_id": tool.deployment_id}
    assert requests.post(f"{lti_tool_core}/platforms", data=known, timeout=15).ok
    site.rig.world.ids["core"] = tool.connection_id
    site.rig.world.add_courses("core", "welding")
    site.rig.world.add_rule("welders", "welding", "service", positions=("technician",))
    site.rig.world.drain()
    return site


@pytest.fixture
def session(site: Site, lti_tool_core: str) -> dict[str, Any]:
    """A launch by ann, as the library has it."""
    page = site.open_course("welding")
    assert page.url == f"{lti_tool_core}/launch", page.text
    assert page.status == 200, page.html
    launched: dict[str, Any] = json.loads(page.html)
    return launched


def test_a_launch_is_read_as_it_was_meant(site: Site, session: dict[str, Any]) -> None:
    assert session["platform"]["issuer"] == site.url
    assert (session["user"]["givenName"], session["resourceLink"]["title"]) == ("ann", "Welding")
    assert (session["isStudent"], session["isInstructor"]) == (True, False)
    assert session["isAssignmentAndGradesAvailable"]
    assert session["isNameAndRolesAvailable"]


def test_a_score_is_credited_and_read_back(site: Site, session: dict[str, Any], lti_tool_core: str) -> None:
    score = {"session": session["id"], "given": "9", "maximum": "10"}
    answer = requests.post(f"{lti_tool_core}/score", data=score, timeout=15)
    assert answer.status_code == 200, answer.text
    site.rig.world.drain()
    (statement,) = site.rig.statements(session["user"]["id"])
    assert site.rig.world.live_goals("ann")["welding", "service"] == statement["id"]
    (result,) = requests.post(f"{lti_tool_core}/results", data=score, timeout=15).json()
    assert (result["userId"], result["resultScore"], result["resultMaximum"]) == (
        session["user"]["id"],
        90,
        100,
    )


def test_the_roster_is_read(site: Site, session: dict[str, Any], lti_tool_core: str) -> None:
    answer = requests.post(f"{lti_tool_core}/members", data={"session": session["id"]}, timeout=15)
    assert answer.status_code == 200, answer.text
    assert session["user"]["id"] in json.dumps(answer.json())
