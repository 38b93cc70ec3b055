"""What a PUT or POST of statements brings: their JSON, and the bytes of attachments in further parts.

(xAPI 1.0.3 Communication 1.5; 2.0, 4.1.3.)
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug.http import parse_options_header

from hub.errors import BadInput, Problem
from hub.xapi.http.request import Request
from hub.xapi.statements.attachments_told import all_attachments
from hub.xapi.statements.problems import MAX_PROBLEMS
from hub.xapi.statements.statement import Attachment
from hub.xapi.storing.multipart import Part, check_boundary, split_multipart

if TYPE_CHECKING:
    from hub.xapi.storing.incoming import Incoming

HASH = "X-Experience-API-Hash"
_ENCODING = "Content-Transfer-Encoding"
_ALGORITHMS = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
"""SHA-2 by the number of its hexadecimal digits."""
_PLAIN = ("", "7bit", "8bit", "binary")


@dataclass(frozen=True)
class Sent:
    """The body of a request. ``parts`` are those with attachments, each of which is what its hash says."""

    json: bytes
    parts: Sequence[Part] = ()
    files: Mapping[str, memoryview] = field(default_factory=dict)
    """The bytes of the attachments by their SHA-2 (lower case)."""


def read_sent(request: Request) -> Sent:
    """The statements and attachments of a request.

    Raises BadInput ``bad_content_type`` for anything but application/json in UTF-8 and multipart/mixed, and
    ``bad_multipart`` or ``bad_parts`` with everything that is wrong with the parts, each problem with its place.
    """
    kind, parameters = request.media_type
    if kind != "multipart/mixed":
        return Sent(request.json_body())
    boundary = check_boundary(parameters.get("boundary"))
    first, *others = split_multipart(request.body(), boundary)
    problems = [*_first_part_problems(first), *(p for part in others for p in _part_problems(part))]
    if problems:
        raise _bad_parts(problems)
    return Sent(bytes(first.content), others, {_hash(part): part.content for part in others})


def check_parts(sent: Sent, incoming: "Sequence[Incoming]") -> None:
    """Every part must be an attachment of a statement and say the same of it. BadInput ``bad_parts``.

    That every attachment has its part or an address is checked with the statements. The length that a statement
    states is not compared with the bytes: their hash proves more, and conforming clients state wrong ones.
    """
    if not sent.parts:
        return
    attached: dict[str, list[Attachment]] = {}
    for each in incoming:
        for _, attachment in all_attachments(each.statement, each.place):
            attached.setdefault(attachment.sha2.lower(), []).append(attachment)
    problems = [p for part in sent.parts for p in _match_problems(part, attached.get(_hash(part), []))]
    if problems:
        raise _bad_parts(problems)


def same_media_type(one: str, other: str) -> bool:
    """Whether two media types agree: the same type, and no parameter that both have with different values."""
    kind, parameters = parse_options_header(one)
    other_kind, others = parse_options_header(other)
    if kind.lower() != other_kind.lower():
        return False
    return all(value.lower() == others.get(name, value).lower() for name, value in parameters.items())


def _first_part_problems(part: Part) -> Iterator[Problem]:
    kind, parameters = parse_options_header(part.headers.get("content-type"))
    if kind.lower() != "application/json":
        yield Problem(
            "must be application/json: the first part holds the statements", f"{part.place}.Content-Type"
        )
    elif parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        yield Problem("must be UTF-8", f"{part.place}.Content-Type")
    if part.headers.get(_ENCODING.lower(), "").lower() not in _PLAIN:
        yield Problem("must be binary", f"{part.place}.{_ENCODING}")


def _part_problems(part: Part) -> Iterator[Problem]:
    encoding = part.headers.get(_ENCODING.lower())
    if encoding is None or encoding.lower() != "binary":
        yield Problem("is missing" if encoding is None else "must be binary", f"{part.place}.{_ENCODING}")
    place, told = f"{part.place}.{HASH}", _hash(part)
    if not told:
        yield Problem("is missing", place)
    elif len(told) not in _ALGORITHMS or not set(told) <= set("0123456789abcdef"):
        yield Problem("must be a SHA-2 in hexadecimal digits", place)
    elif _ALGORITHMS[len(told)](part.content).hexdigest() != told:
        yield Problem("is not the SHA-2 of the part's content", place)


def _match_problems(part: Part, attachments: Sequence[Attachment]) -> Iterator[Problem]:
    """What both, a header and the attachment object, say must be the same (1.0.3 Communication 1.5.2.s2.b2.b7)."""
    if not attachments:
        yield Problem("is the hash of no attachment of these statements", f"{part.place}.{HASH}")
        return
    kind = part.headers.get("content-type")
    if kind is not None and not any(same_media_type(kind, each.content_type) for each in attachments):
        yield Problem("is not the contentType of the attachment", f"{part.place}.Content-Type")
    length = part.headers.get("content-length")
    if length is not None and not any(length == str(int(each.length)) for each in attachments):
        yield Problem("is not the length of the attachment", f"{part.place}.Content-Length")


def _hash(part: Part) -> str:
    return part.headers.get(HASH.lower(), "").lower()


def _bad_parts(problems: Sequence[Problem]) -> BadInput:
    return BadInput(
        "bad_parts",
        "The parts of the request break rules of xAPI; nothing was stored.",
        "Correct what the problems name and send it again.",
        problems[:MAX_PROBLEMS],
    )
