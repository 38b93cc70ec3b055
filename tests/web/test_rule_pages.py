"""Rules on the admin pages: whom they are for, and changed only as planned."""

import html
import re

import pytest
import sqlalchemy as sa

from hub.audiences.rules.rule import read_rule
from hub.journal.tables import audit
from hub.training.tables import goal_source
from tests.web.world import World

PATH = "/admin/rules/battery"


@pytest.fixture
def busy(world: World) -> World:
    """Ana and Nils are technicians; Ana has the brand that the rule asks for."""
    world.appoint("ana", "technician", "riverside", ["borealis"])
    world.appoint("nils", "technician", "riverside")
    world.work()
    return world


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page)).split())


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form that makes a planned change."""
    form = page[page.rindex("<form", 0, page.index("<footer")) :]
    return dict(re.findall(r'name="(plan|status|version)" value="([^"]*)"', form))


def holders(world: World) -> int:
    world.work()
    with world.hub.reading() as uow:
        table = goal_source
        return uow.connection.scalar(sa.select(sa.func.count()).where(table.c.source_key == "battery")) or 0


def test_a_rule_says_whom_it_is_for(busy: World) -> None:
    browser = busy.browser("olga")
    assert "High voltage Live battery" in text(browser.get("/admin/audiences").text)
    page = text(browser.get(PATH).text)
    assert "Asks for High-Voltage Battery Handling (course, service, brand)" in page
    assert "Position Service Technician Brand Borealis" in page
    assert "Version 1 In force New" in page
    assert browser.get("/admin/rules/none").status_code == 404
    assert busy.browser("sofia").get(PATH).status_code == 403


def test_a_rule_says_how_many_people_it_is_for(busy: World) -> None:
    olga = busy.browser("olga")
    assert f'data-url="{PATH}/count"' in olga.get(PATH).text
    assert "1 person now or later" in olga.get(f"{PATH}/count").text
    assert busy.browser("ana").get(f"{PATH}/count").status_code == 403


@pytest.mark.requirement("D2", "B86")
def test_a_rule_is_taken_out_of_force_and_back_as_planned(busy: World) -> None:
    browser = busy.browser("olga")
    assert holders(busy) == 1
    planned = browser.get(f"{PATH}/plan?status=shadow")
    assert "Goals that end 1 of 1 person At other times 0 goals" in text(planned.text)
    assert "Such as Ana Lopes" in text(planned.text)
    assert holders(busy) == 1
    done = browser.send(f"{PATH}/change", PATH, **hidden(planned.text))
    assert done.status_code == 303
    assert holders(busy) == 0
    shown = text(browser.get(PATH).text)
    assert "Version 2 In force Other status Olga Berg" in shown
    back = browser.get(f"{PATH}/plan?version=1")
    assert "says again what it said in version 1" in text(back.text)
    assert browser.send(f"{PATH}/change", PATH, **hidden(back.text)).status_code == 303
    assert holders(busy) == 1
    with busy.hub.reading() as uow:
        assert read_rule(uow, "battery").version == 1


@pytest.mark.requirement("D2")
def test_a_plan_that_is_outdated_is_shown_anew(busy: World) -> None:
    browser = busy.browser("olga")
    seen = hidden(browser.get(f"{PATH}/plan?status=draft").text)
    busy.appoint("marc", "technician", "riverside", ["borealis"])
    answer = browser.send(f"{PATH}/change", PATH, **seen)
    assert answer.status_code == 409
    assert "Nothing was changed." in text(answer.text)
    assert "Goals that end 2 of 2 people" in text(answer.text)
    with busy.hub.reading() as uow:
        assert read_rule(uow, "battery").status == "live"
        refused = uow.connection.scalars(sa.select(audit.c.reason).where(audit.c.outcome == "refused")).all()
    assert refused == ["plan_outdated"]
    assert browser.send(f"{PATH}/change", PATH, **hidden(answer.text)).status_code == 303


def test_what_makes_no_sense_is_refused(busy: World) -> None:
    browser = busy.browser("olga")
    assert browser.get(f"{PATH}/plan").status_code == 400
    assert browser.get(f"{PATH}/plan?status=dead").status_code == 400
    assert browser.get(f"{PATH}/plan?version=9").status_code == 404
    assert browser.send(f"{PATH}/change", PATH, status="draft", plan="none").status_code == 409
    assert "Nothing: the rule is so already." in text(browser.get(f"{PATH}/plan?version=1").text)
