"""Programs ask about a network of two partners."""

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.network.tables import connection
from hub.runtime import Hub
from hub.training import tables
from hub.training.goals.goal import GoalKey, Source, set_goals
from tests.rest.programs import LAST_YEAR, LONG_AGO, Network, build_network


@pytest.fixture
def network(hub: Hub) -> Network:
    """The network, and an application on it."""
    return build_network(hub)


def source(network: Network, who: str, target: str, dimension: str, through: str, **more: Any) -> Source:
    """A rule asks somebody for something through an appointment."""
    goal = GoalKey(network.ids[who], "offering", network.ids[target], more.pop("kind", "brand"), dimension)
    until: datetime | None = more.pop("until", None)
    appointment_id, reason = network.ids[through], {"title": f"rule of {through}"}
    return Source(goal, "rule", f"by-{dimension}", "1", appointment_id, reason, LONG_AGO, until, None, None)


@pytest.fixture
def goals(network: Network) -> Network:
    """Brakes are asked of Ana at both partners and in two dimensions; a review at Harbor; Carl has his own."""
    ids = network.ids
    with network.hub.unit_of_work() as uow:
        lms = network.insert(uow, connection, "lms", slug="lms", name="LMS", kind="lms", disabled=False)
        for key in ("brakes", "tires"):
            offering = {"key": key, "external_id": key, "title": key.capitalize(), "activity_id": f"x:{key}"}
            rest = {"description": "", "completion_policy": "", "launch": {}, "retired": False}
            network.insert(uow, tables.offering, key, connection_id=lms, **offering, **rest)
        sources = [
            source(network, "ana", "brakes", "service", "ana at pier"),
            source(network, "ana", "brakes", "service", "ana at peak", until=LAST_YEAR),
            source(network, "ana", "brakes", "sales", "ana at dock"),
            source(network, "ana", "tires", "service", "ana at pier", kind="review"),
            source(network, "carl", "brakes", "service", "carl at peak"),
        ]
        set_goals(uow, [ids["ana"], ids["carl"]], sources)
        for name, each in zip(("of ana", "", "sold by ana", "review", "of carl"), sources, strict=True):
            ids[name or "of ana"] = each.goal_id
        for goal, person in (("of ana", "ana"), ("of carl", "carl")):
            entry = {"policy": "p", "policy_version": "1", "kind": "credit", "amount": 1, "turn": 1}
            at = {"completed_at": uow.now, "recorded_at": uow.now, "statement_id": new_id()}
            row = {"goal_id": ids[goal], "person_id": ids[person], **entry, **at}
            network.insert(uow, tables.credit_ledger, f"credit {goal}", **row)
        mine = sa.update(tables.goal).where(tables.goal.c.id == ids["of ana"])
        uow.connection.execute(mine.values(reached_at=uow.now))
    return network
