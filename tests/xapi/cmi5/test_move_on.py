"""When AUs, blocks and courses are satisfied, and how an AU is opened again: rules without a database."""

from datetime import UTC, datetime

import pytest

from hub.xapi.cmi5.courses import Launchable, Node
from hub.xapi.cmi5.move_on import Progress, default_mode, met_aus, satisfied_parts
from hub.xapi.cmi5.vocabulary import MoveOn

AT = datetime(2026, 5, 4, tzinfo=UTC)
DONE: dict[str, Progress] = {
    "nothing": Progress(launched_at=AT),
    "failed": Progress(failed_at=AT),
    "completed": Progress(completed_at=AT),
    "passed": Progress(passed_at=AT),
    "both": Progress(completed_at=AT, passed_at=AT),
    "waived": Progress(waived="Administrative"),
}
MEETS: dict[MoveOn, set[str]] = {
    "NotApplicable": set(DONE),
    "Completed": {"completed", "both", "waived"},
    "Passed": {"passed", "both", "waived"},
    "CompletedAndPassed": {"both", "waived"},
    "CompletedOrPassed": {"completed", "passed", "both", "waived"},
}


def node(id: str, parent: str, move_on: MoveOn | None = None) -> Node:
    au = Launchable("u", move_on, None, "AnyWindow", "", None, None) if move_on else None
    return Node(id, "course", parent, "au" if au else "block", id, id, {}, {}, au)


@pytest.mark.parametrize("move_on", MEETS)
def test_what_an_au_asks_for(move_on: MoveOn) -> None:
    assert {name for name, progress in DONE.items() if progress.meets(move_on)} == MEETS[move_on]


def test_a_part_is_satisfied_when_all_it_holds_is() -> None:
    nodes = [
        node("a", "course", "Completed"),
        node("block", "course"),
        node("b", "block", "Passed"),
        node("inner", "block"),
        node("c", "inner", "NotApplicable"),
        node("d", "course", "NotApplicable"),
    ]
    none = met_aus(nodes, {})
    assert none == {"c", "d"}
    assert satisfied_parts("course", nodes, none) == {"inner"}
    one = met_aus(nodes, {"b": DONE["passed"]})
    assert satisfied_parts("course", nodes, one) == {"inner", "block"}
    both = met_aus(nodes, {"b": DONE["waived"], "a": DONE["completed"]})
    assert satisfied_parts("course", nodes, both) == {"inner", "block", "course"}
    assert satisfied_parts("course", nodes, both - {"c"}) == set()


def test_an_au_is_reviewed_once_there_is_nothing_left_to_report() -> None:
    assert default_mode(node("a", "course", "Passed"), DONE["failed"]) == "Normal"
    assert default_mode(node("a", "course", "Passed"), DONE["passed"]) == "Review"
    assert default_mode(node("a", "course", "NotApplicable"), DONE["completed"]) == "Normal"
    assert default_mode(node("a", "course", "NotApplicable"), DONE["both"]) == "Review"
