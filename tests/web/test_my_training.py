""" "My training": every goal once, its reason, what is due, one next step."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from hub.audiences.assigning.reassign import reassign_people
from hub.audiences.rules.rule import switch_plugin
from hub.journal.tables import audit
from tests.web.world import FirstNinetyDays, World, course


@pytest.fixture
def at_work(world: World) -> World:
    """Ana services Borealis at Riverside and sells Aurora at Hilltop."""
    world.appoint("ana", "technician", "riverside", ["borealis"])
    world.appoint("ana", "seller", "hilltop", ["aurora"])
    return world


def my_training(world: World, who: str = "ana") -> str:
    return world.browser(who).get("/my-training").text


def titles(page: str) -> list[str]:
    return re.findall(r'<h3 class="line-title">([^<]+)</h3>', page)


def test_each_target_is_one_line_whoever_asks_for_it(at_work: World) -> None:
    page = my_training(at_work)
    assert titles(page) == [
        "Understanding Customer Needs",
        "Brake Safety Essentials",
        "High-Voltage Battery Handling",
    ]
    line = page[page.index("Brake Safety Essentials") :]
    assert "Salesperson at Hilltop, rule brake-basics, since 16 October 2025" in line
    assert "Service Technician at Riverside, rule brake-safety, since 16 October 2025" in line


def test_the_line_due_first_is_next_and_has_the_one_main_button(at_work: World) -> None:
    page = my_training(at_work)
    assert titles(page)[0] == "Understanding Customer Needs"
    assert "Overdue by 10 days · 24 April" in page
    assert page.count("btn-primary") == 1
    assert page.index("btn-primary") < page.index("After that")
    assert page.count("data-launch") == 3


def test_a_completion_moves_the_line_and_credits_every_dimension(at_work: World) -> None:
    at_work.complete("ana", "brake-safety", "north")
    page = my_training(at_work)
    done = page[page.index('id="done-title"') :]
    assert "Brake Safety Essentials" in done
    assert "credited for Sales and Service" in done
    assert titles(page).count("Brake Safety Essentials") == 1


def test_the_version_changes_with_the_plan_and_not_otherwise(at_work: World) -> None:
    browser = at_work.browser("ana")
    before = browser.get("/my-training/version").get_json()
    assert browser.get("/my-training/version").get_json() == before
    assert before["version"] in browser.get("/my-training").text
    at_work.complete("ana", "needs", "south")
    assert browser.get("/my-training/version").get_json() != before


def test_a_path_shows_its_steps_and_its_reason_and_ends_by_itself(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "new-technicians", "first_90_days", on=True)
    world.appoint("ana", "technician", "riverside", days=0)
    world.appoint("marc", "seller", "riverside", days=0)
    world.complete("ana", "needs", "south")
    page = my_training(world)
    assert "1 of 2 steps" in page
    assert "in the first 90 days at this location, since 4 May 2026, until 2 August 2026" in page
    assert re.search(r"<button[^>]*>Continue<span class=\"visually-hidden\"> Welcome to Borealis", page)
    assert "Day 1 of 90" in page
    assert "first 90 days" not in my_training(world, "marc"), "other audiences notice nothing"
    world.hub.clock.advance(days=90)  # type: ignore[attr-defined]
    assert "of 2 steps" not in my_training(world)


def test_a_plugin_that_fails_to_show_its_panel_spoils_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "new-technicians", "first_90_days", on=True)
    world.appoint("ana", "technician", "riverside")
    monkeypatch.setattr(FirstNinetyDays, "fails", True)
    page = my_training(world)
    assert "A part of this page could not be shown (first_90_days)" in page
    assert "Brake Safety Essentials" in page


def test_the_panels_of_a_plugin_go_when_it_is_switched_off(world: World) -> None:
    world.appoint("ana", "technician", "riverside")
    for on in (True, False):
        with world.hub.unit_of_work() as uow:
            switch_plugin(uow, "new-technicians", "first_90_days", on=on)
            reassign_people(uow, [world.ids["ana"]])
        assert ("Welcome to the team" in my_training(world)) is on


def test_an_empty_plan_says_why_it_is_empty(world: World) -> None:
    assert "The hub does not know what you work as" in my_training(world, "nils")
    world.appoint("nils", "clerk", "riverside", ["aurora", "caldera"])
    page = my_training(world, "nils")
    assert "No training to do" in page
    assert "Front Desk Clerk of Aurora and Caldera, Riverside" in page


def test_when_all_is_done_the_page_says_so(world: World) -> None:
    world.appoint("ana", "seller", "hilltop")
    world.complete("ana", "needs", "south")
    world.complete("ana", "brake-safety", "north")
    page = my_training(world)
    assert "All done." in page
    assert "btn-primary" not in page


def test_titles_names_and_reasons_are_text(world: World) -> None:
    world.courses("south", course("needs", "<script>alert(1)</script>", description="<b>bold</b>"))
    world.person("eve", "<i>Eve</i>", 'O\'Hara & "Sons"')
    world.appoint("eve", "seller", "hilltop")
    page = my_training(world, "eve")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<i>Eve" not in page
    assert "<b>bold" not in page


def test_start_sends_the_browser_to_the_lms(at_work: World) -> None:
    answer = at_work.browser("ana").send(f"/launch/{at_work.ids['brake-safety']}")
    assert answer.status_code == 303
    target = urlsplit(answer.location)
    assert (target.scheme, target.netloc, target.path) == ("https", "north.example", "/login")
    assert parse_qs(target.query)["iss"] == ["http://127.0.0.1:8000"]


@pytest.mark.parametrize("offering", ["price", "nothing"])
def test_what_is_not_in_the_plan_cannot_be_started(at_work: World, offering: str) -> None:
    id = at_work.ids.get(offering, "00000000-0000-7000-8000-000000000000")
    answer = at_work.browser("ana").send(f"/launch/{id}")
    assert answer.status_code == 404
    assert "This course is not in your plan." in answer.text
    with at_work.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(audit).where(audit.c.action == "launch")).all()
    assert [(row.outcome, row.reason, row.actor_id) for row in rows] == [
        ("refused", "not_assigned", at_work.ids["ana"])
    ]


def test_starting_something_that_is_no_id_is_an_unknown_page(at_work: World) -> None:
    assert at_work.browser("ana").send("/launch/" + "x" * 1000).status_code == 404


def test_a_course_opened_before_is_continued(at_work: World) -> None:
    from hub.lti import tables

    browser = at_work.browser("ana")
    browser.send(f"/launch/{at_work.ids['needs']}")
    assert ">Start<" in at_work.browser("ana").get("/my-training").text
    with at_work.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(tables.lti_launch).values(launched_at=uow.now - timedelta(minutes=1))
        )
    assert re.search(r'btn-primary">Continue<', browser.get("/my-training").text)
