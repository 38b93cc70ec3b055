"""Completion policies on the admin pages: laid down with a form, seen before they count, and never without the plan."""

import html
import re

import pytest

from hub.network.systems.connections import find_connection
from hub.training.completing.policies import read_policy
from hub.training.completing.policy import Policy
from tests.web.world import PASSED, World

ATTENDED = "https://w3id.org/xapi/adl/verbs/attended"
PATH = "/admin/policies/lms-south"


@pytest.fixture
def busy(world: World) -> World:
    """Ana completed a course of LMS South that she has a goal for; Nils attended it."""
    world.appoint("ana", "seller", "hilltop")
    world.appoint("nils", "seller", "hilltop")
    world.complete("ana", "needs", "south")
    world.complete("nils", "needs", "south", verb=ATTENDED)
    return world


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page)).split())


def in_force(world: World) -> Policy | None:
    with world.hub.reading() as uow:
        return read_policy(uow, find_connection(uow, "lms-south").id)


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form that puts a plan into force."""
    form = page[page.rindex("<form", 0, page.index("<footer")) :]
    return {
        name: html.unescape(value)
        for name, value in re.findall(r'name="(policy|plan|up_to)" value="([^"]*)"', form)
    }


FORM = {"version": "0", "name": "Attendance", "verb": "", "verbs": ATTENDED, "minimum": ""}


def test_systems_say_what_counts_there(busy: World) -> None:
    page = text(busy.browser("olga").get("/admin/policies").text)
    assert "LMS South As its catalogue says" in page
    assert "completed-or-passed" in page
    assert "Harbor Sign-in" not in page


def test_a_plan_is_seen_and_then_put_into_force(busy: World) -> None:
    browser = busy.browser("olga")
    planned = browser.send(f"{PATH}/plan", PATH, **FORM)
    assert planned.status_code == 200
    assert "Completions 1 0 1 Credits 1 0 1" in text(planned.text)
    assert "Ana Lopes" in planned.text
    assert "Nils Holm" in planned.text
    assert in_force(busy) is None
    answer = browser.send(f"{PATH}/apply", PATH, **hidden(planned.text))
    assert answer.status_code == 303, answer.text
    policy = in_force(busy)
    assert policy is not None
    assert (policy.name, policy.version, policy.terms.verbs) == ("Attendance", 1, (ATTENDED,))
    busy.work()
    assert "Attendance" in browser.get(f"/admin/credits?person={busy.ids['nils']}").text
    assert "Taken back" in browser.get(f"/admin/credits?person={busy.ids['ana']}").text
    page = text(browser.get(PATH).text)
    assert "Attendance, version 1, is in force." in page
    assert "Olga Berg" in page
    assert "Completion policy changed" in browser.get("/admin/activity").text


def test_a_plan_that_has_changed_is_shown_again_and_changes_nothing(busy: World) -> None:
    browser = busy.browser("olga")
    fields = hidden(browser.send(f"{PATH}/plan", PATH, **FORM).text)
    answer = browser.send(f"{PATH}/apply", PATH, **(fields | {"plan": "0" * 64}))
    assert answer.status_code == 409
    assert "The records have changed since you saw the plan" in answer.text
    assert in_force(busy) is None
    assert browser.send(f"{PATH}/apply", PATH, **hidden(answer.text)).status_code == 303


def test_a_course_gets_terms_of_its_own_and_loses_them_again(busy: World) -> None:
    browser = busy.browser("olga")
    own = {"o0.course": "price", "o0.verbs": PASSED, "o0.minimum": "0,9", "o0.success": "on"}
    planned = browser.send(f"{PATH}/plan", PATH, **FORM, **own)
    browser.send(f"{PATH}/apply", PATH, **hidden(planned.text))
    policy = in_force(busy)
    assert policy is not None
    terms = policy.overrides[busy.ids["price"]]
    assert (terms.verbs, terms.minimum_scaled, terms.requires_success) == ((PASSED,), 0.9, True)
    assert '<input type="hidden" name="o0.course" value="price">' in browser.get(PATH).text
    again = browser.send(f"{PATH}/plan", PATH, **(FORM | {"version": "1"}), **own, **{"o0.remove": "on"})
    browser.send(f"{PATH}/apply", PATH, **hidden(again.text))
    policy = in_force(busy)
    assert policy is not None
    assert (policy.version, policy.overrides) == (2, {})


def test_every_mistake_of_the_form_is_told(busy: World) -> None:
    wrong = {"name": "", "verbs": "attended", "minimum": "much", "o0.course": "nothing"}
    answer = busy.browser("olga").send(f"{PATH}/plan", PATH, **(FORM | wrong))
    assert answer.status_code == 400
    assert "minimum_scaled: must be a number" in text(answer.text)
    assert "course nothing: this system has no such course" in text(answer.text)
    answer = busy.browser("olga").send(f"{PATH}/plan", PATH, **(FORM | {"name": "", "verbs": "attended"}))
    assert "name: must have 1 to 64 characters" in text(answer.text)
    assert "attended is no verb" in text(answer.text)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"policy": "{}", "plan": "x", "up_to": "1"},
        {"policy": "[1]", "plan": "x", "up_to": "1"},
        {"policy": "null", "plan": "x", "up_to": "many"},
    ],
    ids=["nothing", "empty", "list", "place"],
)
def test_a_form_that_holds_no_policy_is_refused(busy: World, fields: dict[str, str]) -> None:
    assert busy.browser("olga").send(f"{PATH}/apply", PATH, **fields).status_code == 400
    assert in_force(busy) is None


def test_identity_providers_have_no_policy(world: World) -> None:
    assert world.browser("olga").get("/admin/policies/harbor").status_code == 404
    assert world.browser("olga").get("/admin/policies/nobody").status_code == 404
    assert world.browser("sofia").get("/admin/policies").status_code == 403
