"""Statements on their way in: the body of a request becomes validated statements, or one error that says it all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from hub.errors import BadInput, Problem
from hub.xapi.equality import statement_hash
from hub.xapi.explain import explain
from hub.xapi.instants import is_rfc_3339, parse_instant
from hub.xapi.kinds import AnyStatement, decode_statement, kind_of
from hub.xapi.problems import MAX_PROBLEMS, below
from hub.xapi.refusals import TooLarge
from hub.xapi.statement import SubStatement
from hub.xapi.strict_json import parse_json
from hub.xapi.versions import ApiVersion

MAX_STATEMENTS = 10_000
MAX_DEPTH = 100
"""Objects and arrays inside each other; whoever reads a stored statement later must not run out of stack."""

_NOT_OPENING = bytes(set(range(256)) - set(b"{["))
_MULTIPART_LATER = "is missing: this store takes no files yet, only addresses of files"


@dataclass(frozen=True)
class Incoming:
    """A statement that obeys every rule. ``raw`` is its JSON as it was sent, ``place`` where it stood in the request."""

    place: str
    raw: bytes
    statement: AnyStatement
    content_hash: str
    id_of_address: str | None = None

    @property
    def id(self) -> str | None:
        """The id in lower case, as the store compares it; None when the store is to make one."""
        return self.id_of_address if self.statement.id is msgspec.UNSET else self.statement.id.lower()

    @property
    def timestamp(self) -> datetime | None:
        """When it happened, as aware UTC; None when the sender leaves that to the store."""
        told = self.statement.timestamp
        return None if told is msgspec.UNSET else parse_instant(told)

    def under(self, id: str) -> "Incoming":
        """The same statement under an id that the sender gave elsewhere."""
        return self if self.id else replace(self, id_of_address=id)


def read_statements(body: bytes, version: ApiVersion, *, single: bool = False) -> list[Incoming]:
    """Decode and validate what was sent: one statement, or an array of them unless ``single``.

    Raises BadInput with every problem of every statement, each with its place, and TooLarge ``too_many_statements``.
    """
    try:
        return _read(body, version, single)
    except RecursionError:
        raise BadInput("too_deep", "The body is nested too deep.") from None


def _read(body: bytes, version: ApiVersion, single: bool) -> list[Incoming]:
    decoded = parse_json(body)
    if not isinstance(decoded, dict) and (single or not isinstance(decoded, list)):
        raise BadInput(
            "not_a_statement", f"The body must be a statement{'' if single else ' or an array of them'}."
        )
    if isinstance(decoded, list) and len(decoded) > MAX_STATEMENTS:
        raise TooLarge("too_many_statements", f"A request may hold {MAX_STATEMENTS} statements at most.")
    try:
        statements, problems = _check_all(decoded, body, version)
    except (msgspec.DecodeError, UnicodeEncodeError):
        # What Python reads and msgspec does not: halves of surrogate pairs, which UTF-8 cannot hold.
        raise BadInput("bad_json", "The body has characters that UTF-8 cannot hold.") from None
    if problems:
        raise BadInput(
            "bad_statement",
            "What was sent breaks rules of xAPI; nothing was stored.",
            "Correct what the problems name and send it again.",
            problems,
        )
    _refuse_repeated_ids(statements)
    return statements


def _check_all(decoded: Any, body: bytes, version: ApiVersion) -> tuple[list[Incoming], list[Problem]]:
    """The statements that are right, and what is wrong with the others."""
    if isinstance(decoded, list):
        raws = msgspec.json.decode(body, type=list[msgspec.Raw])
        parts = [(f"statements[{i}]", bytes(raw), decoded[i]) for i, raw in enumerate(raws)]
    else:
        parts = [("statement", body.strip(), decoded)]
    statements: list[Incoming] = []
    problems: list[Problem] = []
    for place, raw, value in parts:
        checked = _check(place, raw, value, version)
        if isinstance(checked, Incoming):
            statements.append(checked)
        else:
            problems += checked
        if len(problems) >= MAX_PROBLEMS:
            break
    return statements, problems[:MAX_PROBLEMS]


def _refuse_repeated_ids(statements: Sequence[Incoming]) -> None:
    seen: dict[str, str] = {}
    problems = [
        Problem(f"is also the id of {other}", f"{each.place}.id")
        for each in statements
        if each.id and (other := seen.setdefault(each.id, each.place)) != each.place
    ]
    if problems:
        raise BadInput(
            "repeated_ids", "Two statements of a batch have the same id.", problems=problems[:MAX_PROBLEMS]
        )


def _check(place: str, raw: bytes, value: Any, version: ApiVersion) -> Incoming | Sequence[Problem]:
    if not isinstance(value, dict):
        return [Problem("must be an object", place)]
    if len(raw.translate(None, _NOT_OPENING)) > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        return [Problem(f"must not be nested deeper than {MAX_DEPTH} levels", place)]
    kind = kind_of(value)
    try:
        statement = decode_statement(raw, kind)
    except msgspec.ValidationError:
        return _explain(kind, value, place, version)
    problems = [*_version_problems(value, place, version), *_attachment_problems(statement, place)]
    return problems or Incoming(place, raw, statement, statement_hash(value))


def _explain(kind: Any, value: dict[str, Any], place: str, version: ApiVersion) -> list[Problem]:
    wrong = list(explain(kind, value, place))
    known = {problem.place for problem in wrong}
    wrong += [problem for problem in _version_problems(value, place, version) if problem.place not in known]
    return wrong or [Problem("cannot be read", place)]


def _depth(value: Any) -> int:
    """How many objects and arrays stand inside each other. No recursion: the value may be as deep as Python can parse."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def _version_problems(value: dict[str, Any], place: str, version: ApiVersion) -> Iterator[Problem]:
    """What the version of the request allows or asks for, in the statement and in its SubStatement."""
    context = value.get("context")
    for name in ("contextAgents", "contextGroups"):
        if not version.is_2 and isinstance(context, dict) and name in context:
            yield Problem("is no property of xAPI 1.0.3; it came with 2.0", below(f"{place}.context", name))
    for name in ("timestamp", "stored"):
        told = value.get(name)
        if version.is_2 and isinstance(told, str) and not is_rfc_3339(told):
            yield Problem("must be written as in RFC 3339, with seconds and time zone", below(place, name))
    told = value.get("version")
    if not version.is_2 and isinstance(told, str) and not told.startswith("1."):
        yield Problem("must be 1.0 or 1.0.x in a request of xAPI 1.0.3", below(place, "version"))
    thing = value.get("object")
    if isinstance(thing, dict) and thing.get("objectType") == "SubStatement":
        yield from _version_problems(thing, f"{place}.object", version)


def _attachment_problems(statement: AnyStatement, place: str) -> Iterator[Problem]:
    """Without multipart, each attachment needs an address (1.0.3 Communication 1.5.1)."""
    parts = [(place, statement.attachments)]
    if isinstance(statement.object, SubStatement):
        parts.append((f"{place}.object", statement.object.attachments))
    for where, attachments in parts:
        for index, attachment in enumerate(attachments or ()):
            if attachment.file_url is msgspec.UNSET:
                yield Problem(_MULTIPART_LATER, f"{where}.attachments[{index}].fileUrl")
