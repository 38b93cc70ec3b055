"""Every kind of problem of network files, each told with its place."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.errors import BadInput
from hub.network.roster.checks import check_files
from hub.network.roster.known import KnownNetwork
from hub.network.roster.reading import read_files
from hub.network.roster.staging import open_staging
from tests.network.small_network import SmallNetwork


def quiet(step: str, done: int, of: int) -> None:
    pass


def check(folder: Path) -> tuple[str, list[str], list[str]]:
    """What is wrong with a folder of files, for a hub that knows nothing yet: summary, problems and warnings."""
    with open_staging() as staging:
        read_files(staging, folder, quiet)
        try:
            check_files(staging, KnownNetwork(), quiet)
        except BadInput as refused:
            if refused.code != "bad_network_files":
                raise
            return refused.message, [str(problem) for problem in refused.problems], []
        return "", [], [str(warning) for warning in staging.warnings]


def test_small_network_is_in_order(tmp_path: Path) -> None:
    assert check(SmallNetwork().write(tmp_path)) == ("", [], [])


CASES: dict[str, Callable[[SmallNetwork], object]] = {
    # cells and rows
    'people.csv:5:locale: "English" is not a language tag such as pt-BR': lambda n: n.add(
        "people.csv", "U9,P1,Ada,Lind,,English"
    ),
    "people.csv:5: has 5 cells where the header has 6": lambda n: n.add(
        "people.csv", "U9,P1,Ada,Lind,en"
    ).add("appointments.csv", "A9,U9,L1,tech,external,,,"),
    'appointments.csv:6:valid_to: "2020-01-01" is not after valid_from "2020-01-01"': lambda n: n.add(
        "appointments.csv", "A9,U1,L1,tech,external,A,2020-01-01,2020-01-01"
    ),
    'locations.csv:5:closed: "2019-01-01" is not after opened "2020-01-01"': lambda n: n.add(
        "locations.csv", "L9,P1,Depot,Rome,IT,Europe/Rome,2020-01-01,2019-01-01"
    ),
    "partner_links.csv:3:downstream_id: is the upstream partner itself": lambda n: n.add(
        "partner_links.csv", "P1,P1,supplier,,"
    ),
    "representatives.csv:4:node_id: exactly one of node_id, location_id and upstream_id must be given": lambda n: (
        n.add("representatives.csv", "U2,sales,north,L1,,")
    ),
    "representatives.csv:5:node_id: exactly one of node_id, location_id and upstream_id must be given": lambda n: (
        n.add("representatives.csv", "U1,sales,north,,,", "U2,sales,,,,")
    ),
    # rows against each other
    'people.csv:5:person_id: "U1" is in line 2 already': lambda n: n.add(
        "people.csv", "U1,P1,Lena,Okafor,,en"
    ),
    'appointments.csv:6:appointment_id: "A1" is in line 2 already': lambda n: n.add(
        "appointments.csv", "A1,U2,L1,tech,external,A,2020-01-01,"
    ),
    "nodes.csv:7:valid_from: overlaps line 3": lambda n: n.add("nodes.csv", "sales,north,North again,world"),
    "nodes.csv:7:valid_from: overlaps line 6": lambda n: n.replace(
        "nodes.csv", "service,world", "service,world,Service,,2020-01-01,2024-01-01"
    ).add("nodes.csv", "service,world,Service,,2023-12-31,"),
    "location_nodes.csv:5:valid_from: overlaps line 2": lambda n: n.add(
        "location_nodes.csv", "L1,sales,south,2024-01-01,2025-01-01"
    ),
    "location_brands.csv:8:valid_from: overlaps line 4": lambda n: n.add(
        "location_brands.csv", "L1,B,service,2023-12-31,2025-01-01"
    ),
    "partner_links.csv:3:valid_from: overlaps line 2": lambda n: n.add(
        "partner_links.csv", "P2,P1,distributor,,2015-01-02"
    ),
    "representatives.csv:4:valid_from: overlaps line 2": lambda n: n.add(
        "representatives.csv", "U3,sales,north,,2026-01-01,"
    ),
    # references
    'appointments.csv:6:location_id: no location "L-9"': lambda n: n.add(
        "appointments.csv", "A9,U1,L-9,tech,external,A,,"
    ),
    'appointments.csv:6:position_id: no position "boss"': lambda n: n.add(
        "appointments.csv", "A9,U1,L1,boss,external,,,"
    ),
    'appointments.csv:6:brands: no brand "Z"': lambda n: n.add(
        "appointments.csv", "A9,U1,L1,tech,external,A;Z,,"
    ),
    'people.csv:5:partner_id: no partner "P9"': lambda n: n.add("people.csv", "U9,P9,Ada,Lind,,en"),
    'partner_links.csv:3:upstream_id: no partner "P9"': lambda n: n.add(
        "partner_links.csv", "P9,P1,supplier,,"
    ),
    'partner_links.csv:3:downstream_id: no partner "P9" in partners.csv': lambda n: n.add(
        "partner_links.csv", "P1,P9,supplier,,"
    ),
    'locations.csv:5:partner_id: no partner "P9"': lambda n: n.add(
        "locations.csv", "L9,P9,Depot,Rome,IT,Europe/Rome,,"
    ),
    'location_brands.csv:8:location_id: no location "L9" in locations.csv': lambda n: n.add(
        "location_brands.csv", "L9,A,sell,,"
    ),
    'location_brands.csv:8:brand_id: no brand "Z"': lambda n: n.add("location_brands.csv", "L1,Z,sell,,"),
    'location_nodes.csv:5:node_id: no node "city" in dimension "service"': lambda n: n.add(
        "location_nodes.csv", "L2,service,city,,"
    ),
    'nodes.csv:7:parent_id: no node "nowhere" in dimension "sales"': lambda n: n.add(
        "nodes.csv", "sales,town,Town,nowhere"
    ),
    'representatives.csv:4:location_id: no location "L9"': lambda n: n.add(
        "representatives.csv", "U1,sales,,L9,,"
    ),
    'identities.csv:2:connection: no connection "nowhere"': lambda n: n.add(
        "identities.csv", "U1,nowhere,sub,lena"
    ),
    # brands and trees
    'appointments.csv:6:brands: location "L1" never carries brand "C" in the time of the appointment': lambda n: (
        n.add("appointments.csv", "A9,U1,L1,tech,external,A;C,,")
    ),
    'appointments.csv:6:brands: location "L1" never carries brand "B" in the time of the appointment': lambda n: (
        n.add("appointments.csv", "A9,U1,L1,tech,external,B,2024-01-01,2025-01-01")
    ),
    "nodes.csv:2:parent_id: the node is above itself: world > city > north > world": lambda n: n.replace(
        "nodes.csv", "sales,world", "sales,world,Sales worldwide,city"
    ),
    "nodes.csv:2:parent_id: the node is above itself from 2024-01-01 on: world > city > north > world": lambda n: (
        n.replace("nodes.csv", "sales,world", "sales,world,Sales worldwide,,,2024-01-01").add(
            "nodes.csv", "sales,world,Sales worldwide,city,2024-01-01,2025-01-01"
        )
    ),
    "nodes.csv:7:parent_id: the node is above itself: loop > loop": lambda n: n.add(
        "nodes.csv", "sales,loop,Loop,loop"
    ),
    # files
    "location_nodes.csv: is missing; locations.csv cannot be used without it": lambda n: n.files.pop(
        "location_nodes.csv"
    ),
    "people.csv: is missing; appointments.csv cannot be used without it": lambda n: n.files.pop("people.csv"),
}


@pytest.mark.parametrize("problem", CASES)
def test_problem_is_told_with_its_place(problem: str, tmp_path: Path) -> None:
    network = SmallNetwork()
    CASES[problem](network)
    message, problems, _ = check(network.write(tmp_path))
    assert problems == [problem]
    assert message == "The network files have 1 problem; nothing was changed."


def test_dimension_that_is_nowhere_is_told_once_per_place(tmp_path: Path) -> None:
    network = (
        SmallNetwork().add("nodes.csv", "parts,depot,Depot,").add("location_nodes.csv", "L1,parts,depot,,")
    )
    network.add("representatives.csv", "U1,parts,depot,,,")
    assert check(network.write(tmp_path))[1] == [
        'nodes.csv:7:dimension_id: no dimension "parts"',
        'location_nodes.csv:5:dimension_id: no dimension "parts"',
        'representatives.csv:4:dimension_id: no dimension "parts"',
    ]


IDENTITIES = {
    "account": ("jane", "an account's homePage and name, such as https://lms.example.com|jane"),
    "mbox": ("jane@example.com", "an address such as mailto:jane@example.com"),
    "mbox_sha1sum": ("ABC", "40 hexadecimal digits in lower case"),
    "openid": ("jane", "a web address"),
    "sub": ("x" * 256, "at most 255 characters"),
    "nameid": ("x" * 257, "at most 256 characters"),
}


@pytest.mark.parametrize("form", IDENTITIES)
def test_subject_must_fit_its_form(form: str, tmp_path: Path) -> None:
    subject, meaning = IDENTITIES[form]
    folder = SmallNetwork().add("identities.csv", f"U1,nowhere,{form},{subject}").write(tmp_path)
    assert f"identities.csv:2:subject: for {form} this must be {meaning}" in check(folder)[1]


def test_all_problems_of_all_files_come_together_in_order(tmp_path: Path) -> None:
    network = SmallNetwork().add("appointments.csv", "A9,U1,L-9,tech,both,A,,").add("brands.csv", "A,Again")
    network.add("people.csv", "U9,P9,,,x,en").add("nodes.csv", "sales,town,Town,nowhere")
    message, problems, _ = check(network.write(tmp_path))
    assert problems == [
        'brands.csv:5:brand_id: "A" is in line 2 already',
        'nodes.csv:7:parent_id: no node "nowhere" in dimension "sales"',
        "people.csv:5:family_name: is empty",
        "people.csv:5:email: is not an e-mail address",
        'people.csv:5:partner_id: no partner "P9"',
        'appointments.csv:6:audience_class: "both" is none of internal, external',
        'appointments.csv:6:location_id: no location "L-9"',
    ]
    assert message == "The network files have 7 problems; nothing was changed."


def test_only_the_first_of_very_many_problems_are_shown_but_all_are_counted(tmp_path: Path) -> None:
    network = SmallNetwork().add("people.csv", *(f"V{n},P1,Ada,Lind,,?" for n in range(25_000)))
    message, problems, _ = check(network.write(tmp_path))
    assert message == "The network files have 25,000 problems; nothing was changed. The first 200 are shown."
    assert len(problems) == 200
    assert problems[0].startswith("people.csv:5:locale")


@pytest.mark.parametrize(
    ("header", "problems"),
    [
        (
            "person_id,partner_id,given_name,family_name,mail,locale",
            {"mail: there is no such column", "email: this column is missing"},
        ),
        (
            "person_id,partner_id,given_name,family_name,email,locale,locale",
            {"locale: this column is there twice"},
        ),
    ],
)
def test_header(header: str, problems: set[str], tmp_path: Path) -> None:
    folder = SmallNetwork().write(tmp_path)
    text = (folder / "people.csv").read_text(encoding="utf-8")
    (folder / "people.csv").write_text(text.replace(text.splitlines()[0], header), encoding="utf-8")
    # Nothing is said about the appointments, whose people could not be read.
    assert set(check(folder)[1]) == {f"people.csv:1:{problem}" for problem in problems}


def test_columns_may_come_in_another_order_after_a_byte_order_mark_and_with_other_line_ends(
    tmp_path: Path,
) -> None:
    folder = SmallNetwork().write(tmp_path)
    (folder / "brands.csv").write_bytes(
        "\ufeffname,brand_id\r\nAvelora,A\r\n\r\nBrundvik,B\r\nCorvantis,C\r\n".encode()
    )
    assert check(folder)[1] == []
    (folder / "brands.csv").write_bytes(
        b"name,brand_id\r\nAvelora,A\r\n\r\nBrundvik,B\r\nAgain,A\r\nCorvantis,C"
    )
    assert check(folder)[1] == ['brands.csv:5:brand_id: "A" is in line 2 already']


def test_cell_over_several_lines_does_not_shift_what_follows(tmp_path: Path) -> None:
    folder = SmallNetwork().add("brands.csv", '"D","Two\nlines"', "A,Again").write(tmp_path)
    assert check(folder)[1] == ['brands.csv:7:brand_id: "A" is in line 2 already']


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"brand_id,name\nA,Avelora\nB,Br\xfcndvik\n", "brands.csv:3: is not UTF-8 text"),
        (b"brand_id,name\nA,Avelora\nB,Brun\0dvik\n", "brands.csv:3: is not UTF-8 text"),
        (b'brand_id,name\nA,Avelora\nB,"Brund"vik\n', "brands.csv:3: is not CSV"),
        (b'brand_id,name\nA,"Avelora\n', "brands.csv:2: is not CSV"),
        (b"", "brands.csv:1:brand_id: this column is missing"),
    ],
)
def test_file_that_cannot_be_read(content: bytes, problem: str, tmp_path: Path) -> None:
    folder = SmallNetwork().write(tmp_path)
    (folder / "brands.csv").write_bytes(content)
    problems = check(folder)[1]
    assert problems[0].startswith(problem)
    assert all(re.match(r"brands\.csv", text) for text in problems)


def test_folder_without_network_files(tmp_path: Path) -> None:
    (tmp_path / "person.csv").touch()
    with pytest.raises(BadInput, match="no network files") as refused:
        check(tmp_path)
    assert refused.value.code == "no_network_files"


def test_warnings(tmp_path: Path) -> None:
    network = SmallNetwork().add(
        "positions.csv", "x,Senior AVELORA Technician,service", "y,Avelorant,service"
    )
    folder = network.write(tmp_path)
    (folder / "person.csv").touch()
    assert check(folder)[2] == [
        "person.csv: is none of the network files and was not read",
        'positions.csv:4:title: "Senior AVELORA Technician" names the brand Avelora; brands belong to appointments',
    ]
