"""Operators' programs change words, locations and the field."""

import pytest

from hub.ids import new_id
from tests.rest.programs import Network
from tests.rest.test_writes import code, send, write


@pytest.mark.requirement("B12", "B15", "B22")
def test_a_network_grows_moves_and_shrinks(network: Network) -> None:
    token, ids = network.token(), network.ids

    def make(path: str, **body: object) -> str:
        return str(write(network, token, path, body)["id"])

    brand, region = make("/brands", name="Borealis"), make("/nodes", dimension="service", name="lakes")
    named = {"title": "Borealis Technician", "family": "staff"}
    assert code(send(network, token, "/positions", named)) == (409, "brand_in_title")
    make("/positions", **named, anyway=True)
    assert make("/dimensions", key="parts", name="Parts") == "parts"
    place = {"name": "Lake House", "city": "Bern", "country": "CH", "time_zone": "Europe/Zurich"}
    house = make("/locations", partner_id=ids["harbor"], **place)
    for path, body in (
        (f"/locations/{house}/place", {"node_id": region}),
        (f"/locations/{house}/carry", {"brand_id": brand, "activity": "sell"}),
        (f"/nodes/{region}/move", {"parent_id": ids["nation"]}),
        (f"/positions/{ids['technician']}/rename", {"title": "Service Expert"}),
    ):
        assert write(network, token, path, body)["outcome"] == "changed", path
        assert write(network, token, path, body)["outcome"] == "unchanged", path
    assert "Lake House" in network.names(token, "/locations", node_id=ids["nation"], brand_id=brand)
    assert code(send(network, token, f"/nodes/{ids['nation']}/move", {"parent_id": region}))[0] == 409
    assert code(send(network, token, f"/nodes/{region}/end", {})) == (409, "node_in_use")
    assert write(network, token, f"/locations/{house}/close", {})["outcome"] == "changed"
    assert "Lake House" not in network.names(token, "/locations")


def test_what_cannot_be_is_told_and_partners_do_not_change_the_network(network: Network) -> None:
    token, ids = network.token(), network.ids
    wrong = {"partner_id": ids["harbor"], "name": "x", "city": "y", "country": "Z9", "time_zone": "Moon"}
    refused = send(network, token, "/locations", wrong)
    assert code(refused)[0] == 400
    assert refused.json is not None
    assert {each["place"] for each in refused.json["problems"]} == {"country", "time_zone"}
    assert code(send(network, token, "/nodes", {"dimension": "none", "name": "x"}))[0] in (400, 404)
    assert code(send(network, token, f"/brands/{new_id()}/rename", {"name": "x"})) == (404, "no_brand")
    assert code(send(network, network.token("harbor"), "/brands", {"name": "x"})) == (403, "missing_scope")
