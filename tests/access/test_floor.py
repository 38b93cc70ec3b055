"""Nothing is told of fewer than five people, whatever is asked and worked out of the answers (D12)."""

from collections import Counter
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.access.floor import FLOOR, groups_to_hide, may_tell

PEOPLE, QUESTIONS = 400, 1000
Set = frozenset[int]


class Desk:
    """Tells numbers as ``access.tell_counts`` does, in memory."""

    def __init__(self) -> None:
        self.piece = dict.fromkeys(range(PEOPLE), 0)
        self.told: dict[Set, int] = {}

    def ask(self, wanted: Set) -> int | None:
        """The size of a set, or nothing."""
        inside, sizes = Counter(self.piece[p] for p in wanted), Counter(self.piece.values())
        if not may_tell(inside, sizes):
            return None
        names = {old: max(sizes) + n for n, old in enumerate(sorted(inside), 1) if inside[old] < sizes[old]}
        self.piece |= {p: names.get(self.piece[p], self.piece[p]) for p in wanted}
        self.told[wanted] = len(wanted)
        return len(wanted)


def attack(desk: Desk, random: Random) -> None:
    """Filters over four attributes, and from what was told differences that leave out ever fewer people."""
    attributes = [{p: random.randrange(n) for p in range(PEOPLE)} for n in (2, 4, 9, 30)]

    def filtered() -> Set:
        asked = random.sample(attributes, random.choice([1, 1, 2, 3]))
        values = [
            set(random.sample(sorted(set(a.values())), random.choice([1, 2, len(set(a.values())) - 1])))
            for a in asked
        ]
        return frozenset(
            p for p in range(PEOPLE) if all(a[p] in v for a, v in zip(asked, values, strict=True))
        )

    for _ in range(QUESTIONS):
        known = random.choice(list(desk.told) or [frozenset(range(PEOPLE))])
        trick = random.choice(["filter", "filter", "except", "and", "or", "but_few"])
        other = filtered()
        wanted = {
            "filter": other,
            "except": known - other,
            "and": known & other,
            "or": known | other,
            "but_few": known
            - frozenset(random.sample(sorted(known), min(len(known), random.randrange(1, 7)))),
        }[trick]
        desk.ask(wanted)


@pytest.mark.requirement("D12")
@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_questions_isolate_nobody(seed: int) -> None:
    desk = Desk()
    attack(desk, Random(seed))
    assert len(desk.told) > 10
    pieces = Counter(tuple(p in told for told in desk.told) for p in range(PEOPLE))
    assert min(pieces.values()) >= FLOOR  # every sum and difference of answers is about whole pieces
    for one, other in combinations(desk.told, 2):
        for rest in (one - other, other - one, one & other):
            assert not 0 < len(rest) < FLOOR


def test_without_the_pieces_the_same_script_finds_somebody() -> None:
    """The attack is one: a desk that only looks at the size of each answer gives people away."""
    desk = Desk()
    desk.ask = lambda wanted: desk.told.setdefault(wanted, len(wanted)) if len(wanted) >= FLOOR else None  # type: ignore[method-assign]
    attack(desk, Random(0))
    assert any(0 < len(one - other) < FLOOR and other < one for one in desk.told for other in desk.told)


@given(st.dictionaries(st.integers(0, 20), st.integers(0, 40)))
def test_the_rest_of_a_table_is_never_about_few(sizes: dict[int, int]) -> None:
    hidden = groups_to_hide(sizes)
    assert all(size == 0 or size >= FLOOR for group, size in sizes.items() if group not in hidden)
    assert not any(sizes[group] == 0 for group in hidden)
    everybody = {group for group, size in sizes.items() if size}
    if hidden and hidden != everybody:
        assert len(hidden) > 1
        assert sum(sizes[group] for group in hidden) >= FLOOR


def test_few_are_hidden_with_as_few_others_as_will_do() -> None:
    assert groups_to_hide({"a": 1, "b": 9, "c": 12}) == {"a", "b"}
    assert groups_to_hide({"a": 1, "b": 1, "c": 12, "d": 20}) == {"a", "b", "c"}
    assert groups_to_hide({"a": 3, "b": 4, "c": 12}) == {"a", "b"}
    assert groups_to_hide({"a": 5, "b": 0}) == set()
