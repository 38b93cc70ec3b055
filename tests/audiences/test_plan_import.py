"""What importing network files would do to goals is what it does, and trying it leaves nothing (D2, I16)."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.app import open_worker
from hub.audiences.files.audience_files import apply_audience_file
from hub.audiences.plans import plan_import
from hub.audiences.plans.diff import Outcome
from hub.audiences.plans.plan_import import plan_network_files
from hub.journal import tables as journal
from hub.network import tables as network
from hub.network.importing.import_network import import_network
from hub.network.systems.connections import create_connection
from hub.rebuild.state_hash import hash_state
from hub.runtime import Hub
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import set_offerings
from hub.training.tables import goal, goal_source
from tests.network.small_network import SmallNetwork

RULES = """
[[rule]]
key = "brakes"
title = "Brakes"
dimension = "service"
kind = "brand"
target = "offering:brakes"
conditions = { positions = ["tech"] }
[[rule]]
key = "selling"
title = "Selling"
dimension = "sales"
kind = "brand"
target = "offering:selling"
conditions = { positions = ["seller"], nodes = ["sales:south"] }
"""


def asked(hub: Hub) -> set[str]:
    with hub.reading() as uow:
        live = sa.select(goal_source.c.goal_id).where(
            sa.or_(goal_source.c.valid_to.is_(None), goal_source.c.valid_to > uow.now)
        )
        return set(uow.connection.scalars(live))


@pytest.mark.requirement("D2")
def test_what_files_would_do_to_goals_is_what_they_do(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, rules = SmallNetwork(), tmp_path / "rules.toml"
    import_network(hub, files.write(tmp_path / "files"))
    with hub.unit_of_work() as uow:
        partner = uow.connection.scalar(sa.select(network.partner.c.id).limit(1))
        lms = create_connection(uow, "lms", "lms", "LMS", partner)
        rows = [CatalogueRow(k, k, k, f"https://lms.example/{k}") for k in ("brakes", "selling")]
        set_offerings(uow, lms, rows)
    rules.write_text(RULES)
    apply_audience_file(hub, rules)
    open_worker(hub).drain()
    files.replace("appointments.csv", "A1", "A1,U1,L1,seller,external,A;B,2020-05-03,")
    files.replace("location_nodes.csv", "L2,sales", "L2,sales,north,2010-06-01,2030-01-01")
    files.add("people.csv", "U4,P1,Zoe,New,zoe@riverside.example,en")
    files.add("appointments.csv", "A5,U4,L1,tech,external,A,2021-01-01,")
    source = files.write(tmp_path / "files")
    before, state = asked(hub), _state(hub)
    plan = plan_network_files(hub, source)
    assert _state(hub) == state
    import_network(hub, source)
    open_worker(hub).drain()
    after = asked(hub)
    assert plan.effects is not None
    assert (plan.effects.gained, plan.effects.lost) == (len(after - before), len(before - after)) == (1, 2)
    assert (plan.people, plan.effects.outcome) == (3, Outcome())
    nothing = plan_network_files(hub, source)
    assert (nothing.report.changes, nothing.people) == (0, 0)
    monkeypatch.setattr(plan_import, "MOST", 0)
    files.replace("people.csv", "U4")
    files.add("people.csv", "U4,P1,Zoe,Other,zoe@riverside.example,en")
    assert plan_network_files(hub, files.write(tmp_path / "files")).effects is None


def _state(hub: Hub) -> tuple[object, ...]:
    with hub.reading() as uow:
        counts = [
            uow.connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (journal.change, journal.audit, network.person, network.roster_key, goal)
        ]
        return (*counts, *hash_state(uow))
