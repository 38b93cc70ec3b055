"""Profiles on the admin pages: written, tried, changed only as planned, and taken back (B34, B80, B86)."""

import html
import re

import pytest

from hub.audiences.profiles.read_profiles import read_profiles
from tests.web.test_rule_pages import text
from tests.web.world import Browser, World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

TEXT = """
[[profile]]
key = "base"
title = "Everybody"
floor = 15
[profile.plugins.first_90_days]
on = true

[[profile]]
key = "workshops"
title = "Workshops"
extends = "base"
audiences = ["new-technicians"]
provisioning = ["scim", "invitation"]
[[profile.workflow]]
key = "hello"
title = "Hello"
on = "joined"
reason = "you are new"
give = { target = "path:first-90-days" }
[[profile.report]]
key = "reached"
title = "Training reached"
metric = "completed"
"""
WRITE = "/admin/profile-text"


@pytest.fixture
def olga(world: World) -> Browser:
    """An operator; Ana is a technician at Riverside since yesterday."""
    world.appoint("ana", "technician", "riverside", ["borealis"])
    world.work()
    return world.browser("olga")


def hidden(page: str) -> dict[str, str]:
    page = page[: page.index("<footer")]
    form = page[page.rindex("<form") :]
    found = re.findall(r'name="(\w+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found if name != "csrf_token"}


@pytest.mark.requirement("B80", "B86", "B34")
def test_a_profile_is_written_tried_switched_and_taken_back(world: World, olga: Browser) -> None:
    assert "No profiles yet" in text(olga.get("/admin/profiles").text)
    wrong = olga.send("/admin/profile-plan", WRITE, text=TEXT.replace('new-technicians"]', 'nowhere"]'))
    assert wrong.status_code == 400
    assert "profile workshops: audiences: there is no audience nowhere" in text(wrong.text)
    planned = olga.send("/admin/profile-plan", WRITE, text=TEXT)
    assert "Workshops Is new" in text(planned.text)
    assert "hello version 1, new-technicians Would have acted" in text(planned.text)
    with world.hub.reading() as uow:
        assert read_profiles(uow) == {}
    assert olga.send("/admin/profile-change", WRITE, **hidden(planned.text)).status_code == 303
    page = text(olga.get("/admin/profiles/workshops").text)
    assert "Sets up New technicians. Inherits from Everybody" in page
    assert "Ways in By SCIM or an operator's invitation" in page
    assert "Smallest group that is told 15 people inherited from base" in page
    assert "first_90_days On" in page
    assert "What it says is inherited by Workshops" in text(olga.get("/admin/profiles/base").text)
    assert "All together 0" in text(
        olga.get("/admin/profiles/workshops/reports/new-technicians/reached").text
    )
    tried = olga.get("/admin/profile-plan?key=workshops&kind=workflows&item=hello&on=1")
    assert "Workflow hello goes on for New technicians" in text(tried.text)
    assert olga.send("/admin/profile-change", WRITE, **hidden(tried.text)).status_code == 303
    assert "Hello Live" in text(olga.get("/admin/profiles/workshops").text)
    back = olga.get("/admin/profile-plan?key=workshops&version=1")
    assert olga.send("/admin/profile-change", WRITE, **hidden(back.text)).status_code == 303
    page = text(olga.get("/admin/profiles/workshops").text)
    assert "Hello Draft" in page
    assert "Version 3 In force As version 1 Olga Berg" in page
    same = olga.get(f"{WRITE}?key=workshops").text
    area = html.unescape(same[same.index("<textarea") : same.index("</textarea>")].partition(">")[2])
    assert "Nothing: it is so already." in text(olga.send("/admin/profile-plan", WRITE, text=area).text)


def test_what_makes_no_sense_is_refused(olga: Browser, world: World) -> None:
    for path, status in (
        ("/admin/profiles/none", 404),
        ("/admin/profile-plan", 400),
        ("/admin/profile-plan?key=none&version=1", 404),
        ("/admin/profile-text?key=none", 404),
    ):
        assert olga.get(path).status_code == status, path
    assert olga.send("/admin/profile-plan", WRITE, text="[[").status_code == 400
    planned = hidden(olga.send("/admin/profile-plan", WRITE, text=TEXT).text)
    assert olga.send("/admin/profile-change", WRITE, **{**planned, "plan": "0" * 16}).status_code == 409
    assert world.browser("sofia").get("/admin/profiles").status_code == 403
