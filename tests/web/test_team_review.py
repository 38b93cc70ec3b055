"""Submission review from the team page: what somebody handed in, one click away for who looks after them in that dimension."""

import html
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.journal.tables import audit
from hub.lti.resource_links import default_line_item_id, place_offering
from hub.lti.tables import lti_line_item, lti_result
from hub.network.tables import appointment
from hub.training.courses.offerings import set_path
from tests.web.world import World

LABEL = "Open the test"


def hand_in(world: World, who: str, course: str, **changes: Any) -> str:
    """A result on a line item whose tool shows it; the line item's id."""
    shows = {"reviewable_status": ["Completed"], "label": LABEL, "url": "", "custom": {}, **changes}
    with world.hub.unit_of_work() as uow:
        item = default_line_item_id(place_offering(uow, world.ids[course]).id)
        uow.connection.execute(
            sa.update(lti_line_item).where(lti_line_item.c.id == item).values(submission_review=shows)
        )
        uow.connection.execute(
            sa.insert(lti_result).values(
                line_item_id=item,
                person_id=world.ids[who],
                timestamp=uow.now,
                statement_id=new_id(),
                score={"activityProgress": "Completed"},
            )
        )
    return item


def team(world: World, who: str, **query: object) -> str:
    return html.unescape(world.browser(who).get("/team", query_string=query).text)


def refusals(world: World) -> list[tuple[str, str]]:
    query = sa.select(audit.c.action, audit.c.reason).where(audit.c.outcome == "refused")
    with world.hub.reading() as uow:
        return [(row.action, row.reason) for row in uow.connection.execute(query)]


@pytest.fixture
def item(world: World) -> str:
    """Ana, a technician at Riverside whom Sofia looks after in service, has handed in her brake test."""
    world.appoint("ana", "technician", "riverside", ["borealis"])
    return hand_in(world, "ana", "brake-safety")


def test_a_manager_opens_it_with_one_click(world: World, item: str) -> None:
    page = team(world, "sofia")
    assert f"Brake Safety Essentials: {LABEL}" in page
    answer = world.browser("sofia").send(f"/team/{world.ids['ana']}/review", "/team", line_item=item)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("https://north.example/login")
    assert answer.headers["Cache-Control"] == "no-store"
    assert refusals(world) == []


def test_the_step_of_a_path_counts_as_its_path(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        set_path(uow, "brakes-path", "Brakes", "", ["battery"])
    world.rule("brakes", "Brakes", "brakes-path", "service", positions=["technician"], target_kind="path")
    world.appoint("ana", "technician", "riverside")
    hand_in(world, "ana", "battery")
    assert f"High-Voltage Battery Handling: {LABEL}" in team(world, "sofia")


def test_work_of_another_dimension_is_not_there(world: World) -> None:
    """Marc looks after sellers at Hilltop; what Ana does as technician is not his to see."""
    world.appoint("ana", "technician", "riverside", ["borealis"])
    world.appoint("ana", "seller", "hilltop")
    battery = hand_in(world, "ana", "battery")
    needs = hand_in(world, "ana", "needs")
    assert "Battery Handling: " not in team(world, "marc")
    assert "Customer Needs: " in team(world, "marc")
    marc, path = world.browser("marc"), f"/team/{world.ids['ana']}/review"
    assert marc.send(path, "/team", line_item=battery).status_code == 404
    assert refusals(world) == [("review", "no_submission")]
    assert marc.send(path, "/team", line_item=needs).status_code == 303


@pytest.mark.parametrize("who", ["marc", "ana", "nils", "olga"])
def test_who_may_not_see_it_does_not_learn_that_it_is_there(world: World, item: str, who: str) -> None:
    """Operators have a page of their own for it."""
    answer = world.browser(who).send(f"/team/{world.ids['ana']}/review", line_item=item)
    assert answer.status_code == 404
    assert refusals(world) == [("review", "no_submission")]


def test_nobody_signed_in(world: World, item: str) -> None:
    browser = world.browser()
    answer = browser.send(f"/team/{world.ids['ana']}/review", "/sign-in", line_item=item)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in")


def test_form_needs_its_token(world: World, item: str) -> None:
    answer = world.browser("sofia").post(f"/team/{world.ids['ana']}/review", data={"line_item": item})
    assert answer.status_code == 400


def test_what_is_not_there(world: World, item: str) -> None:
    sofia = world.browser("sofia")
    for person, line_item in (
        (world.ids["ana"], ""),
        (world.ids["ana"], new_id()),
        (new_id(), item),
        ("nobody", item),
        (world.ids["sofia"], item),
    ):
        assert sofia.send(f"/team/{person}/review", "/team", line_item=line_item).status_code == 404


def test_work_its_tool_does_not_show_is_not_listed(world: World) -> None:
    world.appoint("ana", "technician", "riverside", ["borealis"])
    item = hand_in(world, "ana", "brake-safety", reviewable_status=["Submitted"])
    assert LABEL not in team(world, "sofia")
    answer = world.browser("sofia").send(f"/team/{world.ids['ana']}/review", "/team", line_item=item)
    assert answer.status_code == 404


def test_who_left_the_team_is_out_of_sight(world: World, item: str) -> None:
    with world.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(appointment).values(valid_to=uow.now))
    answer = world.browser("sofia").send(f"/team/{world.ids['ana']}/review", line_item=item)
    assert answer.status_code == 404
