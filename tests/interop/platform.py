"""A platform on lti1p3platform, as a test uses it."""

from dataclasses import dataclass
from typing import Any

import requests

from hub.lti.tool.platforms import connect_platform
from hub.network.people.identities import LTI_SUBJECT, link_identity
from hub.testing.demo.browser import Page
from tests.interop.site import Site

ANN = "user-1"


@dataclass(frozen=True)
class Platform:
    """One registration of a hub in the platform."""

    site: Site
    url: str
    settings: dict[str, Any]

    def launch(self, target: str, user: str = ANN, **more: str) -> Page:
        """Open something of the hub in the platform's course; where the browser ends up."""
        asked = {"user": user, "link": "link-1", "target": f"{self.site.url}/lti/tool/open/{target}", **more}
        return self.site.browser.get(
            str(requests.Request("GET", f"{self.url}/open", params=asked).prepare().url)
        )

    def scores(self) -> list[dict[str, Any]]:
        """What arrived in its gradebook."""
        arrived: list[dict[str, Any]] = requests.get(f"{self.url}/scores", timeout=15).json()
        return arrived


def register(site: Site, address: str) -> Platform:
    """Register the hub in the platform, and nothing in the hub."""
    registered = requests.post(f"{address}/tools", data={"hub": site.url}, timeout=15).json()
    return Platform(site, registered["url"], registered["settings"])


def connect(site: Site, address: str) -> Platform:
    """Register both in each other; the hub knows the platform's ann. Nobody is signed in at the hub any more."""
    platform = register(site, address)
    ids = site.rig.world.ids
    with site.hub.unit_of_work() as uow:
        connected = connect_platform(uow, "other-lms", "The other LMS", ids["partner"], **platform.settings)
        link_identity(uow, connected.connection_id, LTI_SUBJECT, ANN, ids["ann"], "roster")
    site.browser.session.cookies.clear()
    return platform
