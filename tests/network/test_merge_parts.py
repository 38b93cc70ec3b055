"""Attributes and managers follow a merge and come back with its undoing (I31); an erasure leaves none of a person's values."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.access.managers import managers_of
from hub.app import open_worker
from hub.journal.tables import change
from hub.lifecycle.erase import erase
from hub.lifecycle.subject import subject_of_person
from hub.network import tables
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import define_attribute, read_values, set_attributes
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.merge import merge_people, plan_merge, undo_merge
from hub.network.structure.superiors import name_manager
from hub.rebuild.verify import verify
from hub.runtime import Hub
from hub.store import UnitOfWork
from tests.network.small_network import SmallNetwork, contents

FOLLOW = ("attribute", "manager_relation", "rep_assignment", "appointment")


@pytest.fixture
def people(hub: Hub, imported: SmallNetwork) -> dict[str, str]:
    """Lena, whom Suda manages and who manages Marco; she has attributes, and so has her appointment."""
    with hub.unit_of_work() as uow:
        ids = {
            name: find_id(uow, "person", key)
            for name, key in (("lena", "U1"), ("marco", "U2"), ("suda", "U3"))
        }
        ids["A1"] = find_id(uow, "appointment", "A1")
        define_attribute(uow, AttributeKind("born", "Born", "person", "date"))
        define_attribute(uow, AttributeKind("ev", "EV", "person", "boolean"))
        define_attribute(uow, AttributeKind("payroll", "Payroll", "appointment", "text"))
        set_attributes(uow, "person", ids["lena"], {"born": "1990-02-03", "ev": True})
        set_attributes(uow, "person", ids["marco"], {"ev": False})
        set_attributes(uow, "appointment", ids["A1"], {"payroll": "SECRET-4711"})
        name_manager(uow, ids["suda"], "sales", person_id=ids["lena"])
        name_manager(uow, ids["lena"], "service", person_id=ids["suda"])
        name_manager(uow, ids["lena"], "service", person_id=ids["marco"])
    return ids


def named(uow: UnitOfWork, person_id: str) -> set[tuple[str, str]]:
    return {(m.person_id, m.dimension) for m in managers_of(uow, person_id) if "named" in m.ways}


def values(uow: UnitOfWork, subject_id: str) -> dict[str, object]:
    return {each["key"]: each["value"] for each in read_values(uow, subject_id)}


def test_a_merge_takes_managers_and_attributes_along_and_gives_them_back(
    hub: Hub, people: dict[str, str]
) -> None:
    lena, marco, suda = people["lena"], people["marco"], people["suda"]
    before = contents(hub)
    with hub.unit_of_work() as uow:
        plan = plan_merge(uow, lena, marco)
        assert (plan.managers, plan.attributes) == (2, 1)
        merge_id = merge_people(uow, lena, marco, actor_id=None, extra={}, left_files=True)
        assert named(uow, marco) == {(suda, "sales")}  # and not the own one
        assert named(uow, suda) == {(marco, "service")}
        assert values(uow, marco) == {"born": "1990-02-03", "ev": False}
        assert values(uow, people["A1"]) == {"payroll": "SECRET-4711"}
        assert undo_merge(uow, merge_id, actor_id=None).from_id == lena
    after = contents(hub)
    assert {name: after[name] for name in FOLLOW} == {name: before[name] for name in FOLLOW}
    with hub.unit_of_work() as uow:
        merge_id = merge_people(uow, lena, marco, actor_id=None, extra={}, left_files=True)
        later = uow.now.replace(year=uow.now.year + 1)
        set_attributes(uow, "person", marco, {"born": "1991-01-01"}, later)
        undo_merge(uow, merge_id, actor_id=None)
        assert values(uow, lena) == {"born": "1990-02-03", "ev": True}
        assert values(uow, marco) == {"born": "1991-01-01", "ev": False}
    open_worker(hub).drain()
    assert not verify(hub).differences


def test_an_erasure_leaves_no_value_of_the_person_or_their_appointments(
    hub: Hub, people: dict[str, str]
) -> None:
    with hub.unit_of_work() as uow:
        merge_people(uow, people["marco"], people["lena"], actor_id=None, extra={}, left_files=True)
    with hub.reading() as uow:
        subject = subject_of_person(uow, people["lena"])
    receipt = erase(hub, subject)
    assert receipt.counts["attributes"] == 3
    with hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(tables.attribute)) == 0
        bodies = uow.connection.scalars(sa.select(change.c.body).where(change.c.kind == "attributes_changed"))
        assert {str(body["values"]) for body in bodies} == {"[]"}
    open_worker(hub).drain()
    assert not verify(hub).differences


def test_files_may_bring_somebody_again_who_was_merged(
    hub: Hub, imported: SmallNetwork, folder: Path
) -> None:
    imported.add("people.csv", "U9,P1,Nina,Nine,,en").add(
        "representatives.csv", "U9,sales,south,,2020-01-01,"
    )
    imported.add("attribute_kinds.csv", "level,Level,person,text,")
    imported.add("attributes.csv", "person,U9,level,one,2020-01-01,")
    imported.add("managers.csv", "U9,service,U2,,2020-01-01,")
    import_network(hub, imported.write(folder))
    known = sa.select(tables.roster_key).order_by(tables.roster_key.c.kind, tables.roster_key.c.external_id)
    with hub.unit_of_work() as uow:
        before = uow.connection.execute(known).all()
        nina = find_id(uow, "person", "U9")
        merge = merge_people(
            uow, nina, find_id(uow, "person", "U1"), actor_id=None, extra={}, left_files=True
        )
        undo_merge(uow, merge, actor_id=None)
        assert uow.connection.execute(known).all() == before
        merge = merge_people(
            uow, nina, find_id(uow, "person", "U1"), actor_id=None, extra={}, left_files=True
        )
    import_network(hub, folder)  # the files bring somebody whom they call U9
    with hub.unit_of_work() as uow:
        somebody = find_id(uow, "person", "U9")
        assert somebody != nina
        assert values(uow, somebody) == {"level": "one"}
        assert uow.find(tables.rep_assignment, person_id=somebody) is not None
        here = uow.connection.execute(known).all()
        undo_merge(uow, merge, actor_id=None)
        assert uow.connection.execute(known).all() == here
    assert import_network(hub, folder).changes == 0
