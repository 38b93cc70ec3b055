"""Partners, locations and the field, as programs read them."""

import pytest
import sqlalchemy as sa

from hub.network import tables
from tests.rest.programs import LAST_YEAR, LONG_AGO, Network


@pytest.mark.requirement("A01", "B01")
def test_a01_a_partner_of_two_kinds_is_in_both_lists_and_counted_once(network: Network) -> None:
    token = network.token()
    assert network.names(token, "/partners", kind="supply") == ["Harbor Auto"]
    assert network.names(token, "/partners", kind="distribute") == ["Harbor Auto"]
    everybody = network.read(token, "/partners")
    assert everybody["total"] == 3
    assert sorted(item["name"] for item in everybody["items"]) == [
        "Borealis Motors",
        "Harbor Auto",
        "Summit Cars",
    ]
    harbor = network.read(token, f"/partners/{network.ids['harbor']}")
    assert harbor["kinds"] == ["distribute", "supply"]


def test_kinds_are_those_of_the_instant_asked_for(network: Network) -> None:
    token, path = network.token(), f"/partners/{network.ids['summit']}"
    assert network.read(token, path)["kinds"] == ["service"]
    assert network.read(token, path, as_of="2024-06-01T00:00:00Z")["kinds"] == ["sell"]
    assert network.names(token, "/partners", kind="sell") == []
    assert network.names(token, "/partners", kind="sell", as_of="2024-06-01T02:00:00+02:00") == [
        "Summit Cars"
    ]


@pytest.mark.parametrize(
    "path", ["/partners", "/locations", "/nodes", "/dimensions", "/positions", "/people", "/rules"]
)
def test_pages_of_one_give_what_one_page_gives(network: Network, path: str) -> None:
    token = network.token()
    whole = network.read(token, path)
    assert whole["next"] is None
    pages: list[dict[str, object]] = []
    after: dict[str, str] = {}
    while True:
        page = network.read(token, path, limit=1, **after)
        pages += page["items"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert pages == whole["items"]
    assert len(pages) > 1


def test_locations_have_brands_and_places_and_are_found_by_them(network: Network) -> None:
    token, ids = network.token(), network.ids
    pier = network.read(token, f"/locations/{ids['pier']}")
    assert pier["brands"] == [{"id": ids["aurora"], "name": "Aurora", "activity": "service"}]
    assert pier["nodes"] == [{"id": ids["coast"], "name": "coast", "dimension": "service"}]
    assert sorted(network.names(token, "/locations", node_id=ids["nation"])) == ["peak", "pier"]
    assert sorted(network.names(token, "/locations", partner_id=ids["harbor"])) == ["dock", "pier"]
    assert network.names(token, "/locations", brand_id=ids["aurora"], name="DO") == ["dock"]
    assert network.names(token, "/locations", as_of="2019-06-01T00:00:00Z") == []


def test_nodes_have_their_parents(network: Network) -> None:
    token, ids = network.token(), network.ids
    assert sorted(network.names(token, "/nodes", parent_id=ids["nation"])) == ["coast", "hills"]
    assert network.names(token, "/nodes", dimension="sales") == ["sellers"]
    assert network.read(token, f"/nodes/{ids['coast']}")["parent_id"] == ids["nation"]
    assert network.read(token, f"/nodes/{ids['nation']}")["parent_id"] is None


def test_the_words_all_share_are_the_same_for_everybody(network: Network) -> None:
    tokens = [network.token(who) for who in ("", "harbor", "ana")]
    ids = network.ids
    for path in (
        "/brands",
        f"/brands/{ids['aurora']}",
        "/positions",
        f"/positions/{ids['seller']}",
        "/dimensions",
        "/dimensions/sales",
    ):
        assert len({network.ask(token, path).text for token in tokens}) == 1


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "1e3"}, "limit"),
        ({"after": "x"}, "after"),
        ({"as_of": "2024-01-01"}, "as_of"),
        ({"as_of": "9999-12-31T23:59:59-10:00"}, "as_of"),
        ({"kind": "none"}, "kind"),
        ({"name": "a\0"}, "name"),
        ({"nonsense": "1"}, "nonsense"),
        ({"limit": ["1", "2"]}, "limit"),
    ],
)
def test_every_wrong_parameter_is_a_problem_with_400(
    network: Network, query: dict[str, object], place: str
) -> None:
    response = network.ask(network.token(), "/partners", **query)
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")
    assert response.json is not None
    assert [problem["place"] for problem in response.json["problems"]] == [place]
    assert response.json["code"] == "bad_request"


@pytest.mark.parametrize("path", ["/nothing", "/partners/x/y"])
def test_an_unknown_address_is_a_problem_too(network: Network, path: str) -> None:
    response = network.ask(network.token(), path)
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")


def test_a_resource_that_is_only_read_says_so(network: Network) -> None:
    response = network.app.test_client().post("/api/v1/partners")
    assert (response.status_code, response.mimetype) == (405, "application/problem+json")
    assert "GET" in response.headers["Allow"]


@pytest.mark.requirement("I24")
def test_where_something_stood_before_tells_no_node_behind_the_wall(network: Network) -> None:
    ids, placed, parent = network.ids, tables.location_node, tables.node_parent
    with network.hub.unit_of_work() as uow:
        now = sa.update(placed).where(placed.c.location_id == ids["pier"])
        uow.connection.execute(now.values(valid_from=LAST_YEAR))
        before = {"dimension": "service", "valid_from": LONG_AGO, "valid_to": LAST_YEAR}
        uow.insert(placed, location_id=ids["pier"], node_id=ids["hills"], **before)
        moved = sa.update(parent).where(parent.c.node_id == ids["coast"])
        uow.connection.execute(moved.values(valid_from=LAST_YEAR))
        uow.insert(
            parent, node_id=ids["coast"], parent_id=ids["hills"], valid_from=LONG_AGO, valid_to=LAST_YEAR
        )
    then = {"as_of": "2023-01-01T00:00:00Z"}
    for who in ("harbor", "rosa"):
        token = network.token(who)
        assert network.read(token, f"/locations/{ids['pier']}", **then)["nodes"] == []
        assert network.read(token, f"/nodes/{ids['coast']}", **then)["parent_id"] is None
        assert network.read(token, f"/nodes/{ids['coast']}")["parent_id"] == ids["nation"]
    everything = network.token()
    assert network.read(everything, f"/nodes/{ids['coast']}", **then)["parent_id"] == ids["hills"]
    told = network.read(everything, f"/locations/{ids['pier']}", **then)["nodes"]
    assert [node["id"] for node in told] == [ids["hills"]]
