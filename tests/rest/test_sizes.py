"""Sizes of audiences by REST: exact for operators, those of the month for others, and nothing of others' audiences (D12, B04)."""

import pytest

from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience
from hub.audiences.told.sizes import tell_sizes
from tests.rest.programs import Network

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.mark.requirement("D12")
def test_sizes_are_told_to_whom_the_audience_concerns(network: Network) -> None:
    with network.hub.unit_of_work() as uow:
        set_audience(uow, Audience("everybody", "Everybody", Conditions()))
        set_audience(uow, Audience("rivals", "Rivals", Conditions(partners=(network.ids["summit"],))))
    tell_sizes(network.hub)
    exact = network.read(network.token(), "/audiences/everybody/size")
    assert exact["people"] >= 2
    assert exact["floor"] == 1
    harbor = network.token("harbor")
    told = network.read(harbor, "/audiences/everybody/size")
    assert (told["people"], told["reached"], told["floor"]) == (None, None, 10)
    assert told["at"] is not None
    refused = [network.ask(harbor, f"/audiences/{key}/size") for key in ("rivals", "nobody")]
    assert [(each.status_code, (each.json or {}).get("code")) for each in refused] == [
        (404, "no_audience")
    ] * 2
