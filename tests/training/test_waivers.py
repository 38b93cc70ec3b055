"""What waivers leave of sources, compared instant by instant with what the words say (I8, I13). No database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.network.validity.intervals import Interval, holds, subtract
from hub.training.goals.decisions import Decision, sources_of_decision
from hub.training.goals.goal import GoalKey, Source
from hub.training.goals.waivers import Waiver, waive, waivers_of

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = range(-1, 12)


def day(n: int) -> datetime:
    return START + timedelta(days=n)


def _interval(start: int, length: int | None) -> Interval:
    return day(start), None if length is None else day(start + length)


goals = st.sampled_from(["brand", "compliance"]).map(
    lambda kind: GoalKey("p", "offering", "o", kind, "sales")
)
spans = st.builds(_interval, st.integers(0, 8), st.none() | st.integers(1, 4))


def _source(goal: GoalKey, key: str, during: Interval, binding: bool) -> Source:
    return Source(goal, "rule", key, "1", "a", {}, *during, day(20), None, binding)


sources = st.lists(
    st.builds(_source, goals, st.sampled_from("abc"), spans, st.sampled_from([False, False, True])),
    max_size=5,
)
waivers = st.lists(st.builds(Waiver, goals, st.just("decision"), st.sampled_from("xyz"), spans), max_size=4)
by_plugins = st.lists(
    st.builds(Waiver, goals, st.just("plugin"), st.just("p"), spans, st.sampled_from("ab"), st.just("known")),
    max_size=3,
)


@given(sources, waivers, by_plugins)
def test_i8_i13_at_every_instant_a_goal_is_asked_for_or_waived_or_neither(
    mine: list[Source], held: list[Waiver], said: list[Waiver]
) -> None:
    left, waived = waive(mine, [*held, *said])
    for n in DAYS:
        at = day(n)
        for goal in {source.goal for source in mine}:
            live = {s.source_key for s in mine if s.goal == goal and holds((s.valid_from, s.valid_to), at)}
            binding = any(s.binding for s in mine if s.goal == goal and holds((s.valid_from, s.valid_to), at))
            may = goal.kind != "compliance" and not binding
            is_waived = may and any(w.goal == goal and holds(w.during, at) for w in held)
            # All these sources are of rules, through appointment a.
            known = [w for w in said if w.goal == goal and w.appointment_id == "a" and holds(w.during, at)]
            is_waived = is_waived or (may and bool(known))
            here = {s.source_key for s in left if s.goal == goal and holds((s.valid_from, s.valid_to), at)}
            gone = {
                w.source.source_key
                for w in waived
                if w.source.goal == goal and holds((w.source.valid_from, w.source.valid_to), at)
            }
            assert here == (set() if is_waived else live)
            assert gone == (live if is_waived else set())
    assert all(source.due_at == day(20) for source in left)


def test_without_waivers_sources_are_what_they_were() -> None:
    source = _source(GoalKey("p", "offering", "o", "brand", "sales"), "a", (day(0), None), binding=False)
    assert waive([source], []) == ([source], [])


@given(st.lists(spans, max_size=4).map(tuple), st.lists(spans, max_size=4).map(tuple))
def test_subtraction_is_right_at_every_instant(
    left: tuple[Interval, ...], right: tuple[Interval, ...]
) -> None:
    rest = subtract(left, right)
    for n in DAYS:
        in_left, in_right = (any(holds(each, day(n)) for each in some) for some in (left, right))
        assert any(holds(each, day(n)) for each in rest) is (in_left and not in_right)


def _decision(verdict: str, until: int | None) -> Decision:
    return Decision(
        "d", "p", verdict, "offering", "o", "review", "sales", "m", day(2),  # type: ignore[arg-type]
        None if until is None else day(until), appointments=("a", "b"),
    )  # fmt: skip


def test_a_goal_that_was_given_rests_on_the_appointments_and_a_choice_on_none() -> None:
    employed: dict[str, Interval] = {"a": (day(0), day(5))}
    (given_,) = sources_of_decision(_decision("give", None), employed)
    assert (given_.kind, given_.appointment_id) == ("manager", "a")
    assert (given_.valid_from, given_.valid_to) == (day(2), day(5))
    (chosen,) = sources_of_decision(_decision("choose", None), {})
    assert (chosen.kind, chosen.appointment_id, chosen.valid_to) == ("self", None, None)
    assert list(sources_of_decision(_decision("choose", 2), {})) == []
    assert list(sources_of_decision(_decision("waive", None), employed)) == []
    assert list(waivers_of([_decision("waive", 2), _decision("give", None)])) == []


@pytest.mark.requirement("I12")
def test_what_binds_one_class_of_appointments_leaves_the_other_waived() -> None:
    goal = GoalKey("p", "offering", "o", "brand", "sales")
    outside = _source(goal, "a", (day(0), None), binding=False)
    inside = replace(_source(goal, "b", (day(0), None), binding=True), appointment_id="b")
    chosen = replace(outside, kind="self", appointment_id=None)
    waiver = Waiver(goal, "decision", "w", (day(0), None))
    classes = {"a": "external", "b": "internal"}
    left, waived = waive([outside, inside, chosen], [waiver], classes)
    assert (left, [each.source for each in waived]) == ([inside, chosen], [outside])
    left, _ = waive([outside, inside, chosen], [waiver])
    assert left == [outside, inside, chosen]
