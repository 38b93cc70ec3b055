"""Problems that only show against what the hub knows already."""

from pathlib import Path

import pytest

from hub.errors import BadInput
from hub.network.importing.import_network import Counts, import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.identities import find_person, link_identity
from hub.network.systems.connections import create_connection, find_connection
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork


@pytest.fixture
def folder(hub: Hub, tmp_path: Path) -> Path:
    """A place for files, when the hub has imported the small network and knows three identity providers."""
    import_network(hub, SmallNetwork().write(tmp_path))
    with hub.unit_of_work() as uow:
        create_connection(uow, "riverside", "oidc", "Riverside", find_id(uow, "partner", "P1"))
        create_connection(uow, "orvantis", "oidc", "Orvantis", find_id(uow, "partner", "P2"))
        create_connection(uow, "shared", "lms", "Shared", None)
    return tmp_path


def problems(hub: Hub, folder: Path, network: SmallNetwork) -> list[str]:
    with pytest.raises(BadInput) as refused:
        import_network(hub, network.write(folder))
    return [str(problem) for problem in refused.value.problems]


def nothing() -> SmallNetwork:
    return SmallNetwork().only()


def test_appointment_stays_with_its_person(hub: Hub, folder: Path) -> None:
    network = SmallNetwork().replace("appointments.csv", "A3", "A3,U1,L2,seller,external,,2019-01-01,")
    network.replace("appointments.csv", "A4", "A4,U9,L3,seller,internal,A,,").add(
        "people.csv", "U9,P1,Ada,Lind,,en"
    )
    assert problems(hub, folder, network) == [
        'appointments.csv:4:person_id: appointment "A3" is another person\'s since an import before',
        'appointments.csv:5:person_id: appointment "A4" is another person\'s since an import before',
    ]


def test_brands_of_known_locations_count(hub: Hub, folder: Path) -> None:
    network = SmallNetwork().only("people.csv", "appointments.csv")
    network.add(
        "appointments.csv", "A8,U1,L1,tech,external,B,2024-01-01,2025-01-01"
    )  # between two spells of B
    network.add(
        "appointments.csv", "A9,U1,L2,tech,external,A,,", "A10,U1,L1,tech,external,B,2023-12-31,2024-01-01"
    )
    assert problems(hub, folder, network) == [
        'appointments.csv:6:brands: location "L1" never carries brand "B" in the time of the appointment',
        'appointments.csv:7:brands: location "L2" never carries brand "A" in the time of the appointment',
    ]


def test_circle_through_known_nodes(hub: Hub, folder: Path) -> None:
    assert problems(hub, folder, nothing().add("nodes.csv", "sales,north,Sales North,city")) == [
        "nodes.csv:2:parent_id: the node is above itself: north > city > north"
    ]


def test_parts_belong_to_what_is_in_the_files(hub: Hub, folder: Path) -> None:
    network = (
        SmallNetwork()
        .replace("locations.csv", "L2")
        .replace("people.csv", "U2")
        .replace("partners.csv", "P1")
    )
    assert problems(hub, folder, network) == [
        'partner_links.csv:2:downstream_id: no partner "P1" in partners.csv',
        'location_brands.csv:6:location_id: no location "L2" in locations.csv',
        'location_nodes.csv:4:location_id: no location "L2" in locations.csv',
        'appointments.csv:4:person_id: no person "U2" in people.csv',
    ]


def test_identities_are_taken_once(hub: Hub, folder: Path) -> None:
    network = nothing().add(
        "identities.csv", "U1,riverside,sub,lena", "U2,riverside,sub,lena", "U1,riverside,sub,lena"
    )
    assert problems(hub, folder, network) == [
        "identities.csv:3:subject: this identity is in line 2 already",
        "identities.csv:4:subject: this identity is in line 2 already",
    ]


def test_identity_of_somebody_else(hub: Hub, folder: Path) -> None:
    with hub.unit_of_work() as uow:
        connection = find_id_of(hub, "riverside")
        link_identity(uow, connection, "sub", "lena", find_id(uow, "person", "U1"), "sign_in")
    network = SmallNetwork().add("identities.csv", "U2,riverside,sub,lena", "U9,riverside,sub,lena")
    network.add("people.csv", "U9,P1,Ada,Lind,,en")
    assert problems(hub, folder, network) == [
        "identities.csv:2:subject: this identity belongs to another person already",
        "identities.csv:3:subject: this identity is in line 2 already",
        "identities.csv:3:subject: this identity belongs to another person already",
    ]
    # The same subject in another form, or of another system, is another identity.
    network = nothing().add("identities.csv", "U2,riverside,openid,https://lena", "U2,shared,sub,lena")
    assert import_network(hub, network.write(folder)).counts == {"identity": Counts(new=1)}


def find_id_of(hub: Hub, slug: str) -> str:
    with hub.reading() as uow:
        return find_connection(uow, slug).id


def test_partners_are_walls(hub: Hub, folder: Path) -> None:
    network = nothing().add(
        "identities.csv", "U1,orvantis,sub,lena", "U3,riverside,sub,suda", "U3,shared,sub,suda"
    )
    assert problems(hub, folder, network) == [
        'identities.csv:2:connection: connection "orvantis" belongs to another partner than person "U1"',
        'identities.csv:3:connection: connection "riverside" belongs to another partner than person "U3"',
    ]
    # The employer in the files counts: U1 moves to Orvantis, and U9 works for a partner that is new.
    network.only().add("partners.csv", "P3,New Partner,use").add("partner_links.csv")
    network.add("people.csv", "U1,P2,Lena,Okafor,,en", "U9,P3,Ada,Lind,,en").add("appointments.csv")
    network.add("identities.csv", "U1,orvantis,sub,lena", "U1,riverside,sub,lena", "U9,riverside,sub,ada")
    assert problems(hub, folder, network) == [
        'identities.csv:3:connection: connection "riverside" belongs to another partner than person "U1"',
        'identities.csv:4:connection: connection "riverside" belongs to another partner than person "U9"',
    ]


def test_identities_that_left_the_files_stay(hub: Hub, folder: Path) -> None:
    network = SmallNetwork().add(
        "identities.csv", "U1,riverside,sub,lena", "U1,shared,account,https://lms|lena"
    )
    import_network(hub, network.write(folder))
    network.replace("identities.csv", "U1,riverside", "U1,riverside,sub,lena.okafor")
    report = import_network(hub, network.write(folder))
    assert report.counts["identity"] == Counts(changed=1)
    assert import_network(hub, folder).changes == 0
    with hub.reading() as uow:
        lena, riverside = find_id(uow, "person", "U1"), find_id_of(hub, "riverside")
        assert find_person(uow, riverside, "sub", "lena") == lena
        assert find_person(uow, riverside, "sub", "lena.okafor") == lena
