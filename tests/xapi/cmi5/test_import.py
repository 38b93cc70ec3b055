"""Packages are checked whole, every problem is named with its place, and what is right is imported once."""

import io
import struct
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hub.errors import BadInput, Missing
from hub.training.courses.offerings import find_offering
from hub.xapi.cmi5 import package as limits
from hub.xapi.cmi5.import_course import import_course
from hub.xapi.cmi5.package import read_package
from hub.xapi.cmi5.structure import in_language
from hub.xapi.cmi5.zip_entries import count_entries
from tests.xapi.cmi5.packages import AU, COURSE, NAMESPACE, au, block, course, package, texts
from tests.xapi.cmi5.rig import Courses

OBJECTIVES = f'<objectives><objective id="{COURSE}/stop">{texts("Stop")}</objective></objectives>'
FULL = course(
    OBJECTIVES,
    block(
        "basics",
        f'<au id="{COURSE}/discs" moveOn="CompletedAndPassed" masteryScore="0.75" launchMethod="OwnWindow"'
        f' activityType="http://adlnet.gov/expapi/activities/lesson">{texts("Discs")}'
        f'<objectives><objective idref="{COURSE}/stop"/></objectives>'
        "<url>\n  discs/start.html?lang=en#top\n </url><launchParameters> fast=1 </launchParameters>"
        "<entitlementKey>k-1</entitlementKey></au>",
        block("more", au("deep", url="https://content.example/deep?x=1")),
    ),
    au("quiz", moveOn="Passed"),
    extra='<x:note xmlns:x="https://other.example/x"><x:any deep="1">text</x:any></x:note>',
)
FILES = {"index.html": b"<h1>Quiz</h1>", "discs/start.html": b"<h1>Discs</h1>"}


def refused(content: bytes) -> dict[str, str]:
    """Messages by place."""
    with pytest.raises(BadInput) as error:
        read_package(content)
    assert error.value.code == "bad_course"
    found: dict[str, str] = {}
    for problem in error.value.problems:
        found[problem.place] = f"{found.get(problem.place, '')}{problem.message}\n"
    return found


def test_everything_the_schema_knows_is_read() -> None:
    read = read_package(package(FULL, FILES)).structure
    assert (read.id, in_language(read.title, "de"), in_language(read.title, "fr")) == (
        COURSE,
        "Brake systems (deutsch)",
        "Brake systems",
    )
    assert [part.id.rpartition("/")[2] for part in read.parts()] == [
        "basics",
        "discs",
        "more",
        "deep",
        "quiz",
    ]
    discs = read.aus[0]
    assert discs.url == "discs/start.html?lang=en#top"
    assert (discs.move_on, discs.mastery_score, discs.launch_method) == (
        "CompletedAndPassed",
        0.75,
        "OwnWindow",
    )
    assert (discs.launch_parameters, discs.entitlement_key) == ("fast=1", "k-1")
    assert discs.objectives == (f"{COURSE}/stop",)
    deep = read.aus[1]
    assert (deep.move_on, deep.mastery_score, deep.launch_method) == ("NotApplicable", None, "AnyWindow")


def test_a_structure_needs_no_package_and_may_have_a_thousand_units() -> None:
    many = course(*(au(f"au-{n}", url=f"https://content.example/{n}") for n in range(1500)))
    assert len(read_package(many).structure.aus) == 1500


def test_a_big_zip_in_the_64_bit_format_is_read() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in {"cmi5.xml": course(), "index.html": b"x"}.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(body)
    assert read_package(content.getvalue()).names == ("cmi5.xml", "index.html")


