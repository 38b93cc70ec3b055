"""Network files as sheets of an Excel workbook mean what the CSV files mean."""

import csv
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.errors import BadInput
from hub.network.roster import workbook
from hub.network.roster.checks import check_files
from hub.network.roster.known import KnownNetwork
from hub.network.roster.reading import read_files
from hub.network.roster.staging import ROWS, open_staging
from tests.network.small_network import SmallNetwork
from tests.network.workbooks import write_workbook

Sheets = dict[str, list[list[object]]]


def quiet(step: str, done: int, of: int) -> None:
    pass


def staged(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with open_staging() as staging:
        read_files(staging, path, quiet)
        check_files(staging, KnownNetwork(), quiet)
        return {
            name: [tuple(row) for row in staging.connection.execute(sa.select(rows))]
            for name, rows in ROWS.items()
        }


def sheets_of(folder: Path) -> Sheets:
    """The files with dates as dates."""
    return {
        file.stem: [[_cell(text) for text in row] for row in csv.reader(file.read_text().splitlines())]
        for file in sorted(folder.glob("*.csv"))
    }


def _cell(text: str) -> object:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text or None


def test_a_workbook_says_the_same_as_the_files(tmp_path: Path) -> None:
    folder = SmallNetwork().write(tmp_path / "files")
    assert staged(write_workbook(tmp_path / "network.xlsx", sheets_of(folder))) == staged(folder)


def test_numbers_are_their_digits_and_names_of_sheets_may_be_those_of_files(tmp_path: Path) -> None:
    rows: list[list[object]] = [["brand_id", "name"], [4711, True], [], ["B", 2.5, None, ""]]
    book = write_workbook(tmp_path / "brands.xlsx", {"Brands.csv": rows})
    assert staged(book)["brands.csv"] == [(2, "4711", "true"), (4, "B", "2.5")]


CASES: dict[str, Callable[[Sheets], object]] = {
    'people:6:locale: "English" is not a language tag such as pt-BR': lambda sheets: sheets["people"].extend(
        [[], ["U9", "P1", "Ada", "Lind", None, "English"]]
    ),
    "people:5: has 8 cells where the header has 6": lambda sheets: sheets["people"].append(
        ["U9", "P1", "Ada", "Lind", None, "en", None, "a remark"]
    ),
    'appointments:6:person_id: no person "U9" in people': lambda sheets: sheets["appointments"].append(
        ["A9", "U9", "L1", "tech", "external"]
    ),
    "people: is missing; appointments cannot be used without it": lambda sheets: sheets.pop("people"),
    "brands:1:title: there is no such column": lambda sheets: sheets["brands"][0].append("title"),
}


@pytest.mark.parametrize("expected", CASES)
def test_problems_name_sheet_row_and_column(tmp_path: Path, expected: str) -> None:
    sheets = sheets_of(SmallNetwork().write(tmp_path / "files"))
    CASES[expected](sheets)
    with pytest.raises(BadInput) as refused:
        staged(write_workbook(tmp_path / "network.xlsx", sheets))
    assert [str(problem) for problem in refused.value.problems] == [expected]


ODD: dict[str, Callable[[bytes], bytes]] = {
    "a cell far away": lambda sheet: sheet.replace(b'r="A2"', b'r="XFD1048576"'),
    "no such place": lambda sheet: sheet.replace(b'r="A2"', b'r="2A"'),
    "a place too long": lambda sheet: sheet.replace(b'r="A2"', b'r="ZZZZZZZZ99999999999"'),
    "an end that is missing": lambda sheet: sheet[:-20],
    "a sheet that is missing": lambda sheet: b"",
    "a row too long": lambda sheet: sheet.replace(b"Borealis", b"x" * 1_100_000),
}


@pytest.mark.parametrize("kind", ODD)
def test_damaged_and_far_too_large_sheets_are_refused_and_end_nothing_else(tmp_path: Path, kind: str) -> None:
    path, odd = tmp_path / "network.xlsx", tmp_path / "odd.xlsx"
    write_workbook(path, {"brands": [["brand_id", "name"], ["B", "Borealis"]]})
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(odd, "w") as written:
        for name in whole.namelist():
            content = whole.read(name)
            content = ODD[kind](content) if "sheet1" in name else content
            if content:
                written.writestr(name, content)
    with pytest.raises(BadInput) as refused:
        staged(odd)
    assert refused.value.code == "no_workbook"


def test_what_is_no_workbook_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "network.xlsx"
    path.write_bytes(b"brand_id,name")
    codes = []
    for prepare in (
        lambda: None,
        lambda: write_workbook(path, {"Sheet1": [["brand_id"]]}),
        lambda: monkeypatch.setattr(workbook, "_LARGEST", 100),
    ):
        prepare()
        with pytest.raises(BadInput) as refused:
            staged(path)
        codes.append(refused.value.code)
    assert codes == ["no_workbook", "no_network_files", "no_workbook"]
