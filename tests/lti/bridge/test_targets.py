"""A link that opens another course later, and columns that come to be after the course was done."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.lti.bridge.deliveries import list_grades
from hub.lti.registration.explain import EXPLANATIONS
from hub.lti.tool.tables import lti_placement
from hub.lti.vocabulary import AGS_ENDPOINT_CLAIM, AGS_SCOPES
from tests.lti.bridge.gradebook import Gradebook
from tests.lti.bridge.rig import Bridge
from tests.lti.bridge.test_launch_to_gradebook import settings, west
from tests.lti.tool.rig import ANN, West

__all__ = ["settings", "west"]  # fixtures


def retarget(bridge: Bridge, placement: str, course: str) -> None:
    """The link opens another course from now on, as a launch tells."""
    with bridge.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(lti_placement)
            .where(lti_placement.c.id == placement)
            .values(target_id=bridge.world.ids[course])
        )


def test_a_score_that_waits_never_lands_in_the_column_of_the_course_the_link_opens_now(
    bridge: Bridge, clock: SettableClock
) -> None:
    placement = bridge.ready()
    bridge.west.fail("scores", 503)
    bridge.complete(course="tires")
    bridge.work()
    retarget(bridge, placement, "brakes")
    bridge.west.recover()
    clock.advance(minutes=10)
    bridge.work()
    grade = bridge.grade()
    assert bridge.west.posts == []
    assert (grade.state, grade.code) == ("parked", "target_changed")
    assert "something else" in grade.reason
    assert "target_changed" in EXPLANATIONS


def test_scores_of_the_course_before_supersede_none_of_the_course_after(
    bridge: Bridge, clock: SettableClock
) -> None:
    """The same points of another course are news."""
    placement = bridge.ready()
    bridge.complete(course="tires")
    bridge.work()
    retarget(bridge, placement, "brakes")
    bridge.complete(course="brakes", at=clock.now())
    bridge.work()
    assert bridge.west.points == [(70, 100), (70, 100)]
    assert bridge.states() == ["delivered", "delivered"]


def launch(west: West, target: str, item: str | None, link: str = "link-1", sub: str = ANN) -> None:
    claims: dict[str, Any] = {"x__resource_link": {"id": link, "title": "Training"}, "sub": sub}
    if item is not None:
        claims[AGS_ENDPOINT_CLAIM] = {"scope": list(AGS_SCOPES), "lineitem": item}
    answer = west.launch(west.target(target), **claims)
    assert answer.status_code == 303, answer.text


def complete(west: West, person: str = "ann", course: str = "brakes") -> None:
    score = {"raw": 7, "min": 0, "max": 10}
    west.world.send(person, course, lms="north", result={"completion": True, "score": score})
    west.world.drain()


def codes(west: West) -> list[tuple[str, str]]:
    with west.hub.reading() as uow:
        return [(grade.state, grade.code) for grade in reversed(list_grades(uow).rows)]


def test_a_score_is_sent_after_all_when_the_link_opens_its_course_again(
    west: West, west_book: Gradebook, clock: SettableClock
) -> None:
    launch(west, "brakes", west_book.item_url())
    west_book.fail("scores", 503)
    complete(west)
    launch(west, "batteries", west_book.item_url())
    west_book.recover()
    clock.advance(minutes=10)
    west.world.drain()
    assert codes(west) == [("parked", "target_changed")]
    launch(west, "brakes", west_book.item_url())
    west.world.drain()
    assert codes(west) == [("delivered", "")]
    assert west_book.points == [(70, 100)]


def test_a_completion_from_before_reaches_the_column_of_a_new_place_with_its_first_launch_once(
    west: West, west_book: Gradebook, clock: SettableClock
) -> None:
    launch(west, "brakes", west_book.item_url())
    complete(west)
    west_book.items["2"] = {"label": "Brakes, next year", "scoreMaximum": 10}
    for _ in range(3):
        clock.advance(minutes=5)
        launch(west, "brakes", west_book.item_url("2"), link="link-2")
        west.world.drain()
    assert [(post.item, post.told["userId"], post.points) for post in west_book.posts] == [
        ("1", ANN, (70, 100)),
        ("2", ANN, (7, 10)),
    ]


def test_a_completion_from_before_waits_for_its_learners_own_first_launch(
    west: West, west_book: Gradebook
) -> None:
    """A place may be one class of many: who never came from there is not in it."""
    west.know("bob", "b-ob")
    west.world.link("bob", "north")
    complete(west, "bob")
    launch(west, "brakes", west_book.item_url())
    west.world.drain()
    assert west_book.posts == []
    launch(west, "brakes", west_book.item_url(), sub="b-ob")
    west.world.drain()
    launch(west, "brakes", west_book.item_url(), sub="b-ob")
    west.world.drain()
    assert [post.told["userId"] for post in west_book.posts] == ["b-ob"]


def test_a_completion_from_before_reaches_a_column_that_the_place_gets_later(
    west: West, west_book: Gradebook
) -> None:
    launch(west, "brakes", None)
    complete(west)
    assert codes(west) == [("parked", "no_scope")]
    launch(west, "brakes", west_book.item_url())
    west.world.drain()
    assert west_book.points == [(70, 100)]
    assert codes(west) == [("delivered", "")]


def test_steps_done_before_reach_the_column_of_a_path(west: West, west_book: Gradebook) -> None:
    complete(west)
    begun = west.target("safety", "path")
    endpoint = {"scope": list(AGS_SCOPES), "lineitem": west_book.item_url()}
    claims: dict[str, Any] = {AGS_ENDPOINT_CLAIM: endpoint}
    answer = west.launch(begun, **claims)
    assert answer.status_code == 303, answer.text
    west.world.drain()
    assert [(post.points, post.told["activityProgress"]) for post in west_book.posts] == [
        ((50, 100), "InProgress")
    ]


@pytest.mark.parametrize("known_before", [True, False])
def test_a_completion_from_before_reaches_the_column_when_the_person_becomes_known_after_the_place(
    west: West, west_book: Gradebook, known_before: bool
) -> None:
    west.world.link("bob", "north")
    complete(west, "bob")
    if known_before:
        west.know("bob", "b-ob")
    launch(west, "brakes", west_book.item_url(), sub="b-ob")
    west.world.drain()
    if not known_before:
        west.know("bob", "b-ob")
        west.world.drain()
    assert [post.told["userId"] for post in west_book.posts] == ["b-ob"]
