"""The three field trees and the people who look after them."""

from collections import Counter
from itertools import permutations

from tests.testing.network.reading import TODAY, Network, live, within


def test_every_location_has_one_leaf_in_each_dimension(network: Network) -> None:
    nodes = network.by_id("nodes")
    inner = {row["parent_id"] for row in network.rows["nodes"]}
    places = Counter((row["location_id"], row["dimension_id"]) for row in network.rows["location_nodes"])
    assert set(places) == {
        (location, dimension)
        for location in network.by_id("locations")
        for dimension in network.by_id("dimensions")
    }
    assert set(places.values()) == {1}
    for row in network.rows["location_nodes"]:
        assert row["node_id"] not in inner
        assert nodes[row["node_id"]]["dimension_id"] == row["dimension_id"]


def test_each_dimension_is_one_tree_without_empty_leaves(network: Network) -> None:
    nodes = network.by_id("nodes")
    assert set(network.by_id("dimensions")) == {"sales", "service", "parts"}
    for rows in network.grouped("nodes", "dimension_id").values():
        assert sum(row["parent_id"] == "" for row in rows) == 1
        seen: set[str] = set()
        for row in rows:
            assert row["parent_id"] in seen | {""}, "parents come first"
            seen.add(row["node_id"])
    assert all(
        nodes[row["parent_id"]]["dimension_id"] == row["dimension_id"]
        for row in nodes.values()
        if row["parent_id"]
    )
    used = {row["node_id"] for row in network.rows["location_nodes"]}
    assert used | {row["parent_id"] for row in network.rows["nodes"]} == set(nodes) | {""}


def test_no_tree_is_a_finer_cut_of_another(network: Network) -> None:
    for one, other in permutations(network.by_id("dimensions"), 2):
        others = network.leaves(other)
        assert any(all(not leaf <= whole for whole in others) for leaf in network.leaves(one)), (one, other)


def test_every_node_has_one_representative_today(network: Network) -> None:
    today = Counter(row["node_id"] for row in network.rows["representatives"] if row["node_id"] and live(row))
    assert today == dict.fromkeys(network.by_id("nodes"), 1)
    assert any(
        row["valid_to"] and row["valid_to"] <= TODAY.isoformat() for row in network.rows["representatives"]
    )
    assert any(row["valid_from"] > TODAY.isoformat() for row in network.rows["representatives"])


def test_representatives_are_internal_people_for_all_that_time(network: Network) -> None:
    appointments = network.grouped("appointments", "person_id")
    for row in network.rows["representatives"]:
        assert bool(row["node_id"]) != bool(row["location_id"])
        assert any(
            appointment["audience_class"] == "internal"
            and within(row, appointment["valid_from"], appointment["valid_to"])
            for appointment in appointments[row["person_id"]]
        )
    assert any(row["location_id"] for row in network.rows["representatives"])
