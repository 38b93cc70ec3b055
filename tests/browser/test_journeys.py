"""Using the pages with a keyboard, and seeing the plan follow what happens in an LMS."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from hub.network.people.identities import link_identity
from hub.network.systems.connections import create_connection, route_email_domain
from hub.sso.oidc.providers import add_provider
from hub.testing.idp import IdpConfig, create_idp
from hub.testing.idp_store import Person
from hub.testing.serve import serve
from tests.browser.conftest import Site

LMS = re.compile(r"https://(north|south)\.example/")
ANA = Person("sub-ana", "ana", "correct horse", "ana@riverside.example", "Ana", "Lopes")


def stand_in_for_the_lms(page: Page) -> None:
    """The LMSs of this network exist in name only: answer for them, so that the browser arrives somewhere."""

    def answer(route: Route) -> None:
        route.fulfill(body="<title>LMS</title><h1>The course</h1>", content_type="text/html")

    page.context.route(LMS, answer)


@pytest.fixture
def ana_at_work(site: Site) -> Site:
    """Ana has three things to do."""
    site.world.appoint("ana", "technician", "riverside", ["borealis"])
    site.world.appoint("ana", "seller", "hilltop", ["aurora"])
    return site


@pytest.fixture
def with_provider(ana_at_work: Site) -> Iterator[Site]:
    """Ana's employer has a provider that really answers."""
    hub = ana_at_work.world.hub
    callback = f"{ana_at_work.url}/sso/oidc/riverside/callback"

    with serve(
        lambda url: create_idp(
            IdpConfig(
                base_url=url, client_id="hub", client_secret="s", redirect_uris=(callback,), people=(ANA,)
            ),
            clock=lambda: hub.clock.now().timestamp(),
        ),
        port=ana_at_work.provider_port,
    ) as issuer:
        with hub.unit_of_work() as uow:
            connection_id = create_connection(uow, "riverside", "oidc", "Riverside Auto Group")
            add_provider(uow, connection_id, issuer, "hub", hub.sealer.seal("s"))
            route_email_domain(uow, connection_id, "riverside.example")
            link_identity(uow, connection_id, "sub", ANA.sub, ana_at_work.world.ids["ana"], "roster")
        yield ana_at_work


def tab_to(page: Page, name: str, presses: int = 25) -> None:
    """Press Tab until the element with this accessible name has the focus, and see that the focus shows."""
    wanted = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first
    for _ in range(presses):
        page.keyboard.press("Tab")
        if wanted.evaluate("(element) => element === document.activeElement"):
            outline = wanted.evaluate("(element) => getComputedStyle(element).outlineStyle")
            assert outline != "none", f"the focus on {name} cannot be seen"
            return
    raise AssertionError(f"{name} was not reached with {presses} presses of Tab")


def test_from_the_door_to_the_course_with_a_keyboard_alone(with_provider: Site) -> None:
    page = with_provider.open()
    stand_in_for_the_lms(page)
    page.goto("/")
    field = page.get_by_label("Work e-mail")
    expect(field).to_be_focused()  # by itself; what is typed before would be lost, as for a person
    page.keyboard.type(ANA.email)
    expect(field).to_have_value(ANA.email)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"^http://127.0.0.1:{with_provider.provider_port}/"))
    page.locator("input[name=password]").focus()  # the provider's own page; the hub has told it the e-mail
    expect(page.locator("input[name=password]")).to_be_focused()
    page.keyboard.type(ANA.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hello, Ana")).to_be_visible()
    tab_to(page, "Start Understanding Customer Needs")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("^https://south.example/login"))


def test_the_first_stop_leads_past_the_header(ana_at_work: Site) -> None:
    page = ana_at_work.open("ana")
    page.goto("/my-training")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_one_click_from_the_plan_to_the_course(ana_at_work: Site) -> None:
    page = ana_at_work.open("ana", width=375)
    stand_in_for_the_lms(page)
    page.goto("/my-training")
    start = page.get_by_role("button", name="Start Understanding Customer Needs")
    expect(start).to_be_in_viewport()
    start.click()
    expect(page.get_by_role("heading", name="The course")).to_be_visible()


def test_the_plan_follows_the_course_by_itself(ana_at_work: Site) -> None:
    page = ana_at_work.open("ana")
    stand_in_for_the_lms(page)
    page.goto("/my-training")
    page.get_by_role("button", name="Start Understanding Customer Needs").click()
    expect(page.get_by_role("heading", name="The course")).to_be_visible()
    page.goto("/my-training")
    expect(page.get_by_role("heading", name="Done")).to_have_count(0)
    ana_at_work.world.complete("ana", "needs", "south")
    done = page.locator(".line-done", has_text="Understanding Customer Needs")
    expect(done).to_be_visible(timeout=3000)
    expect(page.get_by_role("status")).to_have_text("Done and credited: Understanding Customer Needs")
    expect(page.get_by_role("button", name="Start Brake Safety Essentials")).to_be_visible()


def test_the_plan_is_left_alone_when_nothing_was_started(ana_at_work: Site) -> None:
    page = ana_at_work.open("ana")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/my-training", wait_until="networkidle")
    page.wait_for_timeout(2500)
    assert not [url for url in asked if url.endswith("/version")]


def test_everything_works_without_scripts(ana_at_work: Site) -> None:
    context = ana_at_work.browser.new_context(java_script_enabled=False, base_url=ana_at_work.url)
    session = ana_at_work.world.session("ana")
    context.add_cookies([{"name": "hub_session", "value": session, "url": ana_at_work.url}])
    page = context.new_page()
    stand_in_for_the_lms(page)
    page.goto("/my-training")
    page.get_by_role("link", name="Why? Understanding Customer Needs").click()
    page.get_by_role("button", name="Start in LMS South").click()
    expect(page.get_by_role("heading", name="The course")).to_be_visible()
    page.goto("/my-training")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_a_manager_opens_a_person_with_the_keyboard(ana_at_work: Site) -> None:
    for number in range(4):
        ana_at_work.world.person(f"p{number}", "Mia", f"Silva-{number}")
        ana_at_work.world.appoint(f"p{number}", "technician", "riverside")
    page = ana_at_work.open("sofia")
    page.goto("/team")
    goal = page.get_by_text("High-Voltage Battery Handling").first
    expect(goal).to_be_hidden()
    page.locator("summary", has_text="Ana Lopes").focus()
    page.keyboard.press("Enter")
    expect(goal).to_be_visible()
