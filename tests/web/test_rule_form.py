"""Rules written and read in pages: a form that says all a file can, with a count, a plan and the change."""

import html
import re
from pathlib import Path
from typing import Any

import pytest

from hub.audiences.files.audience_files import plan_audience_file
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, read_rule, read_rules, set_audience
from hub.clock import SettableClock
from tests.web.world import World

FORM, EDIT = "/admin/rule-form", "/admin/rules/battery/edit"


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page)).split())


def fields(page: str) -> list[tuple[str, str]]:
    """What the form of a page would send, as a browser reads it."""
    form = page[page.index('<form class="card-box form"') :]
    form = form[: form.index("</form>")]
    found = []
    for tag in re.findall(r"<input[^>]*>", form):
        said = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if "name" in said and (said.get("type") != "checkbox" or re.search(r"\schecked\b", tag)):
            found.append((said["name"], said.get("value", "")))
    for name, inside in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', form):
        found.append((name, html.unescape(inside)))
    for name, inside in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inside) or re.search(
            r'value="([^"]*)"', inside
        )
        found.append((name, html.unescape(chosen[1]) if chosen else ""))
    return [(name, value) for name, value in found if name != "csrf_token"]


def carried(page: str) -> list[tuple[str, str]]:
    form = page[page.rindex("<form", 0, page.index("<footer")) :]
    hidden = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', form)
    return [(name, html.unescape(value)) for name, value in hidden if name != "csrf_token"]


def changed(said: list[tuple[str, str]], **values: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in said if name not in values] + list(values.items())


@pytest.fixture
def busy(world: World) -> World:
    """Ana and Nils are technicians; Ana has the brand that the rule asks for."""
    world.appoint("ana", "technician", "riverside", ["borealis"])
    world.appoint("nils", "technician", "riverside")
    world.work()
    return world


def send(browser: Any, path: str, page: str, said: list[tuple[str, str]]) -> Any:
    multi: dict[str, Any] = {}
    for name, value in said:
        multi.setdefault(name, []).append(value)
    return browser.send(path, page, **multi)


@pytest.mark.requirement("D2", "B86")
def test_a_form_that_was_opened_changes_nothing(busy: World) -> None:
    browser = busy.browser("olga")
    planned = send(browser, f"{FORM}/plan", EDIT, fields(browser.get(EDIT).text))
    assert "Nothing: the rule is so already." in text(planned.text)


@pytest.mark.requirement("D2", "B86")
def test_a_rule_is_edited_as_planned(busy: World) -> None:
    browser = busy.browser("olga")
    said = [field for field in fields(browser.get(EDIT).text) if field[0] != "brands"]
    said = changed(said, due_kind="period", due_value="quarter")
    counted = text(send(browser, f"{FORM}/count", EDIT, said).text)
    assert counted.startswith("2 people now or later; 2 through an external, 0 through an internal")
    assert "Such as Ana Lopes" in counted or "Nils" in counted
    planned = send(browser, f"{FORM}/plan", EDIT, said)
    assert "Becomes other whom it is for, when it is due New goals 1 for 1 person" in text(planned.text)
    done = send(browser, f"{FORM}/make", EDIT, carried(planned.text))
    assert done.status_code == 303
    with busy.hub.reading() as uow:
        rule = read_rule(uow, "battery")
    assert rule.conditions.brands == ()
    assert rule.due is not None
    assert rule.due.value == "quarter"
    again = send(browser, f"{FORM}/plan", EDIT, fields(browser.get(EDIT).text))
    assert "Nothing: the rule is so already." in text(again.text)


def test_a_new_rule_says_everything_that_is_wrong(busy: World) -> None:
    browser = busy.browser("olga")
    said = changed(
        fields(browser.get(FORM).text), title="Wrong", key="no key", target="nothing", nodes="Service: Nowhere",
        tenure_at_least="many", due_kind="date", due_value="9999-12-31", valid_to="2001-01-01", partners="Nobody"
    )  # fmt: skip
    refused = send(browser, f"{FORM}/plan", FORM, said)
    assert refused.status_code == 400
    page = text(refused.text)
    for words in (
        "Key : must be letters, digits",
        "Course or path : is no course and no path",
        "Regions : there is no Service: Nowhere",
        "Partners : there is no Nobody",
        "at least : must be a number of days",
        "Days, day or period : must be a day",
        "In force until : lies before the beginning",
    ):
        assert words in page
    assert 'value="no key"' in refused.text
    assert "It is not a rule yet" in text(send(browser, f"{FORM}/count", FORM, said).text)
    with busy.hub.reading() as uow:
        assert "no key" not in {rule.key for rule in read_rules(uow)}


def test_a_new_rule_is_a_draft_until_it_is_said_otherwise(
    busy: World, clock: SettableClock, tmp_path: Path
) -> None:
    browser = busy.browser("olga")
    said = changed(
        fields(browser.get(FORM).text), title="Second", key="second", target="High-Voltage Battery Handling"
    )
    planned = send(browser, f"{FORM}/plan", FORM, said)
    assert "Second is a new rule. Nothing is changed yet. Status Draft" in text(planned.text)
    clock.advance(seconds=3)
    kept = carried(planned.text)
    assert send(browser, f"{FORM}/make", FORM, kept).status_code == 303
    with busy.hub.reading() as uow:
        assert read_rule(uow, "second").status == "draft"
    assert "Key : is another rule's" in text(send(browser, f"{FORM}/plan", FORM, said).text)
    file = browser.get("/admin/rules/second/file")
    (tmp_path / "one.toml").write_text(file.text)
    assert plan_audience_file(busy.hub, tmp_path / "one.toml").changes == ()
    assert busy.browser("sofia").get(FORM).status_code == 403


def test_an_audience_shows_who_is_in_it(busy: World) -> None:
    with busy.hub.unit_of_work() as uow:
        set_audience(uow, Audience("all", "All", Conditions(audience_class="external")))
    browser = busy.browser("olga")
    page = text(browser.get("/admin/audiences/all").text)
    assert "Ana Lopes by 1 appointment" in page
    assert "Class external" in page
    assert "Ana Lopes" not in text(browser.get("/admin/audiences/all?q=nils").text)
    assert "Ana Lopes" in text(browser.get("/admin/audiences/all?q=lop").text)
    assert "people now or later" in text(browser.get("/admin/audiences/all/count").text)
    assert browser.get("/admin/audiences/all/file").text.startswith("# The audience all")
    assert browser.get("/admin/audiences/none").status_code == 404
