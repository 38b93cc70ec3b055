"""Parameters of any resource: each known by its exact name, each sent once, each checked (xAPI 1.0.3 Communication 3.2)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from hub.errors import BadInput, HubError, Problem
from hub.xapi.statements.actors import MAX_INDEXED, Actor, too_long
from hub.xapi.statements.explain import explain
from hub.xapi.statements.strict_json import parse_json
from hub.xapi.statements.types import Iri, Uuid

Values = Mapping[str, Sequence[str]]
"""Parameters by name, as often as each was sent."""
Parser = Callable[[str], Any]
"""Makes a value of the text of a parameter; ValueError says what it must be."""


def unknown_parameters(values: Values, known: Mapping[str, Any]) -> Iterator[Problem]:
    """Names are case sensitive, and a name that means nothing is a mistake (Communication 3.2.s3)."""
    lower = {name.lower(): name for name in known}
    for name in values:
        if name not in known:
            meant = lower.get(name.lower())
            yield Problem(f"is written {meant}" if meant else "is no parameter of this resource", name[:60])


def parse_parameters(
    parsers: Mapping[str, Parser], values: Values, problems: Sequence[Problem] = ()
) -> dict[str, Any]:
    """The values of the parameters that were sent. BadInput ``bad_parameters`` with ``problems`` and those found here."""
    found = list(problems)
    parsed: dict[str, Any] = {}
    for name, parser in parsers.items():
        given = values.get(name, ())
        if len(given) > 1:
            found.append(Problem("stands twice", name))
        elif given:
            try:
                parsed[name] = parser(given[0])
            except ValueError as error:
                found.append(Problem(str(error), name))
    if found:
        raise BadInput("bad_parameters", "The parameters of the request cannot be used.", problems=found)
    return parsed


def parse_uuid(text: str) -> str:
    """A UUID, in lower case."""
    return _check(Uuid, text).lower()


def parse_iri(text: str) -> str:
    """An IRI."""
    return _check(Iri, text)


def parse_activity_id(text: str) -> str:
    """An IRI that is short enough to be looked up."""
    if too_long(text):
        raise ValueError(f"must not be longer than {MAX_INDEXED} bytes")
    return parse_iri(text)


def parse_actor(text: str) -> Actor:
    """An Agent or an Identified Group as JSON."""
    try:
        value = parse_json(text.encode("utf-8", "surrogatepass"))
        problems = list(explain(Actor, value, ""))
    except (HubError, RecursionError):
        raise ValueError("must be an Agent or identified Group as JSON") from None
    if problems:
        raise ValueError("; ".join(str(problem) for problem in problems))
    actor = msgspec.convert(value, Actor)
    if actor.identifier is None:
        raise ValueError("must have an identifier")
    try:
        "".join(actor.identifier).encode()
    except UnicodeEncodeError:
        raise ValueError("must not have characters that UTF-8 cannot hold") from None
    return actor


def parse_agent(text: str) -> Actor:
    """An Agent as JSON, and no Group."""
    actor = parse_actor(text)
    if actor.is_group:
        raise ValueError("must be an Agent; the identifier of a Group can be sent as that of an Agent")
    return actor


def parse_identifier(text: str) -> tuple[str, str]:
    """Form and subject of an Agent or an Identified Group."""
    identifier = parse_actor(text).identifier
    assert identifier is not None  # noqa: S101  (or parse_actor had refused it)
    return identifier


def parse_flag(text: str) -> bool:
    """``true`` or ``false``."""
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def _check(kind: Any, text: str) -> str:
    for problem in explain(kind, text, ""):
        raise ValueError(problem.message)
    return text
