"""Requests of several parts that break a rule: each gets 400 with the place of every problem, and writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadInput
from hub.journal import tables
from hub.runtime import Hub
from hub.xapi.storing.multipart import MAX_HEADER_BYTES, MAX_PARTS, Part, check_boundary, split_multipart
from hub.xapi.storing.sent import same_media_type
from tests.xapi.parts import (
    BOUNDARY,
    MULTIPART,
    attachment,
    file_part,
    json_part,
    send_parts,
    with_files,
    write_parts,
)
from tests.xapi.rig import Store, problems_of, statement

ONE = with_files(b"one")
GOOD = write_parts([json_part(ONE), file_part(b"one")])
DELIMITER = f"--{BOUNDARY}".encode()


@dataclass(frozen=True)
class Broken:
    """A body that is refused, and the problems that are told of it, by place."""

    body: bytes
    problems: Mapping[str, str]
    content_type: str = MULTIPART


def parts_of(*parts: tuple[dict[str, str], bytes]) -> bytes:
    return write_parts(parts)


FRAMING = {
    "no-boundary-named": Broken(GOOD, {"Content-Type": "has no boundary"}, "multipart/mixed"),
    "empty-boundary-named": Broken(GOOD, {"Content-Type": "has no boundary"}, 'multipart/mixed; boundary=""'),
    "boundary-of-other-characters": Broken(
        GOOD, {"Content-Type": "RFC 2046 does not allow"}, 'multipart/mixed; boundary="a*b"'
    ),
    "boundary-too-long": Broken(
        GOOD, {"Content-Type": "RFC 2046 does not allow"}, f"multipart/mixed; boundary={'a' * 71}"
    ),
    "boundary-ends-with-space": Broken(
        GOOD, {"Content-Type": "RFC 2046 does not allow"}, 'multipart/mixed; boundary="a "'
    ),
    "other-boundary": Broken(GOOD, {"body": "does not hold the boundary"}, "multipart/mixed; boundary=other"),
    "empty-body": Broken(b"", {"body": "does not hold the boundary"}),
    "json-without-parts": Broken(b"{}", {"body": "does not hold the boundary"}),
    "bare-line-feeds": Broken(
        b"\n" + GOOD.replace(b"\r\n", b"\n"), {"body": "with other characters behind it|must end with CRLF"}
    ),
    "not-closed": Broken(GOOD.removesuffix(b"--\r\n") + b"\r\n", {"body": "without the closing boundary"}),
    "cut-off-in-a-part": Broken(GOOD[: GOOD.rindex(b"one")], {"body": "without the closing boundary"}),
    "boundary-inside-a-line": Broken(
        GOOD.replace(b"\r\n" + DELIMITER + b"--", DELIMITER + b"--"), {"body": "without the closing boundary"}
    ),
    "characters-behind-a-boundary": Broken(
        GOOD.replace(DELIMITER + b"\r\n", DELIMITER + b"x\r\n"), {"body": "other characters behind it"}
    ),
    "characters-behind-the-last-boundary": Broken(
        GOOD.replace(DELIMITER + b"--\r\n", DELIMITER + b"--x\r\n"), {"body": "other characters behind it"}
    ),
    "no-parts": Broken(DELIMITER + b"--\r\n", {"body": "has no parts"}),
    "part-without-empty-line": Broken(
        DELIMITER + b"\r\nContent-Type: application/json\r\n{}\r\n" + DELIMITER + b"--\r\n",
        {"parts[0]": "has no empty line"},
    ),
    "part-of-nothing": Broken(DELIMITER + b"\r\n" + DELIMITER + b"--\r\n", {"parts[0]": "has no empty line"}),
    "line-that-is-no-header": Broken(
        parts_of(({"Content-Type": "application/json", "a b": "c"}, b"{}")),
        {"parts[0]": "no header in line 2"},
    ),
    "header-with-control-character": Broken(
        parts_of(({"Content-Type": "application/json\x00"}, b"{}")), {"parts[0]": "no header in line 1"}
    ),
    "header-that-is-not-utf-8": Broken(
        GOOD.replace(b"Content-Type: text/plain", b"Content-Type: text/\xff"), {"parts[1]": "not UTF-8"}
    ),
    "header-twice": Broken(
        GOOD.replace(b"Content-Type: text/plain", b"Content-Type: text/plain\r\ncontent-type: text/html"),
        {"parts[1].content-type": "stands twice"},
    ),
    "headers-too-long": Broken(
        parts_of(({"Content-Type": "application/json", "X": "x" * MAX_HEADER_BYTES}, b"{}")),
        {"parts[0]": f"more than {MAX_HEADER_BYTES} bytes"},
    ),
    "too-many-parts": Broken(
        parts_of(json_part(ONE), *[file_part(b"one")] * MAX_PARTS), {"body": f"more than {MAX_PARTS} parts"}
    ),
    "several-parts-at-once": Broken(
        parts_of(({"a b": "c"}, b"{}"), ({"Content-Type": "text/plain", "d e": "f"}, b"")),
        {"parts[0]": "no header in line 1", "parts[1]": "no header in line 2"},
    ),
}

HASH, ENCODING = "X-Experience-API-Hash", "Content-Transfer-Encoding"
MEANING = {
    "first-part-of-another-type": Broken(
        parts_of(({"Content-Type": "text/plain"}, json_part(ONE)[1]), file_part(b"one")),
        {"parts[0].Content-Type": "must be application/json"},
    ),
    "first-part-without-a-type": Broken(
        parts_of(({}, json_part(ONE)[1]), file_part(b"one")),
        {"parts[0].Content-Type": "must be application/json"},
    ),
    "first-part-in-another-charset": Broken(
        parts_of(({"Content-Type": "application/json; charset=latin1"}, b"{}")),
        {"parts[0].Content-Type": "must be UTF-8"},
    ),
    "first-part-encoded": Broken(
        parts_of((json_part(ONE)[0] | {ENCODING: "base64"}, json_part(ONE)[1]), file_part(b"one")),
        {f"parts[0].{ENCODING}": "must be binary"},
    ),
    "files-before-statements": Broken(
        parts_of(file_part(b"one"), json_part(ONE)),
        {
            "parts[0].Content-Type": "must be application/json",
            f"parts[1].{HASH}": "is missing",
            f"parts[1].{ENCODING}": "is missing",
        },
    ),
    "statements-in-two-parts": Broken(
        parts_of(json_part(ONE), json_part(ONE), file_part(b"one")),
        {f"parts[1].{HASH}": "is missing", f"parts[1].{ENCODING}": "is missing"},
    ),
    "no-hash": Broken(
        parts_of(json_part(ONE), file_part(b"one", X_Experience_API_Hash=None)),
        {f"parts[1].{HASH}": "is missing"},
    ),
    "hash-that-is-none": Broken(
        parts_of(json_part(ONE), file_part(b"one", X_Experience_API_Hash="x" * 64)),
        {f"parts[1].{HASH}": "must be a SHA-2"},
    ),
    "hash-of-another-length": Broken(
        parts_of(json_part(ONE), file_part(b"one", X_Experience_API_Hash="a" * 62)),
        {f"parts[1].{HASH}": "must be a SHA-2"},
    ),
    "hash-of-other-bytes": Broken(
        parts_of(json_part(ONE), (file_part(b"one")[0], b"two")), {f"parts[1].{HASH}": "is not the SHA-2"}
    ),
    "no-encoding": Broken(
        parts_of(json_part(ONE), file_part(b"one", Content_Transfer_Encoding=None)),
        {f"parts[1].{ENCODING}": "is missing"},
    ),
    "other-encoding": Broken(
        parts_of(json_part(ONE), file_part(b"one", Content_Transfer_Encoding="base64")),
        {f"parts[1].{ENCODING}": "must be binary"},
    ),
    "part-that-is-no-attachment": Broken(
        parts_of(json_part(ONE), file_part(b"one"), file_part(b"two")),
        {f"parts[2].{HASH}": "is the hash of no attachment"},
    ),
    "other-content-type": Broken(
        parts_of(json_part(ONE), file_part(b"one", Content_Type="text/html")),
        {"parts[1].Content-Type": "is not the contentType"},
    ),
    "other-charset": Broken(
        parts_of(
            json_part(statement(attachments=[attachment(b"one", contentType="text/plain; charset=ascii")])),
            file_part(b"one", Content_Type="text/plain; charset=utf-8"),
        ),
        {"parts[1].Content-Type": "is not the contentType"},
    ),
    "other-content-length": Broken(
        parts_of(json_part(ONE), file_part(b"one", Content_Length="4")),
        {"parts[1].Content-Length": "is not the length"},
    ),
    "statement-that-breaks-a-rule": Broken(
        parts_of(json_part(ONE | {"verb": {}}), file_part(b"one")), {"statement.verb.id": "is missing"}
    ),
    "several-at-once": Broken(
        parts_of(
            json_part(ONE),
            file_part(b"one", Content_Transfer_Encoding="base64", X_Experience_API_Hash=None),
            file_part(b"two", Content_Transfer_Encoding=None),
        ),
        {
            f"parts[1].{ENCODING}": "must be binary",
            f"parts[1].{HASH}": "is missing",
            f"parts[2].{ENCODING}": "is missing",
        },
    ),
}


@pytest.mark.parametrize(
    "broken", [pytest.param(each, id=name) for name, each in (FRAMING | MEANING).items()]
)
def test_each_is_refused_with_the_place_of_every_problem(hub: Hub, store: Store, broken: Broken) -> None:
    answer = store.post(broken.body, content_type=broken.content_type)
    assert answer.status_code == 400, answer.text
    found = problems_of(answer)
    assert found.keys() == broken.problems.keys(), found
    for place, words in broken.problems.items():
        assert any(each in found[place] for each in words.split("|")), found
    with hub.reading() as uow:
        assert not uow.connection.scalar(sa.select(sa.func.count()).select_from(tables.statement))
        refused = sa.select(tables.audit.c.reason).where(tables.audit.c.outcome == "refused")
        assert list(uow.connection.scalars(refused)) == [answer.json["code"]]
    assert not list(hub.blobs.list_blobs(f"attachments/{store.connection_id}"))


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "multipart/related; boundary=x", "text/plain", ""]
)
def test_other_types_are_refused(store: Store, kind: str) -> None:
    answer = store.post(GOOD, content_type=kind)
    assert (answer.status_code, answer.json["code"]) == (400, "bad_content_type")


@dataclass(frozen=True)
class Good:
    """A body that is taken although it looks unusual."""

    body: bytes
    content_type: str = MULTIPART


ACCEPTED = {
    "preamble-and-epilogue": Good(b"This is for people.\r\n" + GOOD + b"So is this.\r\n"),
    "line-break-before-the-first-boundary": Good(b"\r\n" + GOOD),
    "no-line-break-after-the-last-boundary": Good(GOOD.removesuffix(b"\r\n")),
    "padding-behind-boundaries": Good(
        GOOD.replace(DELIMITER + b"\r\n", DELIMITER + b" \t\r\n").replace(
            DELIMITER + b"--", DELIMITER + b"-- "
        )
    ),
    "boundary-without-quotes": Good(
        write_parts([json_part(ONE), file_part(b"one")], "-------314159"),
        "multipart/mixed; boundary=-------314159",
    ),
    "type-in-capitals": Good(GOOD, MULTIPART.replace("multipart/mixed", "Multipart/Mixed")),
    "folded-header": Good(GOOD.replace(b"Content-Type: text/plain", b"Content-Type:\r\n  text/plain")),
    "headers-in-capitals-without-space": Good(
        GOOD.replace(b"Content-Transfer-Encoding: binary", b"CONTENT-TRANSFER-ENCODING:Binary")
    ),
    "other-headers": Good(write_parts([json_part(ONE), file_part(b"one", Content_Disposition="attachment")])),
    "part-without-a-type": Good(write_parts([json_part(ONE), file_part(b"one", Content_Type=None)])),
    "part-with-its-length": Good(write_parts([json_part(ONE), file_part(b"one", Content_Length="3")])),
    "part-with-fewer-parameters": Good(
        write_parts(
            [
                json_part(
                    statement(attachments=[attachment(b"one", contentType="text/plain; charset=ascii")])
                ),
                file_part(b"one"),
            ]
        )
    ),
    "first-part-says-utf-8": Good(
        write_parts(
            [({"Content-Type": "application/json;charset=UTF-8"}, json_part(ONE)[1]), file_part(b"one")]
        )
    ),
    # Clients that conform to the suite state lengths that are wrong; the hash proves what came.
    "another-length-in-the-attachment": Good(
        write_parts([json_part(statement(attachments=[attachment(b"one", length=7)])), file_part(b"one")])
    ),
}


@pytest.mark.parametrize("good", [pytest.param(each, id=name) for name, each in ACCEPTED.items()])
def test_what_is_unusual_but_right_is_taken(store: Store, good: Good) -> None:
    answer = store.post(good.body, content_type=good.content_type)
    assert answer.status_code == 200, answer.text


def test_one_of_two_attachments_with_the_same_bytes_may_match(store: Store) -> None:
    told = statement(attachments=[attachment(b"one"), attachment(b"one", contentType="text/html")])
    assert send_parts(store, json_part(told), file_part(b"one", Content_Type="text/html")).status_code == 200


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5), st.binary(max_size=20))
def test_parts_come_apart_as_they_were_put_together(contents: list[bytes], piece: bytes) -> None:
    contents = [content + piece for content in contents]
    boundary = "b" * 40
    body = write_parts([({"Content-Type": "x/y"}, content) for content in contents], boundary)
    found = split_multipart(body, check_boundary(boundary))
    assert [bytes(part.content) for part in found] == contents


@given(st.binary(max_size=300), st.integers(0, 300))
def test_no_body_makes_the_parser_fail(garbage: bytes, at: int) -> None:
    """Whatever stands in the middle of a good body: parts, or BadInput with a place."""
    body = GOOD[:at] + garbage + GOOD[at:]
    parts, places = take_apart(body)
    assert (parts is None) == bool(places)
    assert all(places)
    assert sum(len(part.content) for part in parts or ()) <= len(body)


def take_apart(body: bytes) -> tuple[list[Part] | None, list[str]]:
    """The parts, or the places of what is wrong."""
    try:
        return split_multipart(body, BOUNDARY.encode()), []
    except BadInput as error:
        return None, [problem.place for problem in error.problems]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("text/plain", "TEXT/Plain", True),
        ("text/plain", "text/html", False),
        ("text/plain; charset=ascii", "text/plain", True),
        ("text/plain; charset=ASCII", 'text/plain;charset="ascii"', True),
        ("text/plain; charset=ascii", "text/plain; charset=utf-8", False),
        ("text/plain; a=b", "text/plain; c=d", True),
    ],
)
def test_media_types_agree(one: str, other: str, same: bool) -> None:
    assert same_media_type(one, other) is same
    assert same_media_type(other, one) is same
