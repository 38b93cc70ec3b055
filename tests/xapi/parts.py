"""Requests of several parts, as they stand in their bytes, and the parts of answers."""

import hashlib
import json
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from typing import Any

from tests.xapi.rig import ATTACHMENT, GONE, Answer, Store, changed, statement

BOUNDARY = "abcABC0123'()+_,-./:=?"
MULTIPART = f'multipart/mixed; boundary="{BOUNDARY}"'

Headers = dict[str, str]


def sha256(content: bytes) -> str:
    """The hash of a file, as an attachment names it."""
    return hashlib.sha256(content).hexdigest()


def attachment(content: bytes, **parts: Any) -> dict[str, Any]:
    """An attachment without an address, with other or more parts."""
    told = {"contentType": "text/plain", "length": len(content), "sha2": sha256(content), "fileUrl": GONE}
    return changed(ATTACHMENT, told | parts)


def with_files(*contents: bytes, **parts: Any) -> dict[str, Any]:
    """A statement whose attachments are these files."""
    return statement(attachments=[attachment(content) for content in contents], **parts)


def json_part(statements: Any) -> tuple[Headers, bytes]:
    """The first part."""
    return {"Content-Type": "application/json"}, json.dumps(statements).encode()


def file_part(content: bytes, **headers: str | None) -> tuple[Headers, bytes]:
    """A part with an attachment, with other or more headers (underscores for hyphens), or without those that are None."""
    given: dict[str, str | None] = {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": sha256(content),
    }
    given.update({name.replace("_", "-"): value for name, value in headers.items()})
    return {name: value for name, value in given.items() if value is not None}, content


def write_parts(parts: Sequence[tuple[Headers, bytes]], boundary: str = BOUNDARY) -> bytes:
    """The body of a request."""
    body = bytearray()
    for headers, content in parts:
        lines = [f"--{boundary}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        body += "\r\n".join(lines).encode() + content + b"\r\n"
    return bytes(body) + f"--{boundary}--\r\n".encode()


def send_parts(store: Store, *parts: tuple[Headers, bytes]) -> Answer:
    """POST parts."""
    return store.post(write_parts(parts), content_type=MULTIPART)


def send_files(store: Store, statements: Any, *contents: bytes) -> Answer:
    """POST statements with the files that belong to them."""
    return send_parts(store, json_part(statements), *map(file_part, contents))


def read_parts(answer: Answer) -> list[tuple[Headers, bytes]]:
    """The headers and bytes of the parts of an answer, read as RFC 2046 says."""
    kind, _, boundary = answer.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/mixed"
    delimiter = f"\r\n--{boundary}".encode()
    before, *parts, after = (b"\r\n" + answer.data).split(delimiter)
    assert (before, after) == (b"", b"--\r\n")
    found = []
    for part in parts:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found.append((dict(BytesHeaderParser().parsebytes(head).items()), content))
    return found
