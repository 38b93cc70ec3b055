"""The people, their appointments, and everything that happens to people."""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest

from hub.testing.network.brands import BRANDS
from tests.testing.network.reading import TODAY, Network, Row, end, live, within

ACTIVITY_OF_FAMILY = {
    "sales": "sell",
    "service": "service",
    "parts": "parts",
    "production": "make",
    "fleet": "use",
    "field": "make",
    "training": "make",
    "engineering": "make",
}


def test_appointments_lie_within_their_location_and_their_brands(network: Network) -> None:
    locations = network.by_id("locations")
    families = {key: row["family"] for key, row in network.by_id("positions").items()}
    spans = network.grouped("location_brands", "location_id")
    for row in network.rows["appointments"]:
        location = locations[row["location_id"]]
        assert within(row, location["opened"], location["closed"])
        activity = ACTIVITY_OF_FAMILY.get(families[row["position_id"]])
        there = {
            span["brand_id"]
            for span in spans[row["location_id"]]
            if activity in {None, span["activity"]} and within(row, span["valid_from"], span["valid_to"])
        }
        brands = row["brands"].split(";")
        assert set(brands) <= there, row
        assert len(set(brands)) == len(brands)


def test_temporary_brands_have_people_too(network: Network) -> None:
    """Otherwise no test downstream would notice an appointment outliving its brand."""
    locations = network.by_id("locations")
    temporary = {
        (row["location_id"], row["brand_id"])
        for row in network.rows["location_brands"]
        if row["valid_from"] > locations[row["location_id"]]["opened"]
    }
    appointed = {
        (row["location_id"], brand)
        for row in network.rows["appointments"]
        for brand in row["brands"].split(";")
    }
    assert temporary & appointed


def test_appointments_are_internal_exactly_at_the_manufacturer(network: Network) -> None:
    partners, locations = network.by_id("partners"), network.by_id("locations")
    for row in network.rows["appointments"]:
        at_manufacturer = partners[locations[row["location_id"]]["partner_id"]]["kinds"] == "make"
        assert row["audience_class"] == ("internal" if at_manufacturer else "external")


def test_closed_locations_have_nobody_left(network: Network) -> None:
    closed = {row["location_id"] for row in network.rows["locations"] if row["closed"]}
    assert closed
    assert len(closed) <= 5
    there = [row for row in network.rows["appointments"] if row["location_id"] in closed]
    assert {row["location_id"] for row in there} == closed
    assert not any(live(row) for row in there)


def test_e_mail_addresses_are_unique_and_tell_the_employer(network: Network) -> None:
    people = network.rows["people"]
    assert len({row["email"] for row in people}) == len(people)
    domains = defaultdict(set)
    for row in people:
        name, domain = row["email"].split("@")
        assert name.isascii()
        assert name == name.lower()
        domains[row["partner_id"]].add(domain)
    assert set(domains) == set(network.by_id("partners"))
    assert all(len(of_one) == 1 for of_one in domains.values())
    assert all(domain.endswith(".example") for of_one in domains.values() for domain in of_one)
    assert len({domain for of_one in domains.values() for domain in of_one}) == len(domains)


def test_position_titles_name_no_brand(network: Network) -> None:
    for row in network.rows["positions"]:
        assert not any(brand.lower() in row["title"].lower() for brand in BRANDS)


Career = Callable[[list[Row]], bool]


def new_hire(career: list[Row]) -> bool:
    first = min(row["valid_from"] for row in career)
    return (TODAY - timedelta(days=90)).isoformat() < first <= TODAY.isoformat()


def future_starter(career: list[Row]) -> bool:
    return all(row["valid_from"] > TODAY.isoformat() for row in career)


def has_left(career: list[Row]) -> bool:
    return all(end(row["valid_to"]) <= TODAY.isoformat() for row in career)


def is_leaving(career: list[Row]) -> bool:
    return any(live(row) for row in career) and all(row["valid_to"] for row in career)


def rehired(career: list[Row]) -> bool:
    rows = sorted(career, key=lambda row: row["valid_from"])
    return any(
        row["valid_to"] and all(later["valid_from"] > row["valid_to"] for later in rows[n:])
        for n, row in enumerate(rows[:-1], 1)
    )


def transferred(career: list[Row]) -> bool:
    return any(
        one["valid_to"] == other["valid_from"] and one["location_id"] != other["location_id"]
        for one, other in permutations(career, 2)
    )


def promoted(career: list[Row]) -> bool:
    return any(
        one["valid_to"] == other["valid_from"] and one["position_id"] != other["position_id"]
        for one, other in permutations(career, 2)
    )


def several_roles(career: list[Row]) -> bool:
    rows = [row for row in career if live(row)]
    columns = ("location_id", "position_id", "brands")
    return len(rows) > 1 and all(len({row[column] for row in rows}) == len(rows) for column in columns)


def three_locations(career: list[Row]) -> bool:
    return len({row["location_id"] for row in career if live(row)}) == 3


def internal_and_external(career: list[Row]) -> bool:
    return {row["audience_class"] for row in career if live(row)} == {"internal", "external"}


def only_internal(career: list[Row]) -> bool:
    return {row["audience_class"] for row in career} == {"internal"}


@pytest.mark.parametrize(
    "happens",
    [
        new_hire,
        future_starter,
        has_left,
        is_leaving,
        rehired,
        transferred,
        promoted,
        several_roles,
        three_locations,
        internal_and_external,
        only_internal,
    ],
)
def test_all_kinds_of_people_occur(network: Network, happens: Career) -> None:
    careers = network.grouped("appointments", "person_id")
    assert set(careers) == set(network.by_id("people"))
    number = sum(happens(career) for career in careers.values())
    assert 2 <= number <= 400, number


def test_both_ways_of_being_internal_and_external_occur(network: Network) -> None:
    employers = {key: row["partner_id"] for key, row in network.by_id("people").items()}
    manufacturer = next(row["partner_id"] for row in network.rows["partners"] if row["kinds"] == "make")
    both = {
        employers[person] == manufacturer
        for person, career in network.grouped("appointments", "person_id").items()
        if internal_and_external(career)
    }
    assert both == {True, False}
