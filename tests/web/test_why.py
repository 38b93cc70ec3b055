"""Why do I have this: every source as a sentence with its facts, and what the credit rests on."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.audiences.assigning.reassign import reassign_people
from hub.network import tables as network
from hub.training.my_training.plan import read_plan
from tests.web.world import World


def goal_ids(world: World, who: str) -> dict[str, str]:
    """Goal ids by title and dimension."""
    with world.hub.reading() as uow:
        plan = read_plan(uow, world.ids[who])
    return {
        f"{line.title}/{goal.dimension}": goal.id for line in (*plan.open, *plan.done) for goal in line.goals
    }


def test_every_source_is_named_with_its_facts(world: World) -> None:
    world.appoint("ana", "technician", "riverside", ["borealis", "caldera"])
    world.appoint("ana", "seller", "hilltop")
    goal_id = goal_ids(world, "ana")["Brake Safety Essentials/service"]
    page = world.browser("ana").get(f"/my-training/why/{goal_id}").text
    for words in (
        "For Service",
        "For Sales",
        "Service Technician at Riverside, rule brake-safety, since 16 October 2025",
        "Salesperson at Hilltop, rule brake-basics, since 16 October 2025",
        "Harbor Auto Group",
        "brake-safety v1",
        "9 May 2026",
        "Start in LMS North",
    ):
        assert words in page
    battery = goal_ids(world, "ana")["High-Voltage Battery Handling/service"]
    assert "<dd>Borealis</dd>" in world.browser("ana").get(f"/my-training/why/{battery}").text


def test_a_credit_shows_its_evidence(world: World) -> None:
    world.appoint("ana", "seller", "hilltop")
    statement_id = world.complete("ana", "needs", "south", days=3)
    goal_id = goal_ids(world, "ana")["Understanding Customer Needs/sales"]
    page = world.browser("ana").get(f"/my-training/why/{goal_id}").text
    for words in (
        statement_id,
        "LMS South: “passed”",
        "92 %",
        "completed-or-passed v1",
        "1 May 2026",
        "Credited",
    ):
        assert words in page


def test_what_nothing_asks_for_any_more_keeps_its_record(world: World) -> None:
    appointment = world.appoint("ana", "seller", "hilltop")
    world.complete("ana", "needs", "south")
    goal_id = goal_ids(world, "ana")["Understanding Customer Needs/sales"]
    with world.hub.unit_of_work() as uow:
        ended = {"valid_to": uow.now + timedelta(minutes=1)}
        uow.connection.execute(
            sa.update(network.appointment).where(network.appointment.c.id == appointment).values(ended)
        )
        reassign_people(uow, [world.ids["ana"]])
    world.hub.clock.advance(days=1)  # type: ignore[attr-defined]
    page = world.browser("ana").get(f"/my-training/why/{goal_id}").text
    assert "Nothing asks for this any more." in page
    assert "LMS South: “passed”" in page
    assert "Start in" not in page


def test_other_peoples_goals_are_as_unknown_as_none(world: World) -> None:
    world.appoint("ana", "seller", "hilltop")
    goal_id = goal_ids(world, "ana")["Understanding Customer Needs/sales"]
    for browser in (world.browser("sofia"), world.browser("marc"), world.browser("olga")):
        foreign = browser.get(f"/my-training/why/{goal_id}")
        missing = browser.get("/my-training/why/00000000-0000-7000-8000-000000000000")
        assert foreign.status_code == missing.status_code == 404
        assert "There is no such goal in your training." in foreign.text
    assert world.browser("ana").get("/my-training/why/nonsense").status_code == 404


@pytest.mark.requirement("D1")
def test_why_not_is_told_to_the_learner_and_to_the_own_manager_alone(world: World) -> None:
    world.appoint("ana", "seller", "hilltop")
    world.appoint("ana", "technician", "riverside")
    ana, sofia = world.browser("ana"), world.browser("sofia")
    why = ana.get(f"/my-training/why/{goal_ids(world, 'ana')['Brake Safety Essentials/service']}").text
    path = re.search(r'href="(/my-training/weighed[^"]+)"', why)
    assert path is not None
    page = ana.get(path[1]).text
    for words in ("Asked for, and open", "brake-safety v", "brake-basics v", "Hilltop"):
        assert words in page
    for nothing in ("offering:1", "offering:", "badge:x", ""):
        assert ana.get("/my-training/weighed", query_string={"target": nothing}).status_code == 404
    asked = {"dimension": "service", "target": path[1].rpartition("=")[2].replace("%3A", ":")}
    ours = sofia.get(f"/team/people/{world.ids['ana']}/why", query_string=asked)
    assert "brake-safety v" in ours.text
    assert "brake-basics" not in ours.text  # sales is not hers
    assert "Hilltop" not in ours.text
    assert sofia.get(f"/team/people/{world.ids['marc']}/why", query_string=asked).status_code == 404
    other = {**asked, "dimension": "sales"}
    assert sofia.get(f"/team/people/{world.ids['ana']}/why", query_string=other).status_code == 403
    assert ana.get(f"/team/people/{world.ids['ana']}/why", query_string=asked).status_code == 403
    assert "Why or why not?" in sofia.get("/team?dimension=service").text
