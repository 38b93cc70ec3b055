"""Every page, wide and narrow, light and dark: accessible, nothing sticks out, nothing comes from elsewhere."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from hub.training.my_training.plan import read_plan
from hub.xapi.finding.browse import Filter, browse
from tests.browser.conftest import Site

PAGES = {
    "sign-in": ("", "/sign-in"),
    "sign-in with a problem": ("", "/sign-in?problem=unknown_domain"),
    "choosing a sign-in": ("", "/sign-in?connection=harbor&connection=borealis"),
    "my training": ("ana", "/my-training"),
    "my training, long": ("max", "/my-training"),
    "my training, no goals": ("eva", "/my-training"),
    "my training, no appointment": ("nils", "/my-training"),
    "why, open": ("max", "why open"),
    "why, credited": ("ana", "why done"),
    "certificate": ("ana", "certificate"),
    "team": ("sofia", "/team"),
    "team, one person": ("sofia", "/team?q=hohenstein"),
    "team, nobody found": ("sofia", "/team?q=zzz"),
    "refused": ("ana", "/admin"),
    "not found": ("", "/nothing"),
    "admin": ("olga", "/admin"),
    "admin, sign-ins": ("olga", "/admin/sign-ins"),
    "admin, launches": ("olga", "/admin/launches"),
    "admin, statements": ("olga", "/admin/statements"),
    "admin, waiting": ("olga", "/admin/statements?show=waiting"),
    "admin, statements by day": ("olga", "/admin/statements?per=day&verb=passed&since=2020-01-01"),
    "admin, no statements": ("olga", "/admin/statements?verb=answered"),
    "admin, choosing whose statements": ("olga", "/admin/statements?who=mia"),
    "admin, one statement": ("olga", "one statement"),
    "admin, completion": ("olga", "/admin/policies"),
    "admin, completion of one system": ("olga", "/admin/policies/lms-south"),
    "admin, retention": ("olga", "/admin/retention"),
    "admin, retention plan": ("olga", "/admin/retention/plan"),
    "admin, erasure": ("olga", "/admin/erasure"),
    "admin, erasure of somebody": ("olga", "/admin/erasure?who=hohenstein"),
    "admin, credits": ("olga", "/admin/credits"),
    "admin, choosing a person": ("olga", "/admin/credits?who=mia"),
    "admin, deliveries": ("olga", "/admin/deliveries"),
    "admin, plugins": ("olga", "/admin/plugins"),
    "admin, one plugin": ("olga", "/admin/plugins/first_90_days"),
    "admin, readers": ("olga", "/admin/readers"),
    "admin, connections": ("olga", "/admin/connections"),
    "admin, one connection": ("olga", "/admin/connections/lms-north"),
    "admin, an identity provider": ("olga", "/admin/connections/harbor"),
    "admin, connecting": ("olga", "/admin/connect"),
    "admin, a new tool": ("olga", "/admin/connect/tool"),
    "admin, a new platform": ("olga", "/admin/connect/platform"),
    "admin, a changed tool": ("olga", "/admin/connections/lms-north/tool"),
    "admin, registering": ("olga", "/admin/connect/registration?direction=tool"),
    "admin, registrations": ("olga", "/admin/registrations"),
    "admin, setup links": ("olga", "/admin/setup-links"),
    "admin, catalogues": ("olga", "/admin/catalogues"),
    "admin, signing keys": ("olga", "/admin/keys"),
    "admin, learners": ("olga", "/admin/learners?who=mia"),
    "admin, preview of a launch": ("olga", "preview"),
    "admin, one learner": ("olga", "learner"),
    "admin, credentials": ("olga", "/admin/credentials"),
    "admin, credentials, none found": ("olga", "/admin/credentials?q=zzz"),
    "admin, credentials of all systems": ("olga", "/admin/credentials?show=all"),
    "admin, credentials of one system": ("olga", "/admin/credentials/lms-south"),
    "admin, receiving stores": ("olga", "/admin/receiving-stores"),
    "admin, no receiving store found": ("olga", "/admin/receiving-stores?q=zzz"),
    "admin, one receiving store": ("olga", "/admin/receiving-stores/archive"),
    "admin, a new receiving store": ("olga", "/admin/receiving-stores/new"),
    "admin, a changed receiving store": ("olga", "/admin/receiving-stores/archive/edit"),
    "admin, activity": ("olga", "/admin/activity"),
    "admin, who comes in": ("olga", "/admin/connections/harbor/people"),
    "admin, choosing whom to merge": ("olga", "choosing whom to merge"),
    "admin, merging": ("olga", "merging"),
    "admin, themes": ("olga", "/admin/themes"),
    "admin, a new theme": ("olga", "/admin/themes/new"),
    "admin, profiles": ("olga", "/admin/profiles"),
    "admin, one profile": ("olga", "/admin/profiles/workshops"),
    "admin, a report": ("olga", "/admin/profiles/workshops/reports/new-technicians/reached"),
    "admin, a profile as text": ("olga", "/admin/profile-text?key=workshops"),
    "admin, removing a profile": ("olga", "/admin/profile-plan?key=workshops&remove=1"),
    "network": ("olga", "/network"),
    "network, searched": ("olga", "/network?q=r&on=2026-01-01"),
    "network, locations": ("sofia", "/network/locations"),
    "network, a location": ("olga", "network locations riverside"),
    "network, a person": ("olga", "network people max"),
    "network, a partner": ("sofia", "network partners dealer"),
    "network, an area": ("olga", "network nodes south-field"),
    "network, closing a location": ("olga", "network do/close riverside"),
    "network, moving an area": ("olga", "network do/move south-field"),
    "network, changing many": ("sofia", "/network/change"),
    "network, changing many locations": ("olga", "/network/many"),
    "network, waiting rows": ("olga", "/network/waiting"),
    "account": ("ana", "/account"),
    "mails": ("ana", "/account/messages"),
    "a partner's people": ("sofia", "/partner"),
    "a partner's tokens": ("sofia", "/partner/tokens"),
    "a partner's webhooks": ("sofia", "/partner/webhooks"),
    "a partner's plugins": ("sofia", "/partner/plugins"),
    "webhooks": ("olga", "/admin/webhooks"),
    "what programs may ask for": ("", "/api/v1/"),
    "what programs may ask about webhooks": ("", "/api/v1/about/Webhooks"),
}


def address(site: Site, who: str, path: str) -> str:
    """The path, or that of a goal of the person, or of the last statement."""
    if path.startswith("/"):
        return path
    if path in {"learner", "preview"}:
        max_id = site.world.ids["max"]
        return f"/admin/learners/{max_id}" if path == "learner" else f"/admin/preview?person={max_id}"
    if path.startswith("network"):
        _, kind, name = path.split()
        return f"/network/{kind}/{site.world.ids[name]}"
    if path in {"choosing whom to merge", "merging"}:
        max_id, ana_id = site.world.ids["max"], site.world.ids["ana"]
        words = f"person={ana_id}" if path == "merging" else "who=mia"
        return f"/admin/learners/{max_id}/merge?{words}"
    if path == "one statement":
        with site.world.hub.reading() as uow:
            return f"/admin/statements/{browse(uow, Filter()).rows[0].row.id}"
    with site.world.hub.reading() as uow:
        plan = read_plan(uow, site.world.ids[who])
    line = (plan.open if path == "why open" else plan.done)[0]
    return f"/my-training/{path.split(maxsplit=1)[0]}/{line.goals[0].id}"


def severe(page: Page, *rules: str) -> list[str]:
    """What axe finds serious or critical, of all its rules or of these."""
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = Axe().run(page, options={"resultTypes": ["violations"], **only}).response["violations"]
    return [
        f"{v['id']}: {node['html']} {node.get('failureSummary', '')}"
        for v in found
        if v["impact"] in {"serious", "critical"}
        for node in v["nodes"]
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("name", PAGES)
def test_page(busy_site: Site, name: str) -> None:
    who, path = PAGES[name]
    page = busy_site.open(who)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address(busy_site, who, path), wait_until="networkidle")
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    assert severe(page) == []
    assert overflow(page) == 0
    page.emulate_media(color_scheme="dark")
    assert severe(page, "color-contrast") == []
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 375, "height": 700})
    assert severe(page) == []
    for width in (375, 360):
        page.set_viewport_size({"width": width, "height": 700})
        assert overflow(page) == 0
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {
        urlsplit(busy_site.url).netloc
    }
    assert [text for text in complaints if "the server responded with a status of 40" not in text] == []
    assert page.locator("h1").count() == 1
    assert "Partner Training Hub" in page.title()
    page.context.close()


def test_plans_of_changes_are_pages_like_any_other(busy_site: Site) -> None:
    """What is planned comes by a form. Of the fields, those of the chosen change are shown."""
    riverside = busy_site.world.ids["riverside"]
    page = busy_site.open("sofia", width=375)
    page.goto(f"/network/change?at={riverside}")
    page.locator("[name=appointment]").nth(0).check()
    expect(page.get_by_label("Location", exact=True)).to_be_visible()
    page.get_by_label("Their appointment ends").check()
    expect(page.get_by_label("Location", exact=True)).to_be_hidden()
    page.get_by_role("button", name="See what would happen").click()
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    assert (severe(page), overflow(page)) == ([], 0)
    page.context.close()
    page = busy_site.open("olga", width=375)
    page.goto(f"/network/do/close/{riverside}")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    assert (severe(page), overflow(page)) == ([], 0)
    page.context.close()