WRONG: dict[str, tuple[str, str, str]] = {
    # what to replace in a right structure, by what, and what the problem says
    "no id": (f' id="{AU}"', "", "au needs an id that is a full IRI"),
    "an id that is no IRI": (f'id="{AU}"', 'id="au 1"', "au needs an id that is a full IRI"),
    "an id twice": (f'id="{AU}"', f'id="{COURSE}"', "which line 3 has too"),
    "an id that is too long": (AU, AU + "x" * 300, "an id of at most 300 characters"),
    "moveOn": ("CompletedOrPassed", "Completed or passed", "it must be one of NotApplicable, Passed"),
    "masteryScore over 1": ("moveOn=", 'masteryScore="1.1" moveOn=', "must be a decimal number from 0 to 1"),
    "masteryScore below 0": ("moveOn=", 'masteryScore="-0.1" moveOn=', "a decimal number from 0 to 1"),
    "masteryScore in words": ("moveOn=", 'masteryScore="1e-1" moveOn=', "a decimal number from 0 to 1"),
    "launchMethod": ("moveOn=", 'launchMethod="Popup" moveOn=', "it must be one of AnyWindow, OwnWindow"),
    "activityType": ("moveOn=", 'activityType="lesson" moveOn=', "which is no IRI"),
    "an unknown attribute": ("moveOn=", 'move-on="x" moveOn=', "au has no attribute move-on"),
    "an unknown element": ("<url>", "<uri/><url>", "uri does not belong into au"),
    "no title": (texts("Brakes"), "", "au needs a title"),
    "a title without text": (
        texts("Brakes").partition("<description>")[0],
        "<title></title>",
        "title needs a langstring",
    ),
    "a language that is none": ('lang="de-DE">Brakes', 'lang="de_DE">Brakes', "which is no language tag"),
    "no url": ("<url>index.html</url>", "", "au needs a url"),
    "two urls": ("<url>", "<url>index.html</url><url>", "au has more than one url"),
    "an empty url": ("index.html", "", "must be a URL"),
    "a file that is not there": ("index.html", "start.html", "names the file 'start.html'"),
    "a script as url": ("index.html", "javascript:alert(1)", "must begin with http:// or https://"),
    "a url without scheme": ("index.html", "//evil.example/x", "must begin with http:// or https://"),
    "a url with a user": ("index.html", "https://a@evil.example/x", "must begin with http:// or https://"),
    "a path out of the package": ("index.html", "../index.html", "names the file '../index.html'"),
    "a parameter of the launch": ("index.html", "index.html?fetch=x", "the query parameter fetch"),
    "an order that is wrong": (
        "<url>index.html</url>",
        "<url>index.html</url><objectives/>",
        "objectives stands too late in au",
    ),
    "an objective nobody lists": (
        "<url>",
        f'<objectives><objective idref="{COURSE}/none"/></objectives><url>',
        "which the course does not list",
    ),
    "no parts": (au(moveOn="CompletedOrPassed"), "", "courseStructure needs a au or block"),
    "an empty block": (au(moveOn="CompletedOrPassed"), block("empty"), "block needs a au or block"),
    "text between elements": ("<url>", "words<url>", "au must not hold text of its own"),
}


@pytest.mark.parametrize("which", WRONG)
def test_what_breaks_a_rule_is_named_with_its_line(which: str) -> None:
    old, new, message = WRONG[which]
    right = course().decode()
    assert right.count(old) >= 1
    found = refused(package(right.replace(old, new, 1).encode()))
    [place] = [place for place, said in found.items() if message in said]
    assert place.startswith("line ")
    assert "courseStructure" in place


def test_all_problems_are_told_at_once() -> None:
    found = refused(package(course(au("a", moveOn="x"), au("b", masteryScore="2"), block("c"))))
    assert len(found) == 3, found


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(b"<courseStructure", id="broken"),
        pytest.param(course().replace(NAMESPACE.encode(), b"urn:other"), id="another namespace"),
        pytest.param(course().replace(b"courseStructure", b"course"), id="another root"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY a "b">]>' + course()[39:], id="document type"),
        pytest.param(
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><courseStructure>&a;'
            b"</courseStructure>",
            id="external entity",
        ),
        pytest.param(course(*["<block>"] * 200), id="nested too deep"),
        pytest.param(b'<?xml version="1.0" encoding="x-none"?><a/>', id="unknown encoding"),
        pytest.param(course().replace(b"Brakes", b"\xff\xfe"), id="no UTF-8"),
        pytest.param(b"", id="empty"),
    ],
)
def test_what_is_no_course_structure_is_refused(xml: bytes) -> None:
    assert refused(package(xml))
    assert refused(xml)


def test_a_bare_structure_needs_full_addresses() -> None:
    assert "there is no package around this file" in "".join(refused(course()).values())


def damaged(**options: Any) -> bytes:
    content = bytearray(package())
    for marker, offset, value in options["changes"]:
        at = content.rindex(marker)
        content[at + offset : at + offset + len(value)] = value
    return bytes(content)


CENTRAL = b"PK\x01\x02"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(package(files={"../x.html": b""}), "no plain relative name", id="out of the folder"),
        pytest.param(package(files={"/x.html": b""}), "no plain relative name", id="absolute"),
        pytest.param(package(files={"C:/x.html": b""}), "no plain relative name", id="a drive"),
        pytest.param(package(files={"a\\..\\b": b""}), "no plain relative name", id="backslashes"),
        pytest.param(package(files={"a//b": b""}), "no plain relative name", id="an empty part"),
        pytest.param(b"PK\x03\x04 nothing", "damaged zip file", id="no zip"),
        pytest.param(package()[:-30], "damaged zip file", id="cut off"),
        pytest.param(damaged(changes=[(CENTRAL, 8, struct.pack("<H", 1))]), "is encrypted", id="encrypted"),
        pytest.param(
            damaged(changes=[(CENTRAL, 24, struct.pack("<I", 2_000_000_000))]),
            "is larger than 100 MB",
            id="a bomb",
        ),
        pytest.param(
            damaged(changes=[(CENTRAL, 16, b"\0\0\0\0")]), "damaged zip file", id="a wrong checksum"
        ),
        pytest.param(
            damaged(changes=[(CENTRAL, 10, struct.pack("<H", 12))]), "stored or deflated", id="bzip2"
        ),
        pytest.param(
            damaged(changes=[(CENTRAL, 38, struct.pack("<I", 0o120777 << 16))]), "is a link", id="a link"
        ),
    ],
)
def test_packages_that_could_do_harm_are_refused(content: bytes, message: str) -> None:
    assert message in "".join(refused(content).values())


