"""Files of statements, and their lines as statements."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from hub.errors import BadInput, Problem
from hub.ids import derived_id
from hub.xapi.http.versions import ApiVersion, find_version
from hub.xapi.statements.signatures import check_signatures
from hub.xapi.storing.incoming import Incoming, read_statements
from hub.xapi.transfer.formats import FORMATS, read_lines
from hub.xapi.transfer.manifest import ATTACHMENTS, MANIFEST, read_manifest, sha256_of

_SUFFIXES = {f".{format}" for format in FORMATS} | {".jsonl"}
_HASHES = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
"""SHA-2 by the number of its hexadecimal digits."""


@dataclass(frozen=True)
class Source:
    """A file with statements, and the folder with their attachments, which need not be there."""

    path: Path
    attachments: Path

    @property
    def lines(self) -> Iterator[tuple[str, bytes]]:
        """Its statements, each with its place."""
        for number, line in read_lines(self.path):
            yield f"{self.path}:{number}", line


def find_sources(paths: Sequence[Path]) -> list[Source]:
    """The files behind what was named: files, and folders of exports, whose files must be what their manifests say.

    BadInput ``bad_files`` with every file that is missing, damaged or of an unknown kind.
    """
    found: list[Source] = []
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir() and (path / MANIFEST).is_file():
            for file in read_manifest(path).files:
                source = Source(path / file.name, path / ATTACHMENTS)
                if not source.path.is_file():
                    problems.append(Problem("is missing", str(source.path)))
                elif sha256_of(source.path) != file.sha256:
                    problems.append(
                        Problem("is not what was exported: its checksum differs", str(source.path))
                    )
                found.append(source)
        elif path.is_dir():
            problems.append(Problem(f"is a folder without {MANIFEST}; name its files", str(path)))
        elif path.suffix not in _SUFFIXES:
            problems.append(Problem(f"must end in {', '.join(sorted(_SUFFIXES))}", str(path)))
        else:
            found.append(Source(path, path.parent / ATTACHMENTS))
    if problems:
        raise BadInput("bad_files", "The files cannot be imported.", problems=problems)
    return found


@dataclass(frozen=True)
class Line:
    """A statement of a file with its version and the bytes of its attachments, as far as they lie beside it."""

    incoming: Incoming
    version: ApiVersion
    files: Mapping[str, bytes]


def read_line(place: str, line: bytes, attachments: Path, connection_id: str) -> Line:
    """The statement of a line, under an id made of its content where it has none. BadInput with every problem.

    A statement without a timestamp happened, for all anybody knows, when its first store got it.
    """
    version = _version(line)
    files = _files_of(line, attachments)
    [incoming] = read_statements(_with_timestamp(line), version, single=True, files=files)
    incoming = msgspec.structs.replace(incoming, place=place)
    damaged = [
        Problem(f"the attachment {sha2} is damaged: its bytes have another hash", "statement")
        for sha2, content in files.items()
        if hashlib.new(_HASHES[len(sha2)], content).hexdigest() != sha2
    ]
    if damaged:
        raise BadInput("bad_file", "An attachment is damaged.", problems=damaged)
    check_signatures([incoming], {sha2: memoryview(content) for sha2, content in files.items()})
    if incoming.id is None:
        incoming = incoming.under(derived_id("imported", connection_id, incoming.content_hash))
    return Line(incoming, version, files)


def _version(line: bytes) -> ApiVersion:
    """The version the statement itself names; 1.0.3 where it names none (1.0.3 Data 2.4.10)."""
    told = _peek(line).get("version")
    return (find_version(told) if isinstance(told, str) else None) or ApiVersion.V1


def _with_timestamp(line: bytes) -> bytes:
    told = _peek(line)
    stored = told.get("stored")
    if "timestamp" in told or not isinstance(stored, str):
        return line
    return line[:-1] + b',"timestamp":' + msgspec.json.encode(stored) + b"}"


def _files_of(line: bytes, folder: Path) -> dict[str, bytes]:
    """The attachments of a statement whose bytes lie in the folder."""
    if b'"sha2"' not in line or not folder.is_dir():
        return {}
    told = _peek(line)
    thing = told.get("object")
    attached = [
        *_list(told.get("attachments")),
        *_list(thing.get("attachments") if isinstance(thing, dict) else None),
    ]
    names = {str(each.get("sha2", "")).lower() for each in attached if isinstance(each, dict)}
    paths = {name: folder / name for name in sorted(names) if name.isalnum() and len(name) in _HASHES}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _peek(line: bytes) -> dict[str, Any]:
    """The object, if it is one; what is wrong with it is said by whoever checks it."""
    try:
        told = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
