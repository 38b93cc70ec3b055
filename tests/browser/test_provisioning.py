"""An operator connects a SCIM client, which provides people; every page on the way is accessible, wide and narrow."""

import pytest
import requests
from playwright.sync_api import expect

from hub.access.roles import grant_partner_admin
from tests.browser.conftest import Site
from tests.browser.test_credentials import assert_fit
from tests.sso.scim.rig import GROUP, user


@pytest.mark.parametrize("width", [1280, 400])
def test_a_client_is_connected_and_what_it_did_is_read(site: Site, width: int) -> None:
    page = site.open("olga", width)
    page.goto("/admin/provisioning")
    page.get_by_label("Partner", exact=True).fill("Harbor Auto Group")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_fit(page)
    page.get_by_label("Short name").fill(f"harbor-scim-{width}")
    page.get_by_label("Name", exact=True).fill("Harbor Entra")
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("button", name="Make token").click()
    token = page.locator("#token").inner_text()
    assert_fit(page)
    page.get_by_role("link", name="I have entered it").click()

    client = requests.Session()
    client.headers["Authorization"] = f"Bearer {token}"
    base = f"{site.url}/scim/v2"
    ann = client.post(f"{base}/Users", json=user("ann", externalId="E-1"), timeout=10).json()
    members = [{"value": ann["id"]}]
    group = {"schemas": [GROUP], "displayName": "Sales", "members": members}
    assert client.post(f"{base}/Groups", json=group, timeout=10).status_code == 201
    assert client.post(f"{base}/Users", json=user("ann"), timeout=10).status_code == 409

    page.reload()
    expect(page.get_by_text("There is already a user with this userName.")).to_be_visible()
    page.get_by_text("Change", exact=True).click()
    page.get_by_label("Location").select_option(index=1)
    page.get_by_label("Position").select_option(index=1)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("(external)")).to_be_visible()
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_text("The hub would refuse this user.")).to_be_visible()
    assert_fit(page)
    page.locator("summary", has_text="Revoke").click()
    page.get_by_role("button", name="Yes, revoke it").click()
    assert client.get(f"{base}/Users", timeout=10).status_code == 401


@pytest.mark.parametrize("width", [1280, 400])
def test_a_partner_admin_sees_the_own_client(site: Site, width: int) -> None:
    with site.world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, site.world.ids["sofia"], site.world.ids["dealer"])
    page = site.open("sofia", width)
    page.goto("/partner")
    page.get_by_role("link", name="List of people by SCIM").click()
    page.get_by_role("button", name="Make token").first.click()
    expect(page.locator("#token")).to_be_visible()  # the page after the click, not the one it leaves
    assert_fit(page)
    page.get_by_role("link", name="I have entered it").click()
    expect(page.get_by_text("never used").first).to_be_visible()
    assert_fit(page)
