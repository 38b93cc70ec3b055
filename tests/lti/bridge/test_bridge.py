"""Scores back to the gradebooks of other LMSs: the rows BR1 to BR6 and R8."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.lti.bridge.ags_client import AgsClient
from hub.lti.bridge.columns import find_column
from hub.lti.bridge.deliveries import release_parked, resend_grade
from hub.lti.bridge.tables import lti_made_line_item
from hub.lti.tool.placements import read_placement
from hub.lti.tool.tables import lti_platform_deployment
from hub.lti.vocabulary import LINE_ITEM_SCOPE, SCORE_SCOPE
from hub.network import tables as network
from hub.training import tables as training
from tests.lti.bridge.rig import Bridge


def test_a_completion_arrives_in_the_gradebook_of_the_lms_it_is_placed_in(bridge: Bridge) -> None:
    bridge.ready()
    statement = bridge.complete()
    bridge.work()
    (post,) = bridge.west.posts
    assert post.told == {
        "userId": "ann-there",
        "timestamp": "2026-05-04T09:00:00.000000+00:00",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": 70,
        "scoreMaximum": 100,
    }
    grade = bridge.grade()
    assert (grade.state, grade.status, grade.attempts, grade.code) == ("delivered", 204, 1, "")
    assert (grade.given, grade.maximum, grade.statement_id) == ("7", "10", statement)
    (audited,) = bridge.audited("score_passed_back")
    assert (audited.subject_id, audited.connection_id) == (statement, bridge.world.ids["west"])


def test_one_completion_reaches_every_gradebook_once(bridge: Bridge) -> None:
    bridge.ready()
    bridge.platform("east", bridge.east)
    bridge.know("ann", "east", "a-nn")
    bridge.place("east")
    bridge.place("west", line_item_url=bridge.west.item_url("2"))
    bridge.west.items["2"] = {"label": "Tires again", "scoreMaximum": 10}
    bridge.complete()
    bridge.work()
    bridge.work()
    assert sorted(bridge.west.points) == [(7, 10), (70, 100)]
    assert [post.told["userId"] for post in bridge.east.posts] == ["a-nn"]
    assert bridge.states() == ["delivered"] * 3


def test_a_path_is_graded_by_how_many_of_its_courses_are_done(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.know("ann", "west")
    bridge.world.add_path("wheels", "tires", "brakes")
    bridge.place("west", "wheels", "path")
    bridge.complete(course="tires")
    bridge.work()
    bridge.complete(course="brakes")
    bridge.work()
    told = [post.told for post in bridge.west.posts]
    assert [(t["scoreGiven"], t["activityProgress"], t["gradingProgress"]) for t in told] == [
        (50, "InProgress", "Pending"),
        (100, "Completed", "FullyGraded"),
    ]
    assert {grade.offering_id for grade in bridge.grades()} == {None}


def test_a_completion_without_points_is_told_without_points(bridge: Bridge) -> None:
    bridge.ready()
    bridge.complete(given=None, maximum=None)
    bridge.work()
    assert bridge.west.points == [(None, None)]
    assert bridge.west.posts[0].told["activityProgress"] == "Completed"


def test_br1_a_learner_whom_the_platform_never_named_is_parked_and_visible(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.place("west")
    bridge.complete()
    bridge.work()
    grade = bridge.grade()
    assert (grade.state, grade.code, grade.attempts) == ("parked", "no_identity", 0)
    assert grade.reason
    assert bridge.west.calls == []


def test_br1_what_waited_is_sent_when_the_first_launch_names_the_learner(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.place("west")
    for person in ("ann", "bob"):
        bridge.complete(person)
    bridge.work()
    bridge.know("ann", "west")
    bridge.work()
    assert [(post.told["userId"], post.points) for post in bridge.west.posts] == [("ann-there", (70, 100))]
    assert sorted(bridge.states()) == ["delivered", "parked"]


def test_br1_what_waits_can_be_released_at_once(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.place("west")
    bridge.complete()
    bridge.work()
    ids = bridge.world.ids
    with bridge.hub.unit_of_work() as uow:
        assert release_parked(uow, ids["west"], ids["bob"]) == 0
        assert release_parked(uow, ids["west"], ids["ann"]) == 1
        assert release_parked(uow, ids["west"], ids["ann"]) == 0
    assert bridge.states() == ["waiting"]


def test_br1_who_was_a_stranger_gets_the_newest_score_with_the_first_launch(
    bridge: Bridge, clock: SettableClock
) -> None:
    bridge.platform("west", bridge.west, partner=None)
    bridge.platform("east", bridge.east, partner=None)
    bridge.world.add_path("wheels", "tires", "brakes")
    bridge.place("west")
    bridge.place("east")
    bridge.place("west", "wheels", "path", line_item_url=bridge.west.item_url("2"))
    bridge.west.items["2"] = {"label": "Wheels", "scoreMaximum": 100}
    for given in (7, 8):
        bridge.complete(given=given)
        bridge.work()
        clock.advance(hours=1)
    assert bridge.grades() == []
    bridge.know("ann", "west")
    bridge.work()
    assert sorted((post.item, post.points) for post in bridge.west.posts) == [
        ("1", (80, 100)),
        ("2", (50, 100)),
    ]
    assert bridge.east.posts == []


def test_br1_the_newest_of_several_waits_for_the_learner(bridge: Bridge, clock: SettableClock) -> None:
    bridge.platform("west", bridge.west)
    bridge.place("west")
    for given in (7, 8, 8):
        bridge.complete(given=given)
        bridge.work()
        clock.advance(minutes=1)
    assert bridge.states() == ["superseded", "superseded", "parked"]


def test_br1_the_platform_of_another_partner_gets_no_row(bridge: Bridge) -> None:
    bridge.add_partner("other")
    bridge.platform("west", bridge.west, partner="other")
    bridge.place("west")
    bridge.complete()
    bridge.work()
    assert bridge.grades() == []


@pytest.mark.parametrize(
    ("owner", "of_deployment", "told"),
    [
        ("partner", None, False),
        ("partner", "partner", False),
        (None, "partner", False),
        ("other", "partner", False),
        ("partner", "other", True),
        (None, None, True),
    ],
)
def test_a_former_employers_platform_is_told_no_more_scores(
    bridge: Bridge, owner: str | None, of_deployment: str | None, told: bool
) -> None:
    """Ann has gone from one partner to the other."""
    bridge.add_partner("other")
    bridge.platform("west", bridge.west, partner=owner)
    ids = bridge.world.ids
    bridge.know("ann", "west", "ann-there" if of_deployment in {None, owner} else "deployment-1|ann-there")
    bridge.place("west")
    with bridge.hub.unit_of_work() as uow:
        partner_id = ids[of_deployment] if of_deployment else None
        uow.connection.execute(sa.update(lti_platform_deployment).values(partner_id=partner_id))
        person = network.person
        uow.connection.execute(
            sa.update(person).where(person.c.id == ids["ann"]).values(partner_id=ids["other"])
        )
    bridge.complete()
    bridge.work()
    grade = bridge.grade()
    assert (grade.state, grade.code) == (("delivered", "") if told else ("parked", "left_partner"))
    assert [post.told["userId"] for post in bridge.west.posts] == (["ann-there"] if told else [])
    assert told or bridge.west.calls == []


def test_br2_three_scores_while_the_gradebook_is_down_arrive_as_the_newest_once(
    bridge: Bridge, clock: SettableClock
) -> None:
    bridge.ready()
    bridge.west.fail("scores", 503, "maintenance")
    for given in (5, 6, 7):
        bridge.complete(given=given)
        bridge.work()
        clock.advance(minutes=40)
    assert bridge.states() == ["superseded", "superseded", "waiting"]
    bridge.west.recover()
    bridge.work()
    assert bridge.west.points == [(70, 100)]
    assert bridge.states() == ["superseded", "superseded", "delivered"]


def test_br2_an_older_score_that_comes_late_never_overwrites_a_newer_one(bridge: Bridge) -> None:
    bridge.ready()
    bridge.complete(given=8)
    bridge.work()
    bridge.complete(given=3, at=bridge.hub.clock.now() - timedelta(hours=1))
    bridge.work()
    assert bridge.west.points == [(80, 100)]
    assert bridge.states() == ["delivered", "superseded"]


def test_br2_scores_of_one_batch_arrive_as_the_newest(bridge: Bridge, clock: SettableClock) -> None:
    bridge.ready("ann", "bob")
    for given in (5, 6, 7):
        clock.advance(seconds=1)
        bridge.complete("ann", given=given)
        bridge.complete("bob", given=given + 2)
    bridge.work()
    assert sorted(bridge.west.points) == [(70, 100), (90, 100)]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "no such column"),
        (403, "not yours"),
        (422, "this column is not gradable"),
        (400, "bad"),
        (409, "a newer score is there"),
        (410, "gone"),
        (302, ""),
    ],
)
def test_br3_a_refusal_is_permanent_and_shown_with_its_reason(
    bridge: Bridge, clock: SettableClock, status: int, said: str
) -> None:
    bridge.ready()
    bridge.west.fail("scores", status, said)
    bridge.complete()
    bridge.work()
    clock.advance(days=1)
    bridge.work()
    assert bridge.west.attempts == 1
    grade = bridge.grade()
    assert (grade.state, grade.code, grade.status) == ("parked", f"refused_{status}", status)
    assert said in grade.reason


def test_br3_a_column_that_is_gone_is_refused(bridge: Bridge) -> None:
    bridge.ready()
    del bridge.west.items["1"]
    bridge.complete()
    bridge.work()
    assert (bridge.grade().state, bridge.grade().code) == ("parked", "refused_404")


def test_br3_what_the_receiver_says_holds_no_token_no_user_and_no_mail(bridge: Bridge) -> None:
    bridge.ready()
    bridge.complete()
    bridge.west.fail("scores", 400, "ann-there <ann@riverside.example> may not")
    bridge.work()
    assert "ann" not in bridge.grade().reason


@pytest.mark.parametrize(
    ("given", "maximum", "column", "sent"),
    [
        ("7", "10", 100, ("70", "100")),
        ("1", "3", 100, ("1", "3")),  # a third of 100 has no end: the gradebook scales it itself
        ("1", "3", 30, ("10", "30")),
        ("0.1", "0.3", 3, ("1", "3")),
        ("8.05", "10", 100, ("80.5", "100")),
        ("19.99", "20", 50, ("49.975", "50")),
        ("0.07", "1", 100, ("7", "100")),
        ("7", "10", 12.5, ("8.75", "12.5")),
        ("0", "10", 100, ("0", "100")),
        ("10", "10", 100, ("100", "100")),
    ],
)
def test_br4_points_are_scaled_exactly(
    bridge: Bridge, given: str, maximum: str, column: float, sent: tuple[str, str]
) -> None:
    bridge.ready()
    bridge.west.items["1"]["scoreMaximum"] = column
    bridge.complete(given=json.loads(given), maximum=json.loads(maximum))
    bridge.work()
    (post,) = bridge.west.posts
    told = json.loads(post.body, parse_float=str, parse_int=str)
    assert (told["scoreGiven"], told["scoreMaximum"]) == sent


def test_br4_without_the_right_to_read_the_column_points_go_as_they_came(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.know("ann", "west")
    bridge.place("west", scopes=[SCORE_SCOPE])
    bridge.complete()
    bridge.work()
    assert bridge.west.points == [(7, 10)]
    assert bridge.west.calls == ["token", "scores"]


def test_br5_the_system_that_reported_the_evidence_is_not_told_of_it(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.know("ann", "west")
    bridge.place("west")
    with bridge.hub.unit_of_work() as uow:  # tires are West's own course now
        uow.connection.execute(
            sa.update(training.offering)
            .where(training.offering.c.id == bridge.world.ids["tires"])
            .values(connection_id=bridge.world.ids["west"])
        )
    bridge.world.link("ann", "west")
    bridge.world.send("ann", "tires", lms="west", result={"completion": True})
    bridge.work()
    assert bridge.grades() == []


def test_br5_the_hub_writes_no_score_into_its_own_line_items(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.know("ann", "west")
    bridge.place("west", line_item_url=bridge.hub.settings.url("/lti/contexts/1/lineitems/2"))
    bridge.complete()
    bridge.work()
    assert bridge.grades() == []


def test_br6_the_same_score_fifty_times_is_one_write(bridge: Bridge) -> None:
    bridge.ready()
    id = "0198a5a5-0000-4000-8000-000000000001"
    for _ in range(50):
        bridge.complete(id=id, at=bridge.hub.clock.now())
    bridge.work()
    assert bridge.west.attempts == 1
    assert bridge.states() == ["delivered"]


def test_br6_the_same_points_said_again_under_a_new_time_are_nothing_new(
    bridge: Bridge, clock: SettableClock
) -> None:
    bridge.ready()
    for _ in range(5):
        bridge.complete()
        bridge.work()
        clock.advance(minutes=1)
    assert bridge.west.attempts == 1


def test_br6_other_points_and_then_the_first_again_are_three_writes(
    bridge: Bridge, clock: SettableClock
) -> None:
    bridge.ready()
    for given in (7, 8, 7):
        bridge.complete(given=given)
        bridge.work()
        clock.advance(minutes=1)
    assert bridge.west.points == [(70, 100), (80, 100), (70, 100)]


def test_r8_two_tenants_of_one_issuer_never_share_a_token(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.platform("west-two", bridge.west, partner=None)
    bridge.west.items["2"] = {"label": "Tires", "scoreMaximum": 100}
    for slug, item in (("west", "1"), ("west-two", "2")):
        bridge.know("ann", slug, f"ann-at-{slug}")
        bridge.place(slug, line_item_url=bridge.west.item_url(item))
    bridge.complete()
    bridge.work()
    got = {post.item: (post.client_id, post.told["userId"]) for post in bridge.west.posts}
    assert got == {"1": ("hub-at-west", "ann-at-west"), "2": ("hub-at-west-two", "ann-at-west-two")}
    assert {claims["iss"] for claims in bridge.west.assertions} == {"hub-at-west", "hub-at-west-two"}


def test_line_items_url_alone_is_enough_the_hub_makes_its_column_once(
    bridge: Bridge, clock: SettableClock
) -> None:
    bridge.platform("west", bridge.west)
    bridge.know("ann", "west")
    placement = bridge.place("west", line_item_url=None)
    for given in (7, 8):
        bridge.complete(given=given)
        bridge.work()
        clock.advance(minutes=1)
    assert [(post.item, post.points) for post in bridge.west.posts] == [("2", (70, 100)), ("2", (80, 100))]
    assert bridge.west.items["2"] == {
        "label": "Tires",
        "scoreMaximum": 100,
        "resourceId": placement,
        "resourceLinkId": placement,
    }


def test_a_column_of_the_hubs_own_is_known_again_where_the_platform_does_not_say_whose_it_is(
    bridge: Bridge, clock: SettableClock
) -> None:
    bridge.platform("west", bridge.west)
    bridge.know("ann", "west")
    bridge.place("west", line_item_url=None)
    for given in (7, 8):
        bridge.complete(given=given)
        bridge.work()
        bridge.west.items["2"].pop("resourceId", None)
        clock.advance(minutes=1)
    assert set(bridge.west.items) == {"1", "2"}
    del bridge.west.items["2"]
    bridge.complete(given=9)
    bridge.work()
    assert bridge.states()[-1] == "parked"
    with bridge.hub.unit_of_work() as uow:
        resend_grade(uow, bridge.grades()[-1].id, None)
    bridge.work()
    assert bridge.states()[-1] == "delivered"
    assert bridge.west.items["2"]["label"] == "Tires"


def test_first_scores_of_many_learners_at_once_make_one_column(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    id = bridge.place("west", line_item_url=None)
    with bridge.hub.reading() as uow:
        placement = read_placement(uow, id)
    client = AgsClient(bridge.hub, bridge.read_platform())
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: find_column(bridge.hub, client, placement), range(8)))
    assert found == {(bridge.west.item_url("2"), 100)}
    assert bridge.west.calls == ["token", "items", "items"]


def test_a_column_that_another_process_made_meanwhile_gets_the_score(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.platform("west", bridge.west)
    bridge.know("ann", "west")
    placement = bridge.place("west", line_item_url=None)
    theirs = {"placement_id": placement, "url": bridge.west.item_url("1"), "maximum": 10}
    find_or_create = AgsClient.find_or_create

    def come_second(*args: Any) -> Any:
        made = find_or_create(*args)
        with bridge.hub.unit_of_work() as uow:
            uow.connection.execute(sa.insert(lti_made_line_item).values(**theirs))
        return made

    monkeypatch.setattr(AgsClient, "find_or_create", come_second)
    bridge.complete()
    bridge.work()
    assert [(post.item, post.points) for post in bridge.west.posts] == [("1", (7, 10))]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"scopes": []}, "no_scope"),
        ({"line_item_url": None, "scopes": [SCORE_SCOPE]}, "no_line_item"),
        (
            {"line_item_url": None, "line_items_url": None, "scopes": [SCORE_SCOPE, LINE_ITEM_SCOPE]},
            "no_line_item",
        ),
        ({"deployment_id": "another"}, "deployment_off"),
    ],
)
def test_without_a_way_to_the_gradebook_the_score_is_parked_with_the_reason(
    bridge: Bridge, columns: dict[str, Any], code: str
) -> None:
    bridge.platform("west", bridge.west)
    bridge.know("ann", "west")
    bridge.place("west", **columns)
    bridge.complete()
    bridge.work()
    assert (bridge.grade().state, bridge.grade().code) == ("parked", code)
    assert bridge.west.attempts == 0


def test_scores_goes_before_the_query_of_a_line_item(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.know("ann", "west")
    bridge.place("west", line_item_url=bridge.west.item_url() + "?type_id=3&b=%2F")
    bridge.complete()
    bridge.work()
    assert [post.query for post in bridge.west.posts] == ["type_id=3&b=%2F"]
