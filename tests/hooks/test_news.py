"""goal_added, audience_joined, news_gathered: plugins hear of goals and people, one by one or many at a time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.api import AudienceJoined, GoalAdded, Mails, News, OutsideFailed, hookimpl
from hub.clock import SettableClock
from hub.errors import BadInput
from hub.journal.tables import outbox as outbox_table
from hub.notify.tables import mail as mail_table
from hub.publish import check_gathering, gather
from tests.hooks.conftest import MakeWorld
from tests.world import World


class HearsEach:
    hub_api = "1.1"

    def __init__(self) -> None:
        self.heard: list[Any] = []

    @hookimpl
    def goal_added(self, event: GoalAdded) -> None:
        self.heard.append(event)

    @hookimpl
    def audience_joined(self, event: AudienceJoined) -> None:
        self.heard.append(event)


class HearsMany:
    hub_api = "1.1"
    gather_minutes: Any = 5

    def __init__(self) -> None:
        self.heard: list[Sequence[News]] = []
        self.fails: Exception | None = None

    @hookimpl
    def news_gathered(self, news: Sequence[News]) -> None:
        if self.fails:
            raise self.fails
        self.heard.append(news)

    def told(self) -> list[tuple[str, str, str]]:
        return sorted((one.kind, one.name.split()[0], one.title) for news in self.heard for one in news)


class Writes:
    """Writes mails to these, notes what it is told, and raises what it is to raise."""

    hub_api = "1.1"
    gather_minutes = 5

    def __init__(self, *to: str, fails: Exception | None = None) -> None:
        self.to, self.fails = to, fails
        self.told: list[tuple[str, News]] = []
        """Batch and the first of the news."""

    @hookimpl
    def news_gathered(self, news: Sequence[News], batch: str, mails: Mails) -> None:
        self.told.append((batch, news[0]))
        for to in self.to:
            mails.write(to, f"{len(news)} things", [])
        if self.fails:
            raise self.fails


def mails_of(world: World) -> int:
    with world.hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(mail_table)) or 0


def deliveries(world: World, receiver: str) -> list[sa.Row[Any]]:
    with world.hub.reading() as uow:
        query = sa.select(outbox_table).where(outbox_table.c.receiver == receiver)
        return list(uow.connection.execute(query.order_by(outbox_table.c.id)).all())


def test_goal_added_tells_each_goal_once_with_its_date(world_with: MakeWorld) -> None:
    hears = HearsEach()
    world = world_with(hears=hears)
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",), due_days=30)
    world.drain()
    goals = [event for event in hears.heard if isinstance(event, GoalAdded)]
    assert {event.person_id for event in goals} == {world.ids["ann"], world.ids["tom"]}
    due = world.hub.clock.now() + timedelta(days=30)
    assert {(e.target_kind, e.target_id, e.dimension) for e in goals} == {
        ("offering", world.ids["brakes"], "service")
    }
    assert all(event.due_at is not None and abs(event.due_at - due) < timedelta(days=2) for event in goals)
    world.add_rule("brakes-too", "brakes", "service", positions=("technician",))
    world.drain()
    assert len([event for event in hears.heard if isinstance(event, GoalAdded)]) == 2


def test_audience_joined_tells_who_is_new_once(world_with: MakeWorld, clock: SettableClock) -> None:
    hears = HearsEach()
    world = world_with(hears=hears)
    world.drain()
    joined = [event for event in hears.heard if isinstance(event, AudienceJoined)]
    assert sorted((event.person_id, event.audience) for event in joined) == sorted(
        [
            (world.ids["ann"], "technicians"),
            (world.ids["tom"], "technicians"),
            (world.ids["sam"], "sellers"),
        ]
    )
    hears.heard.clear()
    world.add_person("old")
    world.appoint("old", "technician", "Riverside", since=clock.now() - timedelta(days=31))
    world.add_person("eve")
    starts = clock.now() + timedelta(days=9)
    appointment = world.appoint("eve", "salesperson", "Riverside", since=starts)
    world.drain()
    assert hears.heard == [AudienceJoined(world.ids["eve"], appointment, "sellers", starts)]
    world.end_appointment("eve", appointment, starts + timedelta(days=200))
    world.drain()
    assert len(hears.heard) == 1


def test_news_gathered_tells_what_happened_in_some_minutes_at_once(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    many = HearsMany()
    world = world_with(many=many)
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.drain()
    clock.advance(minutes=2)
    world.send("ann", "brakes")
    world.drain()
    assert many.heard == []
    clock.advance(minutes=3)
    world.drain()
    assert len(many.heard) == 1
    assert many.told() == [
        ("audience_joined", "ann", "Technicians"),
        ("audience_joined", "sam", "Sellers"),
        ("audience_joined", "tom", "Technicians"),
        ("credit_granted", "ann", "Brakes"),
        ("goal_added", "tom", "Brakes"),  # of Ann's, which she has reached meanwhile, there is no news
    ]
    (told,) = deliveries(world, "many")
    assert (set(told.body), told.person_id, told.state) == ({"hook", "positions"}, None, "delivered")
    ann = next(one for one in many.heard[0] if one.kind == "credit_granted")
    assert (ann.person_id, ann.target_kind, ann.target) == (world.ids["ann"], "offering", "brakes")
    assert ann.audiences == ("technicians",)


@pytest.mark.requirement("B71")
def test_reviews_are_no_news(world_with: MakeWorld, clock: SettableClock) -> None:
    each, many = HearsEach(), HearsMany()
    world = world_with(each=each, many=many)
    world.add_rule("talk", "brakes", "service", kind="review", positions=("technician",))
    world.send("ann", "brakes")
    world.drain()
    clock.advance(minutes=6)
    world.drain()
    assert {type(event) for event in each.heard} == {AudienceJoined}
    assert {one.kind for news in many.heard for one in news} == {"audience_joined"}


def test_many_goals_of_one_rule_make_few_deliveries(
    world_with: MakeWorld, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "FULL", 20)
    many = HearsMany()
    world = world_with(many=many)
    long_ago = clock.now() - timedelta(days=400)
    for number in range(50):
        world.add_person(f"p{number}")
        world.appoint(f"p{number}", "technician", "Riverside", since=long_ago)
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.drain()
    # 52 technicians and 3 who joined
    assert sorted(len(row.body["positions"]) for row in deliveries(world, "many")) == [15, 20, 20]
    clock.advance(minutes=6)
    world.drain()
    assert sum(one.kind == "goal_added" for news in many.heard for one in news) == 52
    assert len(many.heard) == 3


def test_news_that_was_not_taken_is_told_again_the_same_after_the_wait_asked_for(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    many = HearsMany()
    many.fails = OutsideFailed("slack_busy", "Too many posts.", wait=40)
    world = world_with(many=many)
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.drain()
    clock.advance(minutes=6)
    world.drain()
    many.fails = None
    world.send("sam", "brakes")  # no goal of his
    clock.advance(seconds=39)
    world.drain()
    assert many.heard == []
    clock.advance(seconds=1)
    world.drain()
    assert len(many.heard) == 1
    assert sum(one.kind == "goal_added" for one in many.heard[0]) == 2


def test_plugin_that_wants_no_news_gets_no_deliveries_and_nothing_is_noted(world_with: MakeWorld) -> None:
    world = world_with()
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.drain()
    with world.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(outbox_table)) == 0
        noted = uow.connection.scalar(sa.text("SELECT count(*) FROM audience_joining"))
    assert noted == 0


def test_whoever_is_erased_meanwhile_is_told_of_no_more(world_with: MakeWorld, clock: SettableClock) -> None:
    from hub.lifecycle.erase import erase
    from hub.lifecycle.subject import subject_of_person

    many = HearsMany()
    world = world_with(many=many)
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.drain()
    with world.hub.reading() as uow:
        subject = subject_of_person(uow, world.ids["ann"])
    erase(world.hub, subject)
    clock.advance(minutes=6)
    world.drain()
    assert {one.person_id for news in many.heard for one in news} == {world.ids["tom"], world.ids["sam"]}


def tell_all(world: World, clock: SettableClock) -> sa.Row[Any]:
    """Let what happened be told; the delivery."""
    clock.advance(minutes=6)
    world.drain()
    (delivery,) = deliveries(world, "writes")
    return delivery


def test_batch_stays_the_same_when_the_first_of_the_news_no_longer_holds(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    from hub.lifecycle.erase import erase
    from hub.lifecycle.subject import subject_of_person

    writes = Writes(fails=OutsideFailed("busy", "Busy.", wait=10))
    world = world_with(writes=writes)
    world.drain()
    delivery = tell_all(world, clock)
    ((batch, first),) = writes.told
    with world.hub.reading() as uow:
        subject = subject_of_person(uow, first.person_id)
    erase(world.hub, subject)
    writes.fails = None
    clock.advance(seconds=11)
    world.drain()
    again, other = writes.told[1]
    assert other.id != first.id
    assert again == batch == delivery.id


def test_mails_go_though_the_plugin_raises_for_good(world_with: MakeWorld, clock: SettableClock) -> None:
    gone = OutsideFailed("gone", "The webhook is gone.", retryable=False)
    world = world_with(writes=Writes("boss@example.com", fails=gone))
    world.drain()
    assert tell_all(world, clock).state == "parked"
    assert mails_of(world) == 1


def test_mail_is_known_by_whom_it_is_to_and_not_by_its_place(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    writes = Writes("a@example.com", "b@example.com", "b@example.com", fails=OutsideFailed("busy", "Busy."))
    world = world_with(writes=writes)
    world.drain()
    tell_all(world, clock)
    assert mails_of(world) == 3
    writes.to, writes.fails = ("b@example.com", "c@example.com"), None
    assert tell_all(world, clock).state == "delivered"
    assert mails_of(world) == 4


@pytest.mark.parametrize(
    "nobody", ["boss", "", "a@example.com, b@example.com", "01a209aa-9ef4-7d79-b7cd-a90d953d3fbc"]
)
def test_what_is_no_address_parks_at_once_and_the_mails_before_it_go(
    world_with: MakeWorld, clock: SettableClock, nobody: str
) -> None:
    writes = Writes("boss@example.com", nobody)
    world = world_with(writes=writes)
    world.drain()
    assert tell_all(world, clock).state == "parked"
    tell_all(world, clock)
    assert len(writes.told) == 1
    assert mails_of(world) == 1


def test_news_is_added_to_the_newest_deliveries_only(
    world_with: MakeWorld, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "FULL", 2)
    world = world_with(many=HearsMany())
    world.drain()
    clock.advance(seconds=1)
    world.add_rule("brake-safety", "brakes", "service", positions=("technician", "salesperson"))
    for number in range(8):
        world.add_person(f"p{number}")
        world.appoint(f"p{number}", "technician", "Riverside")
    world.drain()
    rows = sorted(deliveries(world, "many"), key=lambda row: row.created_at)
    assert len(rows) > gather.NEWEST + 1
    with world.hub.unit_of_work() as uow:
        less = {**rows[0].body, "positions": rows[0].body["positions"][:1]}
        uow.connection.execute(
            sa.update(outbox_table).where(outbox_table.c.id == rows[0].id).values(body=less)
        )
    monkeypatch.setattr(gather, "FULL", 1000)
    world.send("ann", "brakes")
    world.drain()
    after = {row.id: len(row.body["positions"]) for row in deliveries(world, "many")}
    assert len(after) == len(rows)
    assert after.pop(rows[0].id) == 1
    assert sum(after.values()) == sum(len(row.body["positions"]) for row in rows[1:]) + 1


@pytest.mark.parametrize("minutes", ["5 min", float("nan"), [5]])
def test_minutes_that_are_no_number_are_refused_at_start_and_stop_no_reader(
    world_with: MakeWorld, clock: SettableClock, minutes: Any
) -> None:
    many, other = HearsMany(), Writes()
    many.gather_minutes = minutes
    world = world_with(many=many, other=other)
    with pytest.raises(BadInput, match="many cannot be used: its gather_minutes is no number"):
        check_gathering(world.hub.hooks)
    world.drain()
    clock.advance(minutes=6)
    world.drain()
    assert len(many.heard) == len(other.told) == 1


@pytest.mark.parametrize("minutes", [None, "5", 0, float("inf")])
def test_minutes_may_be_left_out(world_with: MakeWorld, minutes: Any) -> None:
    many = HearsMany()
    many.gather_minutes = minutes
    check_gathering(world_with(many=many).hub.hooks)
