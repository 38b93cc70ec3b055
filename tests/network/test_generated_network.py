"""A generated network is imported whole: what the files say, worked out here the slow way, is what the tables hold."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from hub.network import tables
from hub.network.importing.import_network import import_network
from hub.network.roster.files import FILES
from hub.runtime import Hub
from hub.testing.generate_network import generate_network
from hub.testing.network.files import COLUMNS
from tests.network.small_network import read_csv

Rows = set[tuple[object, ...]]
ALWAYS = datetime(1900, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network")
    generate_network("S", 7, folder, date(2026, 5, 4))
    return folder


def test_generator_and_import_agree_on_the_columns() -> None:
    needed = {file.name: tuple(c.name for c in file.columns if not c.spare) for file in FILES}
    needed = {name: columns for name, columns in needed.items() if name in COLUMNS}
    assert needed == dict(COLUMNS)


def at(day: str, zone: str = "UTC") -> datetime | None:
    year, month, date_of = map(int, day.split("-")) if day else (1900, 1, 1)
    return datetime(year, month, date_of, tzinfo=ZoneInfo(zone)).astimezone(UTC) if day else None


def days(
    row: dict[str, str], zone: str = "UTC", names: tuple[str, str] = ("valid_from", "valid_to")
) -> tuple[object, ...]:
    return at(row[names[0]], zone) or ALWAYS, at(row[names[1]], zone)


class Expected:
    """The rows of each table by the files' names of things."""

    def __init__(self, folder: Path) -> None:
        self.file = {name.removesuffix(".csv"): read_csv(folder / name) for name in COLUMNS}
        self.zone = {row["location_id"]: row["time_zone"] for row in self.file["locations"]}

    def rows(self, file: str, *columns: str) -> Rows:
        return {tuple(row[column] or None for column in columns) for row in self.file[file]}

    def dated(self, file: str, *columns: str) -> Rows:
        """Rows that hold in the time zone of their location."""
        return {
            (*(row[column] for column in columns), *days(row, self.zone[row["location_id"]]))
            for row in self.file[file]
        }

    def closure(self) -> Rows:
        parents = {(r["dimension_id"], r["node_id"]): r["parent_id"] for r in self.file["nodes"]}
        rows: Rows = set()
        for dimension, node in parents:
            above, depth = node, 0
            while above:
                rows.add((f"{dimension}/{above}", f"{dimension}/{node}", depth, ALWAYS, None))
                above, depth = parents[dimension, above], depth + 1
        return rows


class Stored:
    """The rows of each table, with ids put back into the files' names."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        with hub.reading() as uow:
            keys = uow.connection.execute(sa.select(tables.roster_key)).all()
        self.names = {
            key.id: key.external_id for key in keys if key.kind not in {"representative", "partner_links"}
        }
        self.kinds = Counter(key.kind for key in keys)

    def rows(self, *columns: sa.Column[object] | sa.Column[str]) -> Rows:
        with self.hub.reading() as uow:
            found = uow.connection.execute(sa.select(*columns)).all()
        as_named = {tuple(self.names.get(v, v) if isinstance(v, str) else v for v in row) for row in found}
        assert len(as_named) == len(found)
        return as_named


def columns(table: sa.Table, names: Iterable[str]) -> list[sa.Column[str]]:
    return [table.c[name] for name in names]


def test_generated_network(hub: Hub, files: Path) -> None:
    report = import_network(hub, files)
    expected, stored, t = Expected(files), Stored(hub), tables
    assert not report.warnings
    assert stored.kinds["person"] == len(expected.file["people"]) == report.counts["person"].new == 800

    assert stored.rows(t.partner.c.id, t.partner.c.name) == expected.rows("partners", "partner_id", "name")
    kinds = {
        (row["partner_id"], kind) for row in expected.file["partners"] for kind in row["kinds"].split(";")
    }
    assert stored.rows(t.partner_relationship.c.partner_id, t.partner_relationship.c.kind) == kinds
    assert stored.rows(
        *columns(t.partner_link, ["upstream_id", "downstream_id", "kind", "valid_from", "valid_to"])
    ) == {
        (row["upstream_id"], row["downstream_id"], row["kind"], *days(row))
        for row in expected.file["partner_links"]
    }
    assert stored.rows(t.brand.c.id, t.brand.c.name) == expected.rows("brands", "brand_id", "name")
    words = columns(t.position, ["id", "title", "family"])
    assert stored.rows(*words) == expected.rows("positions", "position_id", "title", "family")
    assert stored.rows(t.dimension.c.key) >= expected.rows("dimensions", "dimension_id")

    assert stored.rows(*columns(t.node, ["id", "dimension", "name"])) == {
        (f"{row['dimension_id']}/{row['node_id']}", row["dimension_id"], row["name"])
        for row in expected.file["nodes"]
    }
    assert stored.rows(*t.node_parent.c) == {
        (f"{row['dimension_id']}/{row['node_id']}", f"{row['dimension_id']}/{row['parent_id']}", ALWAYS, None)
        for row in expected.file["nodes"]
        if row["parent_id"]
    }
    assert stored.rows(*t.node_closure.c) == expected.closure()

    plain = ("location_id", "partner_id", "name", "city", "country", "time_zone")
    assert stored.rows(*t.location.c) == {
        (*(row[name] for name in plain), *days(row, row["time_zone"], ("opened", "closed")))
        for row in expected.file["locations"]
    }
    assert stored.rows(*t.location_brand.c) == expected.dated(
        "location_brands", "location_id", "brand_id", "activity"
    )
    in_trees = columns(t.location_node, ["location_id", "dimension", "node_id", "valid_from", "valid_to"])
    assert stored.rows(*in_trees) == {
        (location, dimension, f"{dimension}/{node}", start, end)
        for location, dimension, node, start, end in expected.dated(
            "location_nodes", "location_id", "dimension_id", "node_id"
        )
    }


def test_people_of_a_generated_network(hub: Hub, files: Path) -> None:
    import_network(hub, files)
    expected, stored, t = Expected(files), Stored(hub), tables
    assert stored.rows(*columns(t.person, ["id", "partner_id", "locale"])) == expected.rows(
        "people", "person_id", "partner_id", "locale"
    )
    assert stored.rows(*t.person_detail.c) == {
        (row["person_id"], row["given_name"], row["family_name"], row["email"])
        for row in expected.file["people"]
    }
    names = ["id", "person_id", "location_id", "position_id", "audience_class", "valid_from", "valid_to"]
    assert stored.rows(*columns(t.appointment, names)) == expected.dated(
        "appointments", "appointment_id", *names[1:5]
    )
    assert stored.rows(t.appointment_brand.c.appointment_id, t.appointment_brand.c.brand_id) == {
        (row["appointment_id"], brand)
        for row in expected.file["appointments"]
        for brand in row["brands"].split(";")
        if brand
    }
    names = ["person_id", "dimension", "node_id", "location_id", "valid_from", "valid_to"]
    assert stored.rows(*columns(t.rep_assignment, names)) == {
        (
            row["person_id"],
            row["dimension_id"],
            f"{row['dimension_id']}/{row['node_id']}" if row["node_id"] else None,
            row["location_id"] or None,
            *days(row, expected.zone.get(row["location_id"], "UTC")),
        )
        for row in expected.file["representatives"]
    }
    assert import_network(hub, files).changes == 0
