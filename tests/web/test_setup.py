"""Setup links: made and taken back by operators, followed by a partner's administrator who has no account."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from hub.errors import Missing
from hub.journal.tables import audit
from hub.lti.tool.platforms import connect_platform, read_platform
from hub.lti.tools import read_tool
from hub.network.systems.setup_links import list_setup_links, make_setup_link, revoke_setup_link
from hub.network.views import find_partner
from tests.web.test_connections import PLATFORM, TOOL, text
from tests.web.world import Browser, World

LINKS = "/admin/setup-links"
LMS = ["tool", "platform"]
BY_HAND = {name: TOOL[name] for name in ("login_url", "launch_url", "jwks_url")}
OF_PLATFORM = {
    name: PLATFORM[name] for name in ("issuer", "client_id", "authorize_url", "token_url", "jwks_url")
}


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


def link(world: World, *parts: str) -> str:
    """The path of a new link for the dealer."""
    with world.hub.unit_of_work() as uow:
        return urlsplit(
            make_setup_link(uow, world.ids["dealer"], parts or LMS, "Harbor LMS", None).address
        ).path


def begun(world: World, path: str) -> Browser:
    """The browser of a partner's administrator, which has begun."""
    browser = world.browser()
    assert browser.send(path, path).status_code == 303
    return browser


@pytest.mark.requirement("D16")
def test_d16_an_lms_is_connected_without_an_account(world: World, olga: Browser) -> None:
    made = olga.send(LINKS, LINKS, partner="Harbor Auto Group", name="Harbor LMS", parts=LMS, days="7")
    found = re.search(r"http://127.0.0.1:8000(/setup/[\w-]+)", made.text)
    assert found, text(made.text)
    path = found[1]
    browser = world.browser()
    assert "Connect Harbor LMS" in browser.get(path).text
    assert browser.send(path, path).status_code == 303
    assert "Set-Cookie" not in browser.get(path).headers
    assert browser.send(f"{path}/tool", f"{path}/tool", **BY_HAND).status_code == 303
    page = text(browser.get(path).text)
    with world.hub.reading() as uow:
        connection_id = list_setup_links(uow)[0].connection_id
        assert connection_id
        assert read_tool(uow, connection_id).client_id in page
    assert browser.send(f"{path}/platform", f"{path}/platform", **OF_PLATFORM).status_code == 303
    tried = text(browser.send(f"{path}/try", path).text)
    assert "What to change:" in tried  # nothing is reachable from a test
    done = browser.send(f"{path}/finish", path)
    assert "Harbor LMS is connected" in text(done.text)
    assert browser.get(path).status_code == 410
    with world.hub.reading() as uow:
        assert read_platform(uow, connection_id).partner_id == world.ids["dealer"]
    assert "Done" in text(olga.get(LINKS).text)


def test_registration_addresses_are_shown_once(world: World) -> None:
    path = link(world)
    browser = begun(world, path)
    page = text(browser.send(f"{path}/registration", path, direction="platform").text)
    assert "/lti/tool/register/" in page
    tool = browser.send(
        f"{path}/registration", path, direction="tool", registration_url="https://east.example/register"
    )
    assert 'href="https://east.example/register?' in tool.text
    wrong = browser.send(f"{path}/registration", path, direction="tool", registration_url="ftp://x")
    assert wrong.status_code == 400
    assert 'id="registration_url-problem"' in wrong.text


def test_problems_stand_at_their_fields(world: World) -> None:
    path = link(world)
    browser = begun(world, path)
    refused = browser.send(f"{path}/tool", f"{path}/tool", **{**BY_HAND, "login_url": "", "jwks_url": "x"})
    assert refused.status_code == 400
    assert "Login address: is missing." in text(refused.text)
    for name in ("login_url", "jwks_url"):
        assert f'id="{name}-problem"' in refused.text
    refused = browser.send(f"{path}/platform", f"{path}/platform", **{**OF_PLATFORM, "token_url": "x"})
    assert 'id="token_url-problem"' in refused.text


@pytest.mark.requirement("LN8")
@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("unknown", 404, "unknown_link"),
        ("revoked", 410, "link_revoked"),
        ("expired", 410, "link_expired"),
        ("other browser", 403, "link_of_another_browser"),
    ],
)
def test_ln8_a_link_that_is_not_good(world: World, what: str, status: int, code: str) -> None:
    path = link(world)
    if what == "unknown":
        path = "/setup/nothing"
    elif what == "revoked":
        with world.hub.unit_of_work() as uow:
            revoke_setup_link(uow, list_setup_links(uow)[0].id, None)
    elif what == "expired":
        world.hub.clock.advance(days=8)  # type: ignore[attr-defined]
    else:
        begun(world, path)
    answer = world.browser().get(path)
    assert answer.status_code == status
    assert code in answer.text
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(audit).where(audit.c.reason == code)).all()
    assert len(rows) == 1


