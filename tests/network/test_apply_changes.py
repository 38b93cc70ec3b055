"""The journal of an import, applied to an empty database, gives the same tables."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.app import open_hub
from hub.clock import SettableClock
from hub.journal.tables import change
from hub.network.apply_changes import CHANGE_KINDS, apply_changes
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.systems.connections import apply_connection, create_connection
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork, contents

KEPT_APART = ("person_detail", "roster_key", "import_run")
"""Personal data and the files' names of things are not in the journal."""


@pytest.fixture
def other(hub: Hub, new_database: Callable[..., str]) -> Iterator[Hub]:
    """Another hub, on an empty database of the same kind."""
    url = new_database()
    opened = open_hub(
        hub.settings.model_copy(update={"database_url": type(hub.settings.database_url)(url)}), hub.clock
    )
    yield opened
    opened.close()


def live_through_some_imports(hub: Hub, folder: Path, clock: SettableClock) -> None:
    network = SmallNetwork()
    import_network(hub, network.write(folder))
    with hub.unit_of_work() as uow:
        create_connection(uow, "riverside", "oidc", "Riverside", find_id(uow, "partner", "P1"))
    clock.advance(days=3)
    network.replace("appointments.csv", "A1").add("people.csv", "U4,P1,Ada,Lind,,en")
    network.replace("nodes.csv", "sales,north", "sales,north,Sales North,south")
    network.replace("location_brands.csv", "L1,B", "L1,B,service,2016-01-01,2023-06-01")
    network.add("identities.csv", "U1,riverside,sub,lena", "U4,riverside,sub,ada")
    import_network(hub, network.write(folder))
    clock.advance(days=3)
    network.replace("representatives.csv", "U3,sales").add("partner_links.csv", "P1,P2,supplier,2026-01-01,")
    network.add("appointments.csv", "A1,U1,L2,seller,external,B,2026-05-01,")
    network.add("nodes.csv", "sales,quarter,Quarter,city").replace(
        "partners.csv", "P2", "P2,Orvantis,make;supply@2024-01-01/"
    )
    network.add("superiors.csv", "seller,tech,service,,").add("managers.csv", "U3,sales,,A3,,")
    network.add("attribute_kinds.csv", "tier,Tier,partner,choice,gold;silver")
    network.add("attributes.csv", "partner,P1,tier,gold,,2026-01-01", "partner,P1,tier,silver,2026-01-01,")
    import_network(hub, network.write(folder))


def journal(hub: Hub) -> list[Any]:
    with hub.reading() as uow:
        return list(uow.connection.execute(sa.select(change).order_by(change.c.position)))


def apply_all(hub: Hub, rows: list[Any]) -> None:
    with hub.unit_of_work() as uow:
        for kind, same in groupby(rows, key=lambda row: row.kind):
            if kind == "connection_changed":
                for row in same:
                    apply_connection(uow, row.body)
            else:
                apply_changes(uow, kind, [row.body for row in same])


@pytest.mark.parametrize("batch", [1, 1000])
def test_journal_gives_the_same_tables(
    hub: Hub, other: Hub, tmp_path: Path, clock: SettableClock, batch: int
) -> None:
    live_through_some_imports(hub, tmp_path, clock)
    rows = journal(hub)
    assert {row.kind for row in rows} == {*CHANGE_KINDS, "connection_changed"}
    for start in range(0, len(rows), batch):
        apply_all(other, rows[start : start + batch])
    assert contents(other, KEPT_APART) == contents(hub, KEPT_APART)


def test_applying_a_change_again_changes_nothing(hub: Hub, tmp_path: Path, clock: SettableClock) -> None:
    live_through_some_imports(hub, tmp_path, clock)
    before = contents(hub)
    latest = {(row.kind, row.subject_id): row for row in journal(hub)}
    apply_all(hub, list(latest.values()))
    assert contents(hub) == before


def test_unknown_kind(hub: Hub) -> None:
    with pytest.raises(KeyError), hub.unit_of_work() as uow:
        apply_changes(uow, "weather_changed", [])


def test_today_is_not_asked(hub: Hub, other: Hub, tmp_path: Path, clock: SettableClock) -> None:
    """What an import decided by the clock (when an appointment ended) is in the journal, not decided again."""
    live_through_some_imports(hub, tmp_path, clock)
    clock.advance(days=400)
    apply_all(other, journal(hub))
    assert contents(other, KEPT_APART) == contents(hub, KEPT_APART)
    assert clock.now().date() > date(2027, 1, 1)
