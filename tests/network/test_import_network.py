"""``import_network``: what the files say is in the hub, once, and nothing else."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.errors import BadInput
from hub.network import tables
from hub.network.importing.import_network import Counts, import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.person import read_appointments, read_person
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork, contents, counts, journal


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
