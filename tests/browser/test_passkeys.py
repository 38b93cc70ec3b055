"""Passkeys with Chromium's own authenticator: invited, in, out, in again, managed, recovered. Wide and narrow."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from hub.app import open_worker
from hub.notify.tables import mail
from hub.sso.local.invite import invite_person
from tests.browser.conftest import Site
from tests.browser.test_credentials import assert_fit

PASSWORD = "purple lamp over river"


def with_authenticator(page: Page, **changes: Any) -> tuple[CDPSession, str]:
    """Let this page's browser have a device that makes and uses passkeys by itself (WebAuthn domain of the DevTools protocol)."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, **changes}})
    return session, added["authenticatorId"]


def invitation(site: Site, who: str = "ana") -> str:
    hub, ids = site.world.hub, site.world.ids
    with hub.unit_of_work() as uow:
        return invite_person(uow, ids["dealer"], ids[who], None)


def link_of_last_mail(site: Site) -> str:
    hub = site.world.hub
    open_worker(hub).drain()
    with hub.reading() as uow:
        row = uow.connection.execute(mail.select().order_by(mail.c.id.desc())).first()
    assert row
    found = re.search(r"http://localhost:\d+/\S+", json.loads(hub.sealer.open(row.sealed_letter))["text"])
    assert found
    return found[0]


@pytest.mark.parametrize("width", [1280, 390])
def test_invited_in_out_and_in_again(named_site: Site, width: int) -> None:
    page = named_site.open("", width)
    with_authenticator(page)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(invitation(named_site))
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Ana")
    assert_fit(page)
    page.get_by_role("button", name="Set up a passkey").click()
    expect(page).to_have_url(re.compile("/my-training$"))
    expect(page.get_by_text("Ana Lopes")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in/local?return_to=/account/local")
    assert_fit(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/account/local$"))
    expect(page.get_by_text("used", exact=False).first).to_be_visible()
    assert_fit(page)
    assert complaints == []


def test_the_same_device_makes_one_passkey_and_another_one_makes_a_second(named_site: Site) -> None:
    page = named_site.open()
    session, first = with_authenticator(page)
    page.goto(invitation(named_site))
    page.get_by_role("button", name="Set up a passkey").click()
    expect(page).to_have_url(re.compile("/my-training$"))
    page.goto("/account/local")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("This device has a passkey for your account already.")
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": first})
    with_authenticator(page, transport="usb")
    page.get_by_label("Name of a new passkey").fill("Blue key")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_have_text("The passkey is added.")
    expect(page.get_by_text("Blue key", exact=True).first).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="Blue key")
    row.locator("summary").click()
    row.get_by_label("Name").fill("Red key")
    row.get_by_role("button", name="Rename").click()
    row = page.get_by_role("listitem").filter(has_text="Red key")
    assert_fit(page)
    row.locator("summary").click()
    row.get_by_role("button", name="Remove this passkey").click()
    expect(page.get_by_role("status")).to_contain_text("The passkey is removed")
    expect(page.get_by_role("listitem").filter(has_text="Made on")).to_have_count(1)


def test_a_passkey_that_does_not_verify_its_owner_is_told_in_words(named_site: Site) -> None:
    page = named_site.open()
    session, device = with_authenticator(page)
    page.goto(invitation(named_site))
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Set up a passkey").click()
    expect(page.get_by_role("alert")).to_have_text(
        "No passkey was used. Try it again, or choose another way.", timeout=70_000
    )
    page.get_by_text("Use a password instead").click()
    page.get_by_label("Password").fill("passwordpassword")
    page.get_by_role("button", name="Open my account").click()
    expect(page.get_by_text("It is among those that are guessed first.")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open my account").click()
    expect(page).to_have_url(re.compile("/my-training$"))


def test_lost_the_password_and_back_in_with_a_passkey(named_site: Site) -> None:
    page = named_site.open()
    page.goto(invitation(named_site))
    page.get_by_text("Use a password instead").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open my account").click()
    expect(page).to_have_url(re.compile("/my-training$"))

    elsewhere = named_site.open()
    with_authenticator(elsewhere)
    elsewhere.goto("/sign-in/local")
    elsewhere.get_by_label("E-mail").fill("ana@harbor.example")
    elsewhere.get_by_label("Password").fill("what was it again")
    elsewhere.get_by_role("button", name="Sign in", exact=True).click()
    expect(elsewhere.get_by_text("E-mail and password do not fit together.")).to_be_visible()
    assert_fit(elsewhere)
    elsewhere.get_by_role("link", name="I cannot get in any more").click()
    elsewhere.get_by_label("E-mail").fill("ana@harbor.example")
    assert_fit(elsewhere)
    elsewhere.get_by_role("button", name="Send me a mail").click()
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    elsewhere.goto(link_of_last_mail(named_site))
    assert_fit(elsewhere)
    elsewhere.get_by_role("button", name="Set up a passkey").click()
    expect(elsewhere).to_have_url(re.compile("/my-training$"))
    page.goto("/my-training")
    expect(page).to_have_url(re.compile("/sign-in"))


@pytest.mark.parametrize("width", [1280, 390])
def test_registered_approved_and_in(named_site: Site, width: int) -> None:
    olga, boris = named_site.open("olga", width), named_site.open("", width)
    olga.goto("/invitations")
    olga.locator("#page_partner").fill("Harbor Auto Group")
    olga.get_by_role("button", name="Open a page").click()
    expect(olga.get_by_role("status")).to_have_text("People can register now.")
    boris.goto("/register/harbor-auto-group")
    assert_fit(boris)
    boris.get_by_role("button", name="Register").click()
    expect(boris.get_by_text("Is missing.").first).to_be_visible()
    for label, value in (
        ("Given name", "Boris"),
        ("Family name", "Lind"),
        ("Work e-mail", "boris@lind.example"),
    ):
        boris.get_by_label(label).fill(value)
    boris.get_by_role("button", name="Register").click()
    expect(boris.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    boris.goto(link_of_last_mail(named_site))
    boris.get_by_role("button", name="Confirm my address").click()
    expect(boris.get_by_role("heading", level=1)).to_have_text("Thank you")
    olga.reload()
    assert_fit(olga)
    olga.get_by_text("Decide: Boris Lind").click()
    olga.get_by_label("Works at").select_option("Hilltop")
    olga.get_by_label("As (optional)").select_option("Salesperson")
    olga.get_by_role("button", name="Approve and invite").click()
    expect(olga.get_by_role("status")).to_contain_text("Approved")
    assert_fit(olga)
    with_authenticator(boris)
    boris.goto(link_of_last_mail(named_site))
    boris.get_by_role("button", name="Set up a passkey").click()
    expect(boris).to_have_url(re.compile("/my-training$"))
    expect(boris.get_by_text("Customer needs").first).to_be_visible()
