"""``import_network``: what the files say is in the hub, once, and nothing else."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import BadInput
from hub.journal.tables import change
from hub.network import tables
from hub.network.connections import create_connection
from hub.network.import_network import Counts, import_network
from hub.network.people import read_appointments, read_person
from hub.network.roster_keys import find_id
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork, contents, counts

NOTHING_NEW = Counts(unchanged=1)


def journal(hub: Hub, after: int = 0) -> list[Any]:
    """Position, kind, subject and body of each change after a position."""
    columns = (change.c.position, change.c.kind, change.c.subject_id, change.c.body)
    with hub.reading() as uow:
        rows = uow.connection.execute(
            sa.select(*columns).where(change.c.position > after).order_by(change.c.position)
        )
        return list(rows)


def last_position(hub: Hub) -> int:
    return int(journal(hub)[-1].position)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def imported(hub: Hub, folder: Path) -> SmallNetwork:
    """The small network, which the hub has imported."""
    network = SmallNetwork()
    import_network(hub, network.write(folder))
    return network


def test_everything_new_is_written(hub: Hub, folder: Path) -> None:
    report = import_network(hub, SmallNetwork().write(folder))
    assert report.counts == {
        "dimension": Counts(new=2),
        "brand": Counts(new=3),
        "position": Counts(new=2),
        "node": Counts(new=5),
        "partner": Counts(new=2),
        "partner_links": Counts(new=1),
        "location": Counts(new=3),
        "person": Counts(new=3),
        "representative": Counts(new=1),
    }
    assert (report.changes, report.dry_run, report.warnings) == (22, False, ())
    assert len(journal(hub)) == 22
    with hub.reading() as uow:
        lena = read_person(uow, find_id(uow, "person", "U1"))
        assert (lena.name, lena.email, lena.locale) == (
            "Lena Okafor",
            "lena.okafor@riverside.example",
            "en-US",
        )
        assert lena.partner_id == find_id(uow, "partner", "P1")
        (line,) = read_appointments(uow, lena.id)
        assert (line.position, line.location, line.partner) == (
            "Service Technician",
            "Riverside",
            "Riverside Group",
        )
        assert (line.brands, line.audience_class) == (("Avelora", "Brundvik"), "external")
        run = uow.connection.execute(sa.select(tables.import_run)).one()
        assert run.counts["person"] == {"new": 3, "changed": 0, "unchanged": 0, "missing": 0}
        assert run.finished_at == hub.clock.now()


def test_days_begin_where_things_happen(hub: Hub, imported: SmallNetwork) -> None:
    with hub.reading() as uow:
        starts = sa.select(tables.appointment.c.valid_from, tables.appointment.c.valid_to)
        new_york = uow.connection.execute(
            starts.where(tables.appointment.c.id == find_id(uow, "appointment", "A1"))
        ).one()
        assert tuple(new_york) == (datetime(2020, 5, 3, 4, tzinfo=UTC), None)
        rome = uow.connection.execute(
            starts.where(tables.appointment.c.id == find_id(uow, "appointment", "A2"))
        ).one()
        assert tuple(rome) == (datetime(2020, 12, 31, 23, tzinfo=UTC), datetime(2021, 12, 31, 23, tzinfo=UTC))
        link = uow.connection.execute(sa.select(tables.partner_link)).one()
        assert link.valid_from == datetime(2015, 1, 1, tzinfo=UTC)
        rep = tables.rep_assignment
        by_node = {
            row.location_id is None: (row.valid_from, row.valid_to)
            for row in uow.connection.execute(sa.select(rep))
        }
        assert by_node[True] == (datetime(2020, 1, 1, tzinfo=UTC), None)
        assert by_node[False] == (datetime(2020, 1, 1, 5, tzinfo=UTC), datetime(2027, 1, 1, 5, tzinfo=UTC))


def test_journal_holds_ids_and_no_personal_data(hub: Hub, imported: SmallNetwork) -> None:
    text = json.dumps([[row.subject_id, row.body] for row in journal(hub)]).casefold()
    for personal in ("lena", "okafor", "marco", "conti", "suda", "wong", "@"):
        assert personal not in text
    with hub.reading() as uow:
        lena = find_id(uow, "person", "U1")
        ids = {name: find_id(uow, kind, name) for kind, name in [("location", "L1"), ("position", "tech")]}
        brands = sorted(find_id(uow, "brand", name) for name in "AB")
        appointment, partner = find_id(uow, "appointment", "A1"), find_id(uow, "partner", "P1")
    (body,) = (row.body for row in journal(hub) if row.subject_id == lena)
    assert {key: value for key, value in body.items() if key != "appointments"} == {
        "id": lena,
        "partner_id": partner,
        "locale": "en-US",
        "disabled": False,
    }
    assert {
        "id": appointment,
        "location_id": ids["L1"],
        "position_id": ids["tech"],
        "audience_class": "external",
        "brands": brands,
        "valid_from": "2020-05-03T04:00:00+00:00",
        "valid_to": None,
    } in body["appointments"]


def test_same_files_again_change_nothing(hub: Hub, imported: SmallNetwork, folder: Path) -> None:
    before, rows = contents(hub, ["import_run"]), counts(hub)
    report = import_network(hub, imported.write(folder))
    assert report.changes == 0
    assert {kind: (c.new, c.changed, c.missing) for kind, c in report.counts.items()} == dict.fromkeys(
        report.counts, (0, 0, 0)
    )
    assert contents(hub, ["import_run"]) == before
    assert counts(hub) == {**rows, "import_run": rows["import_run"] + 1}


def test_rows_in_another_order_change_nothing(hub: Hub, imported: SmallNetwork, folder: Path) -> None:
    for rows in imported.files.values():
        rows.reverse()
    assert import_network(hub, imported.write(folder)).changes == 0


def test_dry_run_tells_and_writes_nothing(hub: Hub, folder: Path) -> None:
    before = counts(hub)
    network = SmallNetwork()
    planned = import_network(hub, network.write(folder), dry_run=True)
    assert (planned.dry_run, planned.changes) == (True, 22)
    assert counts(hub) == before
    assert import_network(hub, folder).counts == planned.counts
    network.replace("people.csv", "U1", "U1,P1,Lena,Okafor-Lind,lena@riverside.example,en-US")
    before = counts(hub)
    assert import_network(hub, network.write(folder), dry_run=True).counts["person"] == Counts(
        changed=1, unchanged=2
    )
    assert counts(hub) == before


def test_one_bad_row_changes_nothing(hub: Hub, imported: SmallNetwork, folder: Path) -> None:
    before, rows = contents(hub), counts(hub)
    imported.replace("people.csv", "U1", "U1,P1,Lena,Lind,,en-US").add("brands.csv", "D,Dravello")
    imported.add("representatives.csv", "U2,sales,north,L1,,")
    with pytest.raises(BadInput) as refused:
        import_network(hub, imported.write(folder))
    assert [problem.place for problem in refused.value.problems] == ["representatives.csv:4:node_id"]
    assert contents(hub) == before
    assert counts(hub) == rows


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


def test_files_of_one_kind_alone_are_enough(hub: Hub, imported: SmallNetwork, folder: Path) -> None:
    with hub.unit_of_work() as uow:
        idp = create_connection(uow, "riverside-idp", "oidc", "Riverside", find_id(uow, "partner", "P1"))
    imported.only("people.csv", "appointments.csv").add("people.csv", "U4,P1,Ada,Lind,,en")
    imported.add("appointments.csv", "A9,U4,L1,tech,external,A;B,2026-05-03,")
    report = import_network(hub, imported.write(folder))
    assert report.counts == {"person": Counts(new=1, unchanged=3)}
    with hub.reading() as uow:
        (line,) = read_appointments(uow, find_id(uow, "person", "U4"))
        assert line.valid_from == datetime(2026, 5, 3, 4, tzinfo=UTC)
    alone = SmallNetwork().only().add("identities.csv", "U1,riverside-idp,sub,lena")
    assert import_network(hub, alone.write(folder)).counts == {"identity": Counts(new=1)}
    with hub.reading() as uow:
        link = uow.connection.execute(sa.select(tables.identity_link)).one()
        assert (link.connection_id, link.subject) == (idp, "lena")
    nodes = SmallNetwork().only().add("nodes.csv", "sales,suburb,Suburb,city")
    assert import_network(hub, nodes.write(folder)).counts == {"node": Counts(new=1, missing=5)}


def test_progress_is_told_step_by_step(hub: Hub, folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    import_network(hub, SmallNetwork().write(folder), progress=lambda *step: told.append(step))
    assert list(dict.fromkeys(step for step, _, _ in told)) == [
        "reading",
        "checking",
        "comparing",
        "applying",
    ]
    for step in ("reading", "checking", "comparing", "applying"):
        done = [(done, of) for name, done, of in told if name == step]
        assert done == sorted(done)
        assert {of for _, of in done} == {done[-1][0]}
    assert told[-1] == ("applying", 22, 22)
