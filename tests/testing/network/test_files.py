"""The files of a network, and rows that are added to them later."""

from pathlib import Path

import pytest

from hub.testing.network.files import append_rows
from tests.testing.network.reading import Network


def test_the_files_have_the_promised_columns_and_counts(network: Network) -> None:
    assert network.summary.rows == {f"{name}.csv": len(rows) for name, rows in network.rows.items()}
    assert len(network.rows["locations"]) == 100
    assert len(network.rows["people"]) == 800
    assert network.rows["identities"] == []
    for name in (
        "partners",
        "brands",
        "dimensions",
        "nodes",
        "positions",
        "locations",
        "people",
        "appointments",
    ):
        assert network.by_id(name)


def test_every_reference_leads_somewhere(network: Network) -> None:
    targets = {
        "partner_id": "partners",
        "upstream_id": "partners",
        "downstream_id": "partners",
        "location_id": "locations",
        "brand_id": "brands",
        "node_id": "nodes",
        "parent_id": "nodes",
        "dimension_id": "dimensions",
        "position_id": "positions",
        "person_id": "people",
    }
    known = {column: set(network.by_id(name)) | {""} for column, name in targets.items()}
    for name, rows in network.rows.items():
        for row in rows:
            for column in row.keys() & targets.keys():
                assert row[column] in known[column], (name, row)


@pytest.fixture
def brands_file(tmp_path: Path) -> Path:
    path = tmp_path / "brands.csv"
    path.write_text("brand_id,name\na,Avelora\n", encoding="utf-8")
    return path


def test_append_rows_writes_in_the_order_of_the_header(brands_file: Path) -> None:
    written = append_rows(brands_file.parent, "brands.csv", [{"name": 'Brun, "B"', "brand_id": "b"}])
    assert written == 1
    assert brands_file.read_text(encoding="utf-8") == 'brand_id,name\na,Avelora\nb,"Brun, ""B"""\n'


@pytest.mark.parametrize("bad", [{"brand_id": "c"}, {"brand_id": "c", "name": "C", "color": "red"}])
def test_append_rows_refuses_other_columns_and_writes_nothing(brands_file: Path, bad: dict[str, str]) -> None:
    before = brands_file.read_bytes()
    with pytest.raises(ValueError, match=r"brands\.csv, new row 2"):
        append_rows(brands_file.parent, "brands.csv", [{"brand_id": "b", "name": "B"}, bad])
    assert brands_file.read_bytes() == before


def test_append_rows_refuses_a_file_with_another_header(brands_file: Path) -> None:
    brands_file.write_text("id,name\n", encoding="utf-8")
    with pytest.raises(ValueError, match="header"):
        append_rows(brands_file.parent, "brands.csv", [{"id": "b", "name": "B"}])
