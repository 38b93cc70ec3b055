"""Rows about people nobody knows wait for them, are seen, and are taken up as soon as the people are known."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Missing
from hub.journal.tables import change
from hub.network import tables
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id, find_ids
from hub.network.importing.waiting_rows import count_waiting, forget_waiting, list_waiting
from hub.network.people.identities import find_person
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork

STRANGER = {
    "appointments.csv": ["A9,U9,L1,tech,external,A,,"],
    "representatives.csv": ["U9,sales,south,,,"],
    "managers.csv": ["U9,sales,U1,,,", "U1,sales,U9,,,", "U3,sales,,A9,,", "U3,sales,U1,,,"],
    "attribute_kinds.csv": ["ev,EV,person,boolean,", "badge,Badge,appointment,text,"],
    "attributes.csv": ["person,U9,ev,true,,", "appointment,A9,badge,17,,", "person,U1,ev,true,,"],
}


def with_stranger() -> SmallNetwork:
    network = SmallNetwork()
    for name, rows in STRANGER.items():
        network.add(name, *rows)
    return network


def test_rows_wait_until_somebody_is_known(hub: Hub, folder: Path) -> None:
    network = with_stranger()
    report = import_network(hub, network.write(folder), dry_run=True)
    assert (report.waiting, len(report.warnings)) == (7, 7)
    assert "appointments.csv:6:person_id" in {warning.place for warning in report.warnings}
    assert import_network(hub, folder).waiting == 7
    assert import_network(hub, folder).changes == 0
    with hub.unit_of_work() as uow:
        partner, other = find_id(uow, "partner", "P1"), find_id(uow, "partner", "P2")
        rows = list_waiting(uow)
        assert {row.person for row in rows} == {"U9"}
        assert [row.cells["appointment_id"] for row in rows if row.file == "appointments.csv"] == ["A9"]
        assert (count_waiting(uow), count_waiting(uow, partner), count_waiting(uow, other)) == (7, 1, 0)
        assert list_waiting(uow, after=rows[0].id, limit=2) == rows[1:3]
        (mine,) = list_waiting(uow, partner)
        with pytest.raises(Missing):
            forget_waiting(uow, mine.id, other)
        forget_waiting(uow, mine.id, partner)
        assert count_waiting(uow, partner) == 0
        assert not find_ids(uow, "appointment", ["A9"])
    import_network(hub, network.add("people.csv", "U9,P1,Ada,Lind,,en").write(folder))
    with hub.reading() as uow:
        assert count_waiting(uow) == 0
        ada, appointment = find_id(uow, "person", "U9"), find_id(uow, "appointment", "A9")
        assert uow.find(tables.appointment, id=appointment).person_id == ada
        assert uow.find(tables.attribute, subject_id=ada).value is True
        assert uow.find(tables.attribute, subject_id=appointment).value == "17"
        of_it = sa.select(change.c.person_id).where(change.c.subject_id == appointment)
        assert uow.connection.scalars(of_it).all() == [ada]


def test_what_is_wrong_otherwise_still_stops_the_import(hub: Hub, folder: Path) -> None:
    network = with_stranger().add("appointments.csv", "A8,U1,nowhere,tech,external,,,")
    with pytest.raises(BadInput) as refused:
        import_network(hub, network.write(folder))
    assert [problem.place for problem in refused.value.problems] == ["appointments.csv:7:location_id"]
    with hub.reading() as uow:
        assert count_waiting(uow) == 0


def managers(*rows: str) -> SmallNetwork:
    return SmallNetwork().only().add("managers.csv", *rows)


def waiting(hub: Hub) -> set[tuple[str, str]]:
    with hub.reading() as uow:
        return {(row.cells["manager_id"], row.person) for row in list_waiting(uow)}


def test_rows_of_other_deliveries_wait_until_somebody_says_something_new_of_theirs(
    hub: Hub, folder: Path
) -> None:
    import_network(hub, SmallNetwork().write(folder))
    import_network(hub, managers("U1,service,U7,,2020-01-01,", "U2,service,U8,,2020-01-01,").write(folder))
    import_network(hub, managers("U3,service,U9,,2020-01-01,").write(folder))
    assert waiting(hub) == {("U1", "U7"), ("U2", "U8"), ("U3", "U9")}
    # What U1 manages is said as a whole: U7 is not among them any more.
    import_network(hub, managers("U1,service,U2,,2020-01-01,").write(folder))
    assert waiting(hub) == {("U2", "U8"), ("U3", "U9")}
    import_network(hub, SmallNetwork().add("people.csv", "U8,P1,Ada,Lind,,en").write(folder))
    assert waiting(hub) == {("U2", "U8"), ("U3", "U9")}  # for a file that has the row
    import_network(hub, managers("U2,service,U8,,2020-01-01,").write(folder))
    assert waiting(hub) == {("U3", "U9")}


def test_identities_wait_without_what_systems_call_people(hub: Hub, folder: Path) -> None:
    network = SmallNetwork()
    import_network(hub, network.write(folder))
    with hub.unit_of_work() as uow:
        partner = find_id(uow, "partner", "P1")
        connection = create_connection(uow, "riverside", "oidc", "Riverside", partner)
    network.add("identities.csv", "U9,riverside,sub,ada.lind", "U1,riverside,sub,lena")
    assert import_network(hub, network.write(folder)).waiting == 1
    with hub.reading() as uow:
        assert find_person(uow, connection, "sub", "lena") == find_id(uow, "person", "U1")
        (row,) = list_waiting(uow, partner)
        assert (row.person, row.cells) == (
            "U9",
            {"person_id": "U9", "connection": "riverside", "form": "sub"},
        )
        assert not count_waiting(uow, find_id(uow, "partner", "P2"))
    import_network(hub, network.add("people.csv", "U9,P1,Ada,Lind,,en").write(folder))
    with hub.reading() as uow:
        assert not count_waiting(uow)
        assert find_person(uow, connection, "sub", "ada.lind") == find_id(uow, "person", "U9")
