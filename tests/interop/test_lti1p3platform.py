"""The hub as tool, lti1p3platform (pip) as platform: the messages, keys and token checks over there are its own code."""

import json
import re

import pytest

from tests.interop.platform import Platform, connect, register
from tests.interop.site import Site

PICKABLE = re.compile(r'name="target" value="([^"]+)"')


@pytest.fixture
def platform(site: Site, lti1p3platform: str) -> Platform:
    """The hub and the platform, registered in each other."""
    return connect(site, lti1p3platform)


def test_a_launch_signs_in_whom_the_platform_names(platform: Platform) -> None:
    page = platform.launch("home")
    assert (page.status, page.url) == (200, f"{platform.site.url}/my-training"), page.text
    assert "Brakes" in page.text


def test_somebody_the_hub_does_not_know_gets_no_session(platform: Platform) -> None:
    page = platform.launch("home", user="user-2")
    assert "hub_session" not in platform.site.browser.session.cookies
    assert "/my-training" not in page.url


def test_a_platform_that_was_not_connected_is_refused(platform: Platform, lti1p3platform: str) -> None:
    page = register(platform.site, lti1p3platform).launch("home")
    assert page.status == 400
    assert "hub_session" not in platform.site.browser.session.cookies


def test_what_is_picked_in_the_hub_arrives_and_can_be_launched(platform: Platform) -> None:
    page = platform.launch("pick", message="pick")
    form = page.form("/lti/tool/pick")
    brakes = f"offering/{platform.site.rig.world.ids['brakes']}"
    (target,) = [key for key in PICKABLE.findall(page.html) if key.endswith(brakes.rpartition("/")[2])]
    answer = platform.site.browser.submit(form, target=target, do="send")
    (item,) = json.loads(answer.html)
    assert (item["type"], item["title"]) == ("ltiResourceLink", "Brakes")
    assert item["url"] == f"{platform.site.url}/lti/tool/open/{brakes}"
