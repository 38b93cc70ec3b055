"""A tool on ltijs, as a test uses it."""

import json
from typing import Any

import requests

from hub.lti.tools import connect_tool
from hub.testing.demo.browser import Page
from tests.interop.site import Site

SCORE = {
    "scoreGiven": 90,
    "scoreMaximum": 100,
    "activityProgress": "Completed",
    "gradingProgress": "FullyGraded",
}


def connect_ltijs(site: Site, address: str, *courses: str) -> None:
    """Register the tool in the hub and the hub in the tool; ann gets goals on the courses it has."""
    with site.hub.unit_of_work() as uow:
        tool = connect_tool(
            uow,
            "ltijs",
            "A tool on ltijs",
            login_url=f"{address}/login",
            launch_url=f"{address}/launch",
            jwks_url=f"{address}/keys",
            deep_linking_url=f"{address}/launch",
        )
    known = {"hub": site.url, "client_id": tool.client_id}
    assert requests.post(f"{address}/platforms", data=known, timeout=15).ok
    site.rig.world.ids["ltijs"] = tool.connection_id
    site.rig.world.add_courses("ltijs", *courses)
    for course in courses:
        site.rig.world.add_rule(f"rule-{course}", course, "service", positions=("technician",))
    site.rig.world.drain()


class Launched:
    """One launch as ltijs has it: ``page`` is where the browser of ``site`` ended up."""

    def __init__(self, site: Site, address: str, page: Page) -> None:
        assert page.status == 200, page.html
        assert page.url.startswith(address), page.text
        self._session, self._address = site.browser.session, address
        said = json.loads(page.html)
        self._ltik: str = said["ltik"]
        self.token: dict[str, Any] = said["token"]

    def ask(self, path: str, body: object = None) -> requests.Response:
        """Let ltijs call one of the hub's services."""
        method = "GET" if body is None else "POST"
        return self._session.request(
            method, f"{self._address}{path}", params={"ltik": self._ltik}, json=body, timeout=15
        )


def launch(site: Site, address: str, course: str) -> Launched:
    """Press the course's button on My training."""
    return Launched(site, address, site.open_course(course))
