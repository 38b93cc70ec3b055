"""A partner that an operator adds, and the import that finds it again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Conflict
from hub.network.importing.import_network import import_network
from hub.network.structure.partners import (
    PartnerLine,
    count_partners,
    create_partner,
    end_kind,
    link_partners,
    list_partners,
    rename_partner,
    start_kind,
)
from hub.network.tables import partner
from hub.network.views import find_partner
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork


def test_a_partner_is_found_by_both_its_names(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        id = create_partner(uow, "  Harbor   Auto ", "HAR")
        assert [find_partner(uow, words) for words in ("Harbor Auto", "HAR")] == [id, id]


@pytest.mark.parametrize(("name", "external_id"), [("harbor AUTO", ""), ("Other", "HAR")])
def test_a_name_that_is_taken_makes_nothing(hub: Hub, name: str, external_id: str) -> None:
    with hub.unit_of_work() as uow:
        create_partner(uow, "Harbor Auto", "HAR")
    with pytest.raises(Conflict), hub.unit_of_work() as uow:
        create_partner(uow, name, external_id)
    with hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(partner)) == 1


@pytest.mark.parametrize(
    ("name", "external_id"), [(" ", ""), ("x" * 201, ""), ("a\x00b", ""), ("a", "x" * 201)]
)
def test_names_that_are_none(hub: Hub, name: str, external_id: str) -> None:
    with pytest.raises(BadInput), hub.unit_of_work() as uow:
        create_partner(uow, name, external_id)


@pytest.mark.requirement("A01", "B01")
def test_a_partner_is_several_things_each_for_its_time_and_counts_once(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        one, two = create_partner(uow, "Orvantis"), create_partner(uow, "brundvik")
        later = uow.now + timedelta(days=30)
        assert start_kind(uow, one, "supply")
        assert start_kind(uow, one, "distribute")
        assert not start_kind(uow, one, "supply", later)
        assert start_kind(uow, two, "distribute", later)
        assert [line.name for line in list_partners(uow, kind="supply")] == ["Orvantis"]
        assert list_partners(uow, kind="distribute") == [
            PartnerLine(one, "Orvantis", ("distribute", "supply"))
        ]
        assert [line.name for line in list_partners(uow, kind="distribute", at=later)] == [
            "brundvik",
            "Orvantis",
        ]
        assert [line.id for line in list_partners(uow, after=("brundvik", two))] == [one]
        assert (count_partners(uow), count_partners(uow, kind="supply")) == (2, 1)
        assert end_kind(uow, one, "supply", later)
        assert not end_kind(uow, one, "supply", later)
        assert count_partners(uow, kind="supply") == 1
        assert count_partners(uow, kind="supply", at=later) == 0
        assert rename_partner(uow, two, "Brundvik Works")
        assert list_partners(uow, kind="distribute", at=later)[0].name == "Brundvik Works"
        for bad in ("friend", ""):
            with pytest.raises(BadInput):
                start_kind(uow, one, bad)
        with pytest.raises(BadInput):
            link_partners(uow, one, one, "supplier")


@pytest.mark.requirement("A01")
def test_files_say_since_when_a_partner_is_what(hub: Hub, imported: SmallNetwork, folder: Path) -> None:
    imported.replace(
        "partners.csv", "P2", "P2,Orvantis Works,make;supply@2024-01-01/2026-01-01;supply@2027-01-01/"
    )
    import_network(hub, imported.write(folder))
    assert import_network(hub, folder).changes == 0
    with hub.reading() as uow:
        for year, names in ((2023, ()), (2025, ("Orvantis Works",)), (2026, ()), (2028, ("Orvantis Works",))):
            at = datetime(year, 5, 1, tzinfo=UTC)
            assert tuple(line.name for line in list_partners(uow, kind="supply", at=at)) == names
    for bad in (
        "supply@2024",
        "supply@2024-01-01/2023-01-01",
        "supply;supply@2024-01-01/",
        "friend@2024-01-01/",
    ):
        imported.replace("partners.csv", "P2", f"P2,Orvantis Works,{bad}")
        with pytest.raises(BadInput) as refused:
            import_network(hub, imported.write(folder))
        assert str(refused.value.problems[0]).startswith("partners.csv:3:kinds")
