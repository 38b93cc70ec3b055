"""Statements on their way in: the body of a request becomes validated statements, or one error that says it all."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from hub.errors import BadInput, Problem
from hub.journal.find_keys import find_keys
from hub.journal.terms import Key
from hub.xapi.http.refusals import TooLarge
from hub.xapi.http.versions import ApiVersion
from hub.xapi.statements.attachments_told import all_attachments, unsent_files
from hub.xapi.statements.equality import statement_hash
from hub.xapi.statements.explain import explain
from hub.xapi.statements.instants import is_rfc_3339, parse_instant
from hub.xapi.statements.kinds import AnyStatement, decode_statement, guess_statement, kind_of
from hub.xapi.statements.problems import MAX_PROBLEMS, below
from hub.xapi.statements.statement import SubStatement
from hub.xapi.statements.strict_json import NotPlain, check_keys, has_more_parts, parse_json, parse_slowly

MAX_STATEMENTS = 10_000
MAX_PARTS = 1_000_000
"""Objects, arrays and what stands in them, of a body: each takes fifty bytes and more once it is a value.

Ten thousand statements of an ordinary kind have less than half of it.
"""
MAX_DEPTH = 100
"""Objects and arrays inside each other; whoever reads a stored statement later must not run out of stack."""

_RAW_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


class Incoming(msgspec.Struct, frozen=True):
    """A statement that obeys every rule.

    ``raw`` is its JSON as it was sent, ``place`` where it stood in the request, ``keys`` what it can be found by but for
    its authority.
    """

    place: str
    raw: bytes
    statement: AnyStatement
    keys: set[Key]
    id_of_address: str | None = None
    files: frozenset[str] = frozenset()
    """SHA-2 (lower case) of those of its attachments whose bytes came with the request."""

    @property
    def id(self) -> str | None:
        """The id in lower case, as the store compares it; None when the store is to make one."""
        return self.id_of_address if self.statement.id is msgspec.UNSET else self.statement.id.lower()

    @property
    def content_hash(self) -> str:
        """The same for all that is the same statement; worked out anew each time."""
        return statement_hash(self.decoded)

    @property
    def decoded(self) -> dict[str, Any]:
        """Its JSON as a value; made anew each time, because that takes several times the room."""
        value: dict[str, Any] = parse_json(self.raw)
        return value

    @property
    def timestamp(self) -> datetime | None:
        """When it happened, as aware UTC; None when the sender leaves that to the store."""
        told = self.statement.timestamp
        return None if told is msgspec.UNSET else parse_instant(told)

    def under(self, id: str) -> "Incoming":
        """The same statement under an id that the sender gave elsewhere."""
        return self if self.id else msgspec.structs.replace(self, id_of_address=id)


def read_statements(
    body: bytes, version: ApiVersion, *, single: bool = False, files: Collection[str] = ()
) -> list[Incoming]:
    """Decode and validate what was sent: one statement, or an array of them unless ``single``.

    ``files`` are the SHA-2 (lower case) of the attachments whose bytes came with them.
    Raises BadInput with every problem of every statement, each with its place, and TooLarge ``too_many_statements`` and
    ``too_many_parts``.
    """
    if has_more_parts(body, MAX_PARTS):
        raise TooLarge(
            "too_many_parts",
            f"The body has more than {MAX_PARTS:,} objects, arrays and values in them.",
            "Send fewer statements at a time.",
        )
    try:
        known = frozenset(files)
        statements = _read_plain(body, version, single, known)
        if statements is None:
            statements = _read_carefully(body, version, single, known)
    except RecursionError:
        raise BadInput("too_deep", "The body is nested too deep.") from None
    _refuse_repeated_ids(statements)
    return statements


def _read_plain(
    body: bytes, version: ApiVersion, single: bool, files: frozenset[str]
) -> list[Incoming] | None:
    """The statements if all is right, which is the rule, and None else."""
    try:
        if body.lstrip().startswith(b"{"):
            one = body.strip()
            found = _accept("statement", one, version, files)
            return None if found is None else [found]
        views = [] if single else _RAW_ARRAY.decode(body)
        if len(views) > MAX_STATEMENTS:
            raise _too_many()
        if not views:
            return None
        statements = []
        for index, view in enumerate(views):
            found = _accept(f"statements[{index}]", bytes(view), version, files)
            if found is None:
                return None
            statements.append(found)
    except (NotPlain, msgspec.DecodeError, UnicodeError):
        return None
    return statements


def _read_carefully(body: bytes, version: ApiVersion, single: bool, files: frozenset[str]) -> list[Incoming]:
    """The statements, or everything that is wrong with any of them."""
    decoded = parse_json(body)
    if not isinstance(decoded, dict) and (single or not isinstance(decoded, list)):
        raise BadInput(
            "not_a_statement", f"The body must be a statement{'' if single else ' or an array of them'}."
        )
    if isinstance(decoded, list) and len(decoded) > MAX_STATEMENTS:
        raise _too_many()
    try:
        statements, problems = _check_all(decoded, body, version, files)
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
    return statements


def _too_many() -> TooLarge:
    return TooLarge("too_many_statements", f"A request may hold {MAX_STATEMENTS} statements at most.")


def _check_all(
    decoded: Any, body: bytes, version: ApiVersion, files: frozenset[str]
) -> tuple[list[Incoming], list[Problem]]:
    """The statements that are right, and what is wrong with the others."""
    if isinstance(decoded, list):
        raws = msgspec.json.decode(body, type=list[msgspec.Raw])
        parts = [(f"statements[{i}]", bytes(raw), decoded[i]) for i, raw in enumerate(raws)]
    else:
        parts = [("statement", body.strip(), decoded)]
    statements: list[Incoming] = []
    problems: list[Problem] = []
    for place, raw, value in parts:
        checked = _check(place, raw, value, version, files)
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


def _check(
    place: str, raw: bytes, value: Any, version: ApiVersion, files: frozenset[str]
) -> Incoming | Sequence[Problem]:
    accepted = _accept(place, raw, version, files, keys_are_known=True)
    if accepted is not None:
        return accepted
    if not isinstance(value, dict):
        return [Problem("must be an object", place)]
    if _depth(value) > MAX_DEPTH:
        return [Problem(f"must not be nested deeper than {MAX_DEPTH} levels", place)]
    kind = kind_of(value)
    try:
        statement = decode_statement(raw, kind)
    except msgspec.ValidationError:
        return _explain(kind, parse_slowly(raw), place, version)
    return [*_version_problems(value, place, version), *unsent_files(statement, place, files)]


def _accept(
    place: str, raw: bytes, version: ApiVersion, files: frozenset[str], *, keys_are_known: bool = False
) -> Incoming | None:
    """The statement if it obeys every rule. Raises NotPlain where a key may stand twice, unless that was looked at."""
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _depth(msgspec.json.decode(raw)) > MAX_DEPTH:
        return None
    try:
        told = guess_statement(raw)
    except msgspec.ValidationError:
        return None
    if not keys_are_known:
        check_keys(raw, told)
    sent: frozenset[str] = frozenset()
    if not _is_plain(told, version):
        if any(_version_problems(parse_json(raw), place, version)) or any(unsent_files(told, place, files)):
            return None
        if files:
            sent = files.intersection(each.sha2.lower() for _, each in all_attachments(told, place))
    return Incoming(place, raw, told, find_keys(told, with_authority=False), files=sent)


def _is_plain(told: AnyStatement, version: ApiVersion) -> bool:
    """Whether a statement has nothing that only one version allows, and no attachments: most of 1.0.3."""
    return (
        not version.is_2
        and told.version is msgspec.UNSET
        and told.attachments is msgspec.UNSET
        and not isinstance(told.object, SubStatement)
        and (
            told.context is msgspec.UNSET
            or (told.context.context_agents is msgspec.UNSET and told.context.context_groups is msgspec.UNSET)
        )
    )


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