def test_a_package_without_its_structure_or_with_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("course/cmi5.xml", course())
    assert refused(content.getvalue()) == {"package": "has no file cmi5.xml at its root\n"}
    monkeypatch.setattr(limits, "MAX_FILES", 2)
    assert "more than 2 files" in "".join(refused(package(FULL, FILES)).values())
    monkeypatch.setattr(limits, "MAX_UNPACKED", 10)
    assert "unpacks to more than" in "".join(refused(package()).values())
    monkeypatch.setattr(limits, "MAX_PACKAGE", 10)
    assert "is larger than" in "".join(refused(package()).values())


def many_entries(count: int, *, told: int | None = None) -> bytes:
    """A zip file of empty files, whose record at the end tells another number of them."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for n in range(count):
            archive.writestr(f"{n}", b"")
    packed = bytearray(content.getvalue())
    if told is not None:
        packed[-14:-10] = struct.pack("<HH", told, told)
    return bytes(packed)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(many_entries(limits.MAX_FILES + 1), id="16 bits"),
        pytest.param(many_entries(70_000), id="64 bits"),
        pytest.param(many_entries(limits.MAX_FILES + 1, told=1), id="told to be one"),
    ],
)
def test_a_package_with_too_many_entries_is_refused_before_they_are_read(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_archive(*_: object) -> None:
        raise AssertionError("the list of entries was read")

    monkeypatch.setattr(zipfile, "ZipFile", open_archive)
    assert "more than 20000 files" in "".join(refused(content).values())


def test_no_entry_escapes_the_count() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for n in range(5):
            archive.writestr(f"{n}/", b"")
        archive.comment = b"with a comment"
    for plain in (content.getvalue(), b"before it" + content.getvalue()):
        assert count_entries(plain) >= 5
    assert count_entries(many_entries(70_000)) == 70_000
    assert count_entries(b"PK") == count_entries(b"") == 0


def test_a_course_becomes_one_offering_and_the_same_package_changes_nothing(courses: Courses) -> None:
    first = courses.read(package(FULL, FILES))
    assert (first.outcome, first.key, first.aus, first.blocks, first.files) == (
        "added",
        "brake-systems",
        3,
        2,
        2,
    )
    courses.clock.advance(hours=1)
    again = courses.read(package(FULL, dict(reversed(FILES.items()))))
    assert (again.outcome, again.key) == ("unchanged", "brake-systems")
    assert courses.add(package(FULL, FILES), key="brake-systems")
    nodes = courses.nodes("brake-systems")
    assert list(nodes) == ["basics", "discs", "more", "deep", "quiz"]
    assert not {node.activity_id for node in nodes.values()} & {node.publisher_id for node in nodes.values()}
    assert nodes["deep"].parent_id == nodes["more"].id


def test_a_dry_run_says_what_would_happen_and_writes_nothing(courses: Courses) -> None:
    assert courses.read(package(FULL, FILES), dry_run=True).outcome == "added"
    with courses.hub.reading() as uow, pytest.raises(Missing):
        find_offering(uow, "brake-systems")
    assert not Path(urlsplit(courses.hub.settings.storage_url).path).exists()


def test_a_new_version_keeps_ids_and_takes_out_what_it_lost(courses: Courses) -> None:
    courses.add(package(FULL, FILES))
    before = courses.nodes()
    changed = courses.read(package(course(au("quiz", "The quiz", moveOn="Completed"))))
    assert (changed.outcome, changed.key, changed.removed) == ("changed", "brakes", 4)
    after = courses.nodes()
    assert list(after) == ["quiz"]
    assert after["quiz"].activity_id == before["quiz"].activity_id
    assert after["quiz"].title["en-US"] == "The quiz"


def test_keys_and_connections_that_cannot_be_used_are_refused(courses: Courses) -> None:
    with pytest.raises(BadInput, match="no connection for cmi5 courses"):
        import_course(courses.hub, package(), "lms-north")
    with pytest.raises(BadInput, match="already the key of another course"):
        courses.read(package(), key="brake-safety")  # LMS North's
