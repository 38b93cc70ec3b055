"""Twenty threads that bring the same answer, or send the same choice, at once: one succeeds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import TypeVar

from hub.runtime import Hub
from tests.lti.content.choosing import GOOD, Choosing
from tests.lti.content.picking import Picking
from tests.lti.rig import Keys, Rig
from tests.lti.tool.rig import West, record

THREADS = 20
T = TypeVar("T")


def at_once(call: Callable[[int], T]) -> list[T]:
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(call, range(THREADS)))


def test_dl1_one_answer_brought_twenty_times(rig: Rig) -> None:
    choosing = Choosing(rig)
    token = choosing.answer(choosing.ask(), GOOD)
    marks = rig.record()

    def bring(_: int) -> int:
        other = copy(choosing)
        other.rig = rig.another_client()
        other.rig.sign_in("ann")
        return other.post(token).status_code

    assert sorted(at_once(bring)) == [303] + [400] * 19
    outcomes = [(outcome, reason) for action, outcome, reason in marks.audited() if action == "lti_content"]
    assert sorted(outcomes) == [("done", "")] + [("refused", "data_used")] * 19


def test_one_choice_sent_twenty_times(hub: Hub, key_server: Keys) -> None:
    picking = Picking(West(hub, key_server))
    token, marks = picking.begin(), record(picking.west)

    def send(_: int) -> int:
        other = Picking(picking.west.another_browser())
        return other.press(token, "send", picking.key("brakes")).status_code

    assert sorted(at_once(send)) == [200] + [400] * 19
    assert sorted(marks.audited()) == [("lti_pick", "done", "")] + [("lti_pick", "refused", "pick_used")] * 19
