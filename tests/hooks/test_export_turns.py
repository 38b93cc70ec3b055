"""Lists of certified people: who is looked at first, a few at a time, and by one worker alone."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from hub.api import CertifiedChange, Export, OutsideFailed, Refusals, hookimpl
from hub.clock import SettableClock
from hub.exports import send, turns
from hub.exports.queue import compare_everybody, count_waiting, enqueue_people
from hub.exports.send import send_some
from hub.exports.tables import export_queue, export_row, export_state
from hub.exports.turns import Turn, TurnLost, end_turn, fail_turn, keep_turn, take_turn
from hub.ids import new_id
from hub.runtime import Hub
from tests.hooks.conftest import MakeWorld

LIST = Export("map", targets=("offering:brakes",))


class Keeps:
    """Hears what a list is told, and does something meanwhile."""

    hub_api = "1.1"

    def __init__(self) -> None:
        self.told: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None

    @hookimpl
    def register_exports(self) -> Sequence[Export]:
        return (LIST,)

    @hookimpl
    def certified_changed(
        self, export: Export, changes: Sequence[CertifiedChange], refusals: Refusals
    ) -> None:
        self.told += [each.id for each in changes]
        self.meanwhile()


@pytest.fixture
def keeps() -> Keeps:
    return Keeps()


@pytest.fixture
def begun(world_with: MakeWorld, keeps: Keeps) -> Hub:
    """A hub with a list that is new, and nobody in it."""
    return world_with(keeps=keeps).hub


def had(hub: Hub, count: int) -> list[str]:
    """People whom the list has, but who have reached nothing: their rows are to go. Their ids, which are those of the rows too."""
    ids = sorted(new_id() for _ in range(count))
    rows: list[dict[str, object]] = [
        {"plugin": "keeps", "export": "map", "id": id, "person_id": id, "content_hash": "", "refused": ""}
        for id in ids
    ]
    with hub.unit_of_work() as uow:
        uow.execute_many(sa.insert(export_row), [{**row, "sent_at": uow.now} for row in rows])
    return ids


def changed(hub: Hub, *people: str) -> None:
    with hub.unit_of_work() as uow:
        enqueue_people(uow, "keeps", "map", people)


def take(hub: Hub) -> Turn | None:
    with hub.unit_of_work() as uow:
        return take_turn(uow, "keeps", "map")


def end(hub: Hub, turn: Turn) -> None:
    with hub.unit_of_work() as uow:
        end_turn(uow, turn)


def taken(hub: Hub) -> Turn:
    turn = take(hub)
    assert turn is not None
    return turn


def everything(hub: Hub) -> list[Any]:
    """All that is written down of lists."""
    with hub.reading() as uow:
        tables = (export_state, export_queue, export_row)
        return [
            uow.connection.execute(sa.select(table).order_by(*table.primary_key)).all() for table in tables
        ]


def waiting(hub: Hub) -> int:
    with hub.reading() as uow:
        return count_waiting(uow, "keeps", "map")


def test_everybody_is_compared_a_few_at_a_time_and_written_down_nowhere(
    begun: Hub, keeps: Keeps, clock: SettableClock
) -> None:
    people = had(begun, 450)
    for left in (250, 50, 0):
        assert send_some(begun, "keeps", LIST)
        assert len(keeps.told) == 450 - left
        with begun.reading() as uow:
            assert uow.connection.scalar(sa.select(sa.func.count()).select_from(export_queue)) == 0
        assert waiting(begun) == left
    assert keeps.told == people
    assert not send_some(begun, "keeps", LIST)
    clock.advance(days=1)
    assert not send_some(begun, "keeps", LIST)  # all of them are gone


def test_who_changed_goes_before_everybody_else(
    begun: Hub, keeps: Keeps, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PEOPLE", 2)
    first, second, third, fourth, fifth = had(begun, 5)
    assert send_some(begun, "keeps", LIST)
    clock.advance(seconds=1)
    changed(begun, fifth)
    clock.advance(seconds=1)
    changed(begun, fourth)
    while send_some(begun, "keeps", LIST):
        pass
    # Of those who changed together it is told by id; what matters is that both go before the third.
    assert keeps.told == [first, second, fourth, fifth, third]


def test_those_who_changed_go_in_the_order_in_which_they_did(
    begun: Hub, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PEOPLE", 1)
    early, late = sorted((new_id(), new_id()), reverse=True)
    for id in (early, late):
        changed(begun, id)
        clock.advance(seconds=1)
    order = []
    while turn := take(begun):
        order += turn.people
        end(begun, turn)
    assert order == [early, late]


def test_comparison_that_takes_longer_than_a_day_comes_to_its_end(
    begun: Hub, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PEOPLE", 1)
    people = had(begun, 3)
    seen = []
    for _ in people:
        turn = taken(begun)
        seen += turn.people
        end(begun, turn)
        clock.advance(days=1)
    assert seen == people


def test_comparison_that_is_asked_for_begins_anew_also_while_somebody_sends(
    begun: Hub, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PEOPLE", 2)
    people = had(begun, 3)
    turn = taken(begun)
    clock.advance(seconds=1)
    with begun.unit_of_work() as uow:
        compare_everybody(uow, "keeps", "map")
    end(begun, turn)
    assert taken(begun).people == people[:2]


@pytest.mark.parametrize("is_new", [True, False])
def test_of_two_workers_at_once_one_takes_the_list(begun: Hub, clock: SettableClock, is_new: bool) -> None:
    people = had(begun, 3)
    if not is_new:
        end(begun, taken(begun))
        clock.advance(days=1)
    barrier = threading.Barrier(2)
    found: list[Turn | None] = []

    def work() -> None:
        barrier.wait(10)
        found.append(take(begun))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert len(found) == 2
    (turn,) = filter(None, found)
    assert turn.people == people
    end(begun, turn)
    assert take(begun) is None  # compared once


def test_lease_lasts_as_long_as_something_is_sent(
    begun: Hub, keeps: Keeps, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "ROWS", 1)
    people = had(begun, 4)
    others: list[Turn | None] = []

    def slowly() -> None:
        clock.advance(minutes=4)
        others.append(take(begun))

    keeps.meanwhile = slowly
    assert send_some(begun, "keeps", LIST)
    assert keeps.told == people
    assert others == [None] * 4


@pytest.mark.parametrize("error", [None, OutsideFailed("crm_busy", "Too many.")])
def test_worker_that_lost_its_lease_writes_nothing_more(
    begun: Hub,
    keeps: Keeps,
    clock: SettableClock,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception | None,
) -> None:
    monkeypatch.setattr(send, "ROWS", 1)
    people = had(begun, 2)
    others: list[Turn] = []
    seen: list[Any] = []

    def too_slowly() -> None:
        clock.advance(minutes=5)
        others.append(taken(begun))
        seen.append(everything(begun))
        if error:
            raise error

    keeps.meanwhile = too_slowly
    changed(begun, people[0])
    assert not send_some(begun, "keeps", LIST)
    assert keeps.told == people[:1]  # it stopped
    assert seen == [everything(begun)]
    end(begun, others[0])
    assert waiting(begun) == 0


def test_lease_that_another_has_given_back_is_still_lost(begun: Hub, clock: SettableClock) -> None:
    people = had(begun, 1)
    changed(begun, *people)
    slow = taken(begun)
    clock.advance(minutes=5)
    end(begun, taken(begun))
    changed(begun, *people)
    before = everything(begun)
    with pytest.raises(TurnLost), begun.unit_of_work() as uow:
        keep_turn(uow, slow)
    with pytest.raises(TurnLost), begun.unit_of_work() as uow:
        fail_turn(uow, slow, ValueError("slow"))
    with pytest.raises(TurnLost):
        end(begun, slow)
    assert everything(begun) == before


def test_lease_that_ran_out_but_that_nobody_took_goes_on(
    begun: Hub, keeps: Keeps, clock: SettableClock
) -> None:
    people = had(begun, 2)
    keeps.meanwhile = lambda: clock.advance(minutes=6)
    assert send_some(begun, "keeps", LIST)
    assert keeps.told == people
    assert waiting(begun) == 0
