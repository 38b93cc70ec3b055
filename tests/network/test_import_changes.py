"""Files that differ from those of the last import: what is written, what ends, what stays."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import BadInput
from hub.network import tables
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import define_attribute, read_values, set_attributes
from hub.network.importing import apply_import
from hub.network.importing.complete import complete
from hub.network.importing.import_network import Counts, import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.person import read_appointments, read_person
from hub.network.structure.locations import place_location
from hub.network.structure.representatives import look_after, read_responsibilities
from hub.runtime import Hub
from hub.store import UnitOfWork
from tests.network.small_network import SmallNetwork, contents, journal


def last_position(hub: Hub) -> int:
    return int(journal(hub)[-1].position)


def test_only_what_changed_is_written(hub: Hub, imported: SmallNetwork, folder: Path) -> None:
    last = last_position(hub)
    imported.replace("people.csv", "U1", "U1,P1,Lena,Lind,lena.lind@riverside.example,en-US")
    imported.replace("appointments.csv", "A1", "A1,U1,L1,seller,external,A,2020-05-03,2026-06-01")
    imported.replace("brands.csv", "C", "C,Corvantis II").add("people.csv", "U4,P1,Ada,Lind,,en")
    imported.replace("location_brands.csv", "L2,B", "L2,B,sell,,2028-01-01")
    with hub.reading() as uow:
        appointment = find_id(uow, "appointment", "A1")
    report = import_network(hub, imported.write(folder))
    assert {kind: c for kind, c in report.counts.items() if c.new or c.changed} == {
        "brand": Counts(changed=1, unchanged=2),
        "location": Counts(changed=1, unchanged=2),
        "person": Counts(new=1, changed=1, unchanged=2),
    }
    written = journal(hub, last)
    assert [row.kind for row in written] == [
        "brand_changed",
        "location_changed",
        "person_changed",
        "person_changed",
    ]
    with hub.reading() as uow:
        lena = read_person(uow, find_id(uow, "person", "U1"))
        assert (lena.family_name, lena.email) == ("Lind", "lena.lind@riverside.example")
        assert find_id(uow, "appointment", "A1") == appointment
        (line,) = read_appointments(uow, lena.id)
        assert (line.id, line.position, line.brands) == (appointment, "Salesperson", ("Avelora",))
        assert line.valid_to == datetime(2026, 6, 1, 4, tzinfo=UTC)


def test_moving_a_location_to_another_time_zone_changes_its_people(
    hub: Hub, imported: SmallNetwork, folder: Path
) -> None:
    imported.replace("locations.csv", "L2", "L2,P1,Lakeside,Rome,IT,Africa/Nairobi,2010-06-01,2030-01-01")
    report = import_network(hub, imported.write(folder))
    assert report.counts["person"] == Counts(changed=2, unchanged=1)


def test_who_is_missing_from_the_files_stays_and_is_counted(
    hub: Hub, imported: SmallNetwork, folder: Path
) -> None:
    before = contents(hub, ["import_run"])
    for name, row in [
        ("people.csv", "U2"),
        ("appointments.csv", "A3"),
        ("positions.csv", "seller"),
        ("brands.csv", "C"),
    ]:
        imported.replace(name, row)
    imported.replace("appointments.csv", "A2")
    imported.add("appointments.csv", "A2,U1,L2,seller,external,B,2021-01-01,2022-01-01")
    report = import_network(hub, imported.write(folder))
    assert report.changes == 0
    assert report.counts["person"] == Counts(unchanged=2, missing=1)
    assert report.counts["position"] == Counts(unchanged=1, missing=1)
    assert report.counts["brand"] == Counts(unchanged=2, missing=1)
    assert contents(hub, ["import_run"]) == before


def test_appointment_that_left_the_files_ends_now(
    hub: Hub, imported: SmallNetwork, folder: Path, clock: SettableClock
) -> None:
    imported.add("appointments.csv", "A9,U1,L1,seller,external,A,2027-01-01,")
    import_network(hub, imported.write(folder))
    clock.advance(days=1)
    for name in ("A1", "A2", "A9"):
        imported.replace("appointments.csv", name)
    last = last_position(hub)
    import_network(hub, imported.write(folder))
    with hub.reading() as uow:
        ids = {find_id(uow, "appointment", name): name for name in ("A1", "A2", "A9")}
        table = tables.appointment
        rows = uow.connection.execute(sa.select(table).where(table.c.id.in_(ids))).all()
        ends = {ids[row.id]: (row.valid_from, row.valid_to) for row in rows}
        brands = tables.appointment_brand
        kept = uow.connection.scalars(
            sa.select(brands.c.appointment_id).where(brands.c.appointment_id.in_(ids))
        ).all()
    # A1 was in force and ends now, A2 had ended long ago, A9 would have begun and never does.
    assert ends["A1"] == (datetime(2020, 5, 3, 4, tzinfo=UTC), clock.now())
    assert ends["A2"][1] == datetime(2021, 12, 31, 23, tzinfo=UTC)
    assert ends["A9"] == (datetime(2027, 1, 1, 5, tzinfo=UTC),) * 2
    assert sorted(ids[id] for id in kept) == ["A1", "A1", "A2", "A9"]
    (written,) = journal(hub, last)
    assert {appointment["id"] for appointment in written.body["appointments"]} == set(ids)

    clock.advance(days=1)
    assert import_network(hub, folder).changes == 0
    imported.add("appointments.csv", "A1,U1,L1,tech,external,A;B,2020-05-03,")
    import_network(hub, imported.write(folder))
    with hub.reading() as uow:
        back = sa.select(table.c.valid_to).where(table.c.id == find_id(uow, "appointment", "A1"))
        assert ids[find_id(uow, "appointment", "A1")] == "A1"
        assert uow.connection.scalar(back) is None
        gone = sa.select(table.c.valid_to).where(table.c.id == find_id(uow, "appointment", "A9"))
        assert uow.connection.scalar(gone) == datetime(2027, 1, 1, 5, tzinfo=UTC)


def test_import_does_not_let_somebody_in_who_was_disabled(
    hub: Hub, imported: SmallNetwork, folder: Path
) -> None:
    with hub.unit_of_work() as uow:
        lena = find_id(uow, "person", "U1")
        uow.connection.execute(
            sa.update(tables.person).where(tables.person.c.id == lena).values(disabled=True)
        )
    imported.replace("people.csv", "U1", "U1,P1,Lena,Lind,,it")
    import_network(hub, imported.write(folder))
    with hub.reading() as uow:
        person = read_person(uow, lena)
    assert (person.family_name, person.locale, person.disabled) == ("Lind", "it", True)


def test_parts_that_left_the_files_go(hub: Hub, imported: SmallNetwork, folder: Path) -> None:
    imported.files["representatives.csv"] = []
    imported.files["partner_links.csv"] = []
    imported.replace("location_nodes.csv", "L1,service").replace(
        "partners.csv", "P1", "P1,Riverside Group,sell"
    )
    report = import_network(hub, imported.write(folder))
    assert {kind: c.changed for kind, c in report.counts.items() if c.changed} == {
        "partner": 1,
        "partner_links": 1,
        "location": 1,
        "representative": 1,
    }
    rows = contents(hub)
    assert rows["rep_assignment"] == rows["partner_link"] == []
    assert len(rows["location_node"]) == 2
    assert len(rows["partner_relationship"]) == 2
    assert import_network(hub, folder).changes == 0


def test_what_services_made_beside_the_files_stays(hub: Hub, imported: SmallNetwork, folder: Path) -> None:
    imported.add("attribute_kinds.csv", "shirt,Shirt,person,text,,").add(
        "attributes.csv", "person,U1,shirt,M,,"
    )
    imported.add("partner_links.csv", "P1,P2,supplier,,")
    import_network(hub, imported.write(folder))
    with hub.unit_of_work() as uow:
        define_attribute(uow, AttributeKind("ev", "EV", "person", "boolean"))
        lena, suda = (find_id(uow, "person", name) for name in ("U1", "U3"))
        far, near = (find_id(uow, "location", name) for name in ("L3", "L2"))
        mine = look_after(uow, suda, "service", location_id=far)
        set_attributes(uow, "person", lena, {"ev": True})
        place_location(uow, near, find_id(uow, "node", "service/world"))
    imported.replace("representatives.csv", "U3,sales")
    imported.replace("attributes.csv", "person,U1,shirt").add("attributes.csv", "person,U2,shirt,L,,")
    imported.replace("location_nodes.csv", "L2,sales").replace("partner_links.csv", "P2,P1")
    import_network(hub, imported.write(folder))
    with hub.reading() as uow:
        looked_after = {row["id"]: row["dimension"] for row in read_responsibilities(uow, suda)}
        assert looked_after.pop(mine) == "service"
        assert list(looked_after.values()) == ["service"], "what the files give, without what they gave"
        assert [value["key"] for value in read_values(uow, lena)] == ["ev"]
        node = tables.location_node
        places = sa.select(node.c.dimension).where(node.c.location_id == near)
        assert uow.connection.scalars(places).all() == ["service"]
        assert uow.connection.scalars(sa.select(tables.partner_link.c.kind)).all() == ["supplier"]


def test_a_choice_in_use_stays(hub: Hub, imported: SmallNetwork, folder: Path) -> None:
    imported.add("attribute_kinds.csv", "tier,Tier,partner,choice,gold;silver;tin,")
    imported.add("attributes.csv", "partner,P1,tier,gold,,")
    import_network(hub, imported.write(folder))
    del imported.files["attributes.csv"]
    imported.files["attribute_kinds.csv"] = ["tier,Tier,partner,choice,silver,"]
    with pytest.raises(BadInput) as refused:
        import_network(hub, imported.write(folder))
    (problem,) = refused.value.problems
    assert (problem.place, problem.message) == (
        "attribute_kinds.csv:2:choices",
        '"gold" is missing, and there are values of it',
    )


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_values_of_appointments_are_written_behind_the_lock_of_their_people(
    hub: Hub, imported: SmallNetwork, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported.add("attribute_kinds.csv", "level,Level,appointment,text,")
    imported.add("attributes.csv", "appointment,A1,level,one,,")
    with hub.reading() as uow:
        lena = find_id(uow, "person", "U1")
    free: list[str] = []
    person = tables.person

    def look(uow: UnitOfWork, kind: str, *given: Any) -> Any:
        if kind == "attributes_appointment":
            with hub.unit_of_work() as other:  # as whoever sets a value by a service would
                mine = sa.select(person.c.id).where(person.c.id == lena)
                free.extend(other.connection.scalars(mine.with_for_update(key_share=True, skip_locked=True)))
        return complete(uow, kind, *given)

    monkeypatch.setattr(apply_import, "complete", look)
    import_network(hub, imported.write(folder))
    assert free == []
