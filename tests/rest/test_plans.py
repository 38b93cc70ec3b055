"""Changes that touch many are planned with what they do to goals, and done as planned (I16)."""

import pytest
import sqlalchemy as sa

from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Rule, set_rule
from hub.journal.tables import audit
from tests.rest.programs import LONG_AGO, Network
from tests.rest.test_writes import code, send, write


def noted(network: Network) -> list[str]:
    """What the audit trail says that programs changed."""
    with network.hub.reading() as uow:
        query = sa.select(audit.c.detail).where(audit.c.action == "api_write")
        return sorted(detail["operation"] for detail in uow.connection.scalars(query))


@pytest.mark.requirement("D2")
def test_a_rule_goes_live_as_it_was_planned(goals: Network) -> None:
    ids, token = goals.ids, goals.token()
    about = ("service", "brand", "offering", ids["tires"])
    technicians = Conditions(positions=(ids["technician"],))
    with goals.hub.unit_of_work() as uow:
        set_rule(uow, Rule("tires", "Tires", *about, technicians, LONG_AGO, status="draft"))
    path, live = "/rules/tires/status", {"status": "live"}
    plan = send(goals, token, path, live, dry_run=True)
    assert plan.json is not None
    assert (plan.json["people"], plan.json["effects"]["gained"]) == (2, 2)
    assert goals.read(token, "/rules/tires")["status"] == "draft"
    refused = send(goals, token, path, live, match='"0"')
    assert code(refused) == (409, "plan_outdated")
    assert refused.json is not None
    assert refused.json["plan"] == plan.json
    assert noted(goals) == []
    write(goals, token, path, live, match=plan.headers["ETag"])
    assert goals.read(token, "/rules/tires")["status"] == "live"
    assert len(write(goals, token, "/rules/tires/roll-back", {"version": 1})["changes"]) == 1
    assert noted(goals) == ["roll_back_rule", "set_status_of_rule"]
    assert goals.read(token, "/rules/tires")["status"] == "draft"
    assert code(send(goals, token, "/rules/none/status", live)) == (404, "no_rule")
    assert code(send(goals, goals.token("harbor"), path, live)) == (403, "missing_scope")


def test_a_location_closes_as_it_was_planned(goals: Network) -> None:
    ids, token = goals.ids, goals.token()
    asked = {"do": "close_location", "ids": [ids["pier"]]}
    plan = send(goals, token, "/network-changes", asked, dry_run=True)
    assert plan.json is not None
    assert (plan.json["locations"], plan.json["people"]) == (1, 1)
    assert code(send(goals, token, "/network-changes", asked, match="x")) == (409, "plan_outdated")
    assert ("pier" in goals.names(token, "/locations"), noted(goals)) == (True, [])
    write(goals, token, "/network-changes", asked, match=plan.headers["ETag"])
    assert "pier" not in goals.names(token, "/locations")
    assert noted(goals) == ["change_network"]


def test_a_key_lets_plans_be_done_once(network: Network) -> None:
    token = network.token()
    for path, one, other in (
        ("/rules/technicians/status", {"status": "draft"}, {"status": "live"}),
        (
            "/network-changes",
            {"do": "close_location", "ids": [network.ids["pier"]]},
            {"do": "close_location", "ids": [network.ids["dock"]]},
        ),
    ):
        done = write(network, token, path, one, key="k" + path)
        assert write(network, token, path, one, key="k" + path) == done
        assert code(send(network, token, path, other, key="k" + path)) == (409, "key_reused")
    assert noted(network) == ["change_network", "set_status_of_rule"]
    again = send(
        network, token, "/rules/of-summit/status", {"status": "draft"}, key="k/rules/technicians/status"
    )
    assert code(again) == (409, "key_reused")
