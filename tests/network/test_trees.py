"""What stands above a node, and when, for any history of parents."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.errors import Conflict
from hub.network.structure.trees import Above, Branch, Edge, closure_of, find_circle, read_branch
from hub.network.validity.dates import BEGINNING
from hub.network.validity.intervals import Interval
from tests.network.field_histories import closure_at

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = [START + timedelta(days=n) for n in range(6)]
NODES = "abcde"


@st.composite
def branch(draw: st.DrawFn) -> Branch:
    """A node with up to three parents, one after the other."""
    cuts = sorted(draw(st.sets(st.integers(0, 5), min_size=2, max_size=4)))
    spans: list[Interval] = [(DAYS[a], DAYS[b]) for a, b in pairwise(cuts)]
    edges = tuple(Edge(draw(st.sampled_from(NODES)), span) for span in spans if draw(st.booleans()))
    return Branch((DAYS[draw(st.integers(0, 2))], DAYS[draw(st.integers(3, 5))]), edges)


@given(st.fixed_dictionaries({node: branch() for node in NODES}))
def test_the_closure_is_that_of_the_parents_at_every_instant(branches: dict[str, Branch]) -> None:
    assume(all(find_circle(node, branches) is None for node in NODES))
    closures = {node: closure_of(node, branches, {}) for node in NODES}
    for at in DAYS:
        rows = {
            (row.ancestor_id, node, row.depth)
            for node, above in closures.items()
            for row in above
            if row.valid_from <= at and (row.valid_to is None or at < row.valid_to)
        }
        assert rows == closure_at(branches, at)
    # The closure of a parent that is known already leads to the same.
    for node in NODES:
        known = {other: sorted(closures[other]) for other in NODES if other != node}
        assert closure_of(node, {node: branches[node]}, known) == closures[node]


@given(st.fixed_dictionaries({node: branch() for node in NODES}))
def test_a_circle_is_found_if_and_only_if_there_is_one_at_some_instant(branches: dict[str, Branch]) -> None:
    def has_circle(at: datetime) -> bool:
        try:
            closure_at(branches, at)
        except AssertionError:
            return True
        return False

    circles = [circle for node in NODES if (circle := find_circle(node, branches))]
    assert bool(circles) == any(map(has_circle, DAYS))
    for circle in circles:
        assert has_circle(circle.since)
        assert circle.path[0] == circle.path[-1]
        with pytest.raises(Conflict, match="above itself"):
            closure_of(circle.path[0], branches, {})


def test_nodes_may_change_places_over_time() -> None:
    one, two = (DAYS[0], DAYS[1]), (DAYS[1], None)
    branches = {
        "a": Branch((BEGINNING, None), (Edge("b", one),)),
        "b": Branch((BEGINNING, None), (Edge("a", two),)),
    }
    assert closure_of("a", branches, {}) == {Above("a", 0, BEGINNING, None), Above("b", 1, *one)}
    assert closure_of("b", branches, {}) == {Above("b", 0, BEGINNING, None), Above("a", 1, *two)}


def test_bodies_from_before_trees_were_dated_hold_always() -> None:
    old = {"id": "a", "dimension": "sales", "name": "A", "parent_id": "b"}
    assert read_branch(old) == Branch((BEGINNING, None), (Edge("b", (BEGINNING, None)),))
    assert read_branch({**old, "parent_id": None}) == Branch((BEGINNING, None))