@pytest.mark.requirement("LN8")
def test_ln8_a_link_for_one_side_connects_no_other(world: World) -> None:
    path = link(world, "platform")
    browser = begun(world, path)
    assert "The hub opens courses of your LMS" not in text(browser.get(path).text)
    refused = browser.send(f"{path}/tool", f"{path}/platform", **BY_HAND)
    assert refused.status_code == 403
    assert "link_for_something_else" in refused.text


def test_r7_forms_of_a_setup_link_want_their_token(world: World) -> None:
    path = link(world)
    browser = begun(world, path)
    for end in ("", "/registration", "/tool", "/platform", "/try", "/finish"):
        assert browser.post(path + end, data={}).status_code == 400
    with world.hub.reading() as uow:
        assert list_setup_links(uow)[0].connection_id is None


def test_operators_make_and_take_back(world: World, olga: Browser) -> None:
    assert "No setup links yet" in olga.get(LINKS).text
    refused = olga.send(LINKS, LINKS, parts=LMS, days="7")
    assert refused.status_code == 400
    for name in ("partner", "name"):
        assert f'id="{name}-problem"' in refused.text
    refused = olga.send(LINKS, LINKS, partner="Nobody", name="x", parts=LMS, days="7")
    assert 'id="partner-problem"' in refused.text
    refused = olga.send(LINKS, LINKS, partner="Harbor Auto Group", name="x", parts=LMS, days="900")
    assert 'id="days-problem"' in refused.text
    path = link(world)
    with world.hub.reading() as uow:
        id = list_setup_links(uow)[0].id
    assert olga.send(f"{LINKS}/{id}/revoke", LINKS).status_code == 303
    assert "Taken back" in text(olga.get(LINKS).text)
    assert olga.get(path).status_code == 410


def test_the_steps_say_that_a_platform_of_another_partners_system_waits_for_approval(
    world: World, olga: Browser
) -> None:
    with world.hub.unit_of_work() as uow:
        settings: Any = {**OF_PLATFORM, "client_id": "hub-of-another"}
        connect_platform(uow, "other", "Other LMS", None, **settings)
    path = link(world)
    browser = begun(world, path)
    assert browser.send(f"{path}/platform", f"{path}/platform", **OF_PLATFORM).status_code == 303
    page = text(browser.get(path).text)
    assert "Saved. Now try it." not in page
    assert "Waiting for approval." in page
    assert "another partner's connection" in page
    assert "issuer_of_another" in olga.get("/admin/registrations").text


def test_a_new_partner_and_its_link_are_made_on_one_page(world: World, olga: Browser) -> None:
    form = {"new_partner": "Cove Motors", "external_id": "COV", "name": "Sign-in", "days": "7"}
    made = olga.send(LINKS, LINKS, parts=["sign_in", "provisioning"], **form)
    assert "/setup/" in made.text
    with world.hub.reading() as uow:
        [new] = list_setup_links(uow)
        assert new.partner_id == find_partner(uow, "COV") == find_partner(uow, "Cove Motors")
        assert (new.parts, new.created_by) == (("sign_in", "provisioning"), world.ids["olga"])
    assert "sign-in, list of people" in text(olga.get(LINKS).text)


@pytest.mark.parametrize(
    ("field", "form"),
    [
        ("new_partner", {"new_partner": "Harbor Auto Group", "parts": ["sign_in"]}),
        ("parts", {"new_partner": "Cove Motors", "parts": []}),
        ("days", {"new_partner": "Cove Motors", "parts": ["payroll"]}),
    ],
)
def test_what_is_wrong_with_a_new_partner_makes_neither(
    world: World, olga: Browser, field: str, form: dict[str, Any]
) -> None:
    refused = olga.send(LINKS, LINKS, name="x", days="7", **form)
    assert (refused.status_code, f'id="{field}-problem"' in refused.text) == (400, True)
    with world.hub.reading() as uow:
        assert list_setup_links(uow) == []
        with pytest.raises(Missing):
            find_partner(uow, "Cove Motors")
