"""What holds for a time holds then, and what held before and after stays (I33)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.network.structure.trees import read_interval
from hub.network.validity.dated import Part, holding, joined, split, stated, without
from hub.network.validity.intervals import Interval, holds

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = [START + timedelta(days=n) for n in range(13)]
times = st.tuples(st.integers(0, 8), st.one_of(st.none(), st.integers(1, 4))).map(
    lambda pair: (DAYS[pair[0]], DAYS[pair[0] + pair[1]] if pair[1] else None)
)


def values(parts: list[Part], at: datetime) -> list[object]:
    return [part["value"] for part in parts if holds(read_interval(part), at)]


@given(st.lists(st.tuples(st.integers(0, 1), times), max_size=6))
def test_the_last_word_holds_at_each_instant(said: list[tuple[int, Interval]]) -> None:
    parts: list[Part] = []
    for value, during in said:
        parts = [*holding(parts, {"value": value}, during)]
    for day in DAYS:
        then = [value for value, during in said if holds(during, day)]
        assert values(parts, day) == then[-1:]
    ends = [read_interval(part)[1] for part in parts]
    starts = [read_interval(part)[0] for part in parts]
    assert starts == sorted(starts)
    for one, other, end, start in zip(parts, parts[1:], ends, starts[1:], strict=False):
        assert one["value"] != other["value"] or end != start  # the fewest parts


def test_true_is_not_one_and_other_things_stay() -> None:
    one, two, three = DAYS[:3]
    parts: list[Part] = [{"value": True, **stated(one, two)}, {"value": 1, **stated(two, three)}]
    assert joined(parts) == parts
    assert without(parts, (one, None)) == []
    assert split(parts, {"value": 2}) == ([], parts)
