"""Taking a multipart/mixed body apart, strictly and in bounded time and memory (RFC 2046, section 5.1).

The standard library's parser reads mail: it works on text, forgives what is broken and copies. Werkzeug's reads forms,
whose parts have names. Here the parts are views of the body, which itself was bounded when it was received.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.errors import BadInput, Problem
from hub.xapi.statements.problems import MAX_PROBLEMS

MAX_PARTS = 1_000
MAX_HEADER_BYTES = 8 * 1024
"""Of all headers of a part together."""

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_HEADER = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_AFTER_DELIMITER = re.compile(rb"(--)?[ \t]*(\r\n|\Z)")
_FOLDED = re.compile(r"\r\n[ \t]+")


@dataclass(frozen=True)
class Part:
    """One part: where it stood in the request, its headers by name in lower case, and its bytes as they came."""

    place: str
    headers: Mapping[str, str]
    content: memoryview


def check_boundary(boundary: str | None) -> bytes:
    """The boundary that a Content-Type names, as bytes. BadInput ``bad_multipart`` if it names none or no good one."""
    if boundary is None or not _BOUNDARY.fullmatch(boundary):
        wrong = "has no boundary" if not boundary else "has a boundary that RFC 2046 does not allow"
        raise _broken(Problem(wrong, "Content-Type"))
    return boundary.encode()


def split_multipart(body: bytes, boundary: bytes) -> list[Part]:
    """The parts of a body. BadInput ``bad_multipart`` with everything that is wrong with its delimiters and headers."""
    view = memoryview(body)
    parts: list[Part] = []
    problems: list[Problem] = []
    for index, (start, end) in enumerate(_spans(body, boundary)):
        place = f"parts[{index}]"
        # The empty line may be the first: a part needs no headers.
        blank = body.find(b"\r\n\r\n", start - 2, min(end, start + MAX_HEADER_BYTES) + 2)
        if blank < 0:
            long = end - start > MAX_HEADER_BYTES
            problems.append(
                Problem(
                    f"has headers of more than {MAX_HEADER_BYTES} bytes, or no empty line (CRLF) after them"
                    if long
                    else "has no empty line (CRLF) between headers and content",
                    place,
                )
            )
            continue
        headers, wrong = _read_headers(body[start:blank] if blank > start else b"", place)
        problems += wrong
        parts.append(Part(place, headers, view[blank + 4 : max(end, blank + 4)]))
    if problems:
        raise _broken(*problems[:MAX_PROBLEMS])
    return parts


def _spans(body: bytes, boundary: bytes) -> Iterator[tuple[int, int]]:
    """From where to where the parts go, headers included. What stands before the first and after the last is ignored."""
    delimiter = b"--" + boundary
    at = 0 if body.startswith(delimiter) else body.find(b"\r\n" + delimiter) + 2
    if at == 1:
        hint = "; lines must end with CRLF" if b"\n" + delimiter in body else ""
        raise _broken(Problem(f"does not hold the boundary of its Content-Type{hint}", "body"))
    count = 0
    while True:
        after = _AFTER_DELIMITER.match(body, at + len(delimiter))
        if after is None:
            raise _broken(Problem(f"has a boundary with other characters behind it at byte {at}", "body"))
        if after[1]:
            break
        start = after.end()
        # A part of no bytes at all: its delimiter's CRLF is also the beginning of the next delimiter.
        found = body.find(b"\r\n" + delimiter, start - 2)
        if found < 0:
            raise _broken(Problem("ends without the closing boundary", "body"))
        if count == MAX_PARTS:
            raise _broken(Problem(f"must not have more than {MAX_PARTS} parts", "body"))
        yield start, max(found, start)
        count, at = count + 1, found + 2
    if not count:
        raise _broken(Problem("has no parts", "body"))


def _read_headers(block: bytes, place: str) -> tuple[dict[str, str], list[Problem]]:
    headers: dict[str, str] = {}
    problems: list[Problem] = []
    try:
        lines = _FOLDED.sub(" ", block.decode("utf-8")).split("\r\n") if block else []
    except UnicodeDecodeError:
        return {}, [Problem("has headers that are not UTF-8", place)]
    for number, line in enumerate(lines, start=1):
        header = _HEADER.fullmatch(line)
        if header is None:
            problems.append(Problem(f"has no header in line {number}, but something else", place))
        elif headers.setdefault(header[1].lower(), header[2].rstrip(" \t")) != header[2].rstrip(" \t"):
            problems.append(Problem("stands twice", f"{place}.{header[1]}"))
    return headers, problems


def _broken(*problems: Problem) -> BadInput:
    return BadInput(
        "bad_multipart",
        "The parts of the request cannot be told apart; nothing was stored.",
        "Send multipart/mixed as RFC 2046 describes it, with CRLF at the ends of lines.",
        problems,
    )
