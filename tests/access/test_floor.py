"""Nothing that is ever told of sets of people is about fewer than the floor, whatever is worked out of it (D12, I36)."""

from collections import Counter, defaultdict
from random import Random

import pytest

from hub.access.floor import FLOOR, UNCOUNTED, Cohort, Group, divide, is_company

PEOPLE, SETS, TIMES = 400, 8, 40


class Desk:
    """Tells sizes as ``audiences.told`` does, in memory."""

    def __init__(self, floors: list[int], sees: tuple[frozenset[int], ...] = ()) -> None:
        self.floors, self.sees = floors, sees
        self.cohorts = {"": Cohort(UNCOUNTED, 0, 5)}
        self.cohort = dict.fromkeys(range(PEOPLE), "")

    def tell(self, truth: dict[int, int]) -> dict[int, int]:
        """What is told of each set, by its bit, where people are in these sets; by how many cohorts people stand apart."""
        told: Counter[int] = Counter()
        for name, cohort in list(self.cohorts.items()):
            mine: dict[int, set[int]] = defaultdict(set)
            for person, its in self.cohort.items():
                if its == name:
                    mine[truth[person]].add(person)
            first, *others = divide(
                cohort, {s: self.group(people) for s, people in mine.items()}, self.floors
            )
            self.cohorts[name] = Cohort(cohort.id, first.sets, first.floor)
            for part in others:
                new = str(len(self.cohorts))
                self.cohorts[new] = Cohort(new, part.sets, part.floor)
                self.cohort |= {person: new for sets in part.truths for person in mine[sets]}
            for part in (first, *others):
                told.update({bit: part.people for bit in range(SETS) if part.sets >> bit & 1 and part.people})
        return dict(told)

    def group(self, people: set[int]) -> Group:
        """With how many of them each partner sees."""
        return Group(len(people), {str(n): len(people & some) for n, some in enumerate(self.sees)})


def histories(random: Random) -> list[dict[int, int]]:
    """Sets that overlap and differ by few, and people who come and go one by one and in groups."""
    truth = {
        p: sum((random.random() < 0.5 / (1 + bit % 4)) << bit for bit in range(SETS)) for p in range(PEOPLE)
    }
    found = []
    for _ in range(TIMES):
        for _ in range(random.choice([0, 1, 3, 30])):
            truth[random.randrange(PEOPLE)] ^= 1 << random.randrange(SETS)
        if random.random() < 0.3:  # many do the same
            some, to = random.sample(range(PEOPLE), 40), random.randrange(1 << SETS)
            truth |= dict.fromkeys(some, to)
        if random.random() < 0.3:  # one set is another one but for few
            few = random.sample(range(PEOPLE), random.randrange(1, 9))
            truth = {p: sets & ~2 | (sets & 1 ^ (p in few)) << 1 for p, sets in truth.items()}
        found.append(dict(truth))
    return found


@pytest.mark.requirement("D12")
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_told_over_years_is_about_whole_groups(seed: int) -> None:
    random = Random(seed)
    floors = [random.choice([5, 10, 10, 25]) for _ in range(SETS)]
    sees = tuple(frozenset(p for p in range(PEOPLE) if random.random() < share) for share in (0.6, 0.3, 0.03))
    desk = Desk(floors, sees)
    seen: dict[int, list[int]] = {p: [] for p in range(PEOPLE)}
    numbers = []
    for truth in histories(random):
        told = desk.tell(truth)
        counted = {p: desk.cohorts[name].sets for p, name in desk.cohort.items()}
        for person, sets in counted.items():
            seen[person].append(sets)
        for bit in range(SETS):
            assert told.get(bit, 0) == sum(sets >> bit & 1 for sets in counted.values())
            numbers.append(told.get(bit))
    # Every number is a sum over people; every sum and difference of numbers weighs people with one history alike.
    # So it is for a partner who takes off the people it sees.
    groups: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for person, history in seen.items():
        groups[tuple(history)].add(person)
    groups.pop((0,) * TIMES, None)
    for past, people in groups.items():
        ever = max(floors[bit] for bit in range(SETS) if any(sets >> bit & 1 for sets in past))
        for known in (frozenset(), *sees):
            assert len(people) >= ever
            assert not 0 < len(people - known) < ever
    assert len(groups) > 5
    assert len(set(numbers)) > 5  # it does tell something


def told_of(victim: int, others: dict[int, int], bits: int = 2) -> list[dict[int, int]]:
    """What is told of 20 people and one more, before and after she came."""
    desk = Desk([FLOOR] * bits)
    before = {p: others.get(p, 0) for p in range(PEOPLE)}
    return [desk.tell(before), desk.tell(before | {PEOPLE - 1: victim})]


@pytest.mark.requirement("D12")
def test_one_person_changes_nothing() -> None:
    """Not whether a number is told either: in the set or not, alone there or not, she is counted with nobody."""
    twenty = dict.fromkeys(range(20), 0b11)
    for others in (twenty, {}, dict.fromkeys(range(20), 0b01)):
        before, after = zip(*(told_of(victim, others) for victim in range(4)), strict=True)
        assert all(each == before[0] for each in (*before, *after))
    assert told_of(0, twenty)[0] == {0: 20, 1: 20}


def test_many_who_do_the_same_are_counted_at_once() -> None:
    desk = Desk([FLOOR, FLOOR])
    truth = dict.fromkeys(range(PEOPLE), 0)
    assert desk.tell(truth | dict.fromkeys(range(9), 1)) == {}
    assert desk.tell(truth | dict.fromkeys(range(30), 1)) == {0: 30}
    assert desk.tell(truth | dict.fromkeys(range(21), 1)) == {0: 30}  # nine went
    assert desk.tell(truth | dict.fromkeys(range(20), 1)) == {0: 20}
    assert desk.tell(truth | dict.fromkeys(range(11), 1)) == {
        0: 20
    }  # nine more, and none of the ten may be told of
    assert desk.tell(truth) == {}


@pytest.mark.requirement("D12", "B04")
def test_whoever_takes_off_the_own_people_finds_as_many_others_or_none() -> None:
    truth = dict.fromkeys(range(PEOPLE), 0) | dict.fromkeys(range(20), 1)
    for others, told in ((0, {0: 20}), (1, {}), (9, {}), (10, {0: 20}), (20, {0: 20})):
        desk = Desk([FLOOR], (frozenset(range(others, 20)), frozenset(range(3))))
        assert desk.tell(truth) == told
    groups = [Group(30, {"a": 29}), Group(9, {"a": 9, "b": 9})]
    assert not is_company(groups, FLOOR)
    assert is_company([*groups, Group(9, {})], FLOOR)


def test_sets_with_different_floors() -> None:
    desk = Desk([FLOOR, 25])
    truth = dict.fromkeys(range(PEOPLE), 0)
    assert desk.tell(truth | dict.fromkeys(range(20), 0b11)) == {0: 20}
    assert desk.tell(truth | dict.fromkeys(range(50), 0b11)) == {0: 50, 1: 30}


def test_a_floor_that_is_raised_holds_for_who_leaves_and_who_stays() -> None:
    desk = Desk([FLOOR])
    truth = dict.fromkeys(range(PEOPLE), 0)
    assert desk.tell(truth | dict.fromkeys(range(40), 1)) == {0: 40}
    desk.floors = [30]
    assert desk.tell(truth | dict.fromkeys(range(28), 1)) == {0: 40}  # twelve went
    assert desk.tell(truth | dict.fromkeys(range(5), 1)) == {0: 40}  # 35 went, and five may not be left
    assert desk.tell(truth) == {}
