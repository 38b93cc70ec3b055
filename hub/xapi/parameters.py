"""The parameters of the Statement Resource: each known by its exact name, each checked (xAPI 1.0.3 Communication 2.1)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from hub.errors import BadInput, HubError, Problem
from hub.xapi.actors import Actor
from hub.xapi.explain import explain
from hub.xapi.instants import parse_instant
from hub.xapi.strict_json import parse_json
from hub.xapi.types import Iri, Uuid

MAX_LIMIT = 100
Values = Mapping[str, Sequence[str]]
"""Parameters by name, as often as each was sent."""

_SINGLE = ("statementId", "voidedStatementId")
_WITH_SINGLE = {*_SINGLE, "attachments", "format"}
_T = TypeVar("_T")


@dataclass(frozen=True)
class Query:
    """What a list of statements is asked for. ``agent`` is form and subject, ``after`` the last statement seen."""

    agent: tuple[str, str] | None = None
    verb: str | None = None
    activity: str | None = None
    registration: str | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: datetime | None = None
    until: datetime | None = None
    limit: int = MAX_LIMIT
    ascending: bool = False
    after: str | None = None

    @property
    def filters(self) -> bool:
        """Whether anything but time and sequence is asked for; only this reaches through references."""
        return bool(self.agent or self.verb or self.activity or self.registration)


@dataclass(frozen=True)
class Single:
    """One statement that is asked for by its id."""

    id: str
    voided: bool


def read_statement_id(values: Values) -> str:
    """The ``statementId`` of a PUT, in lower case, which is its only parameter and required; else BadInput."""
    problems = list(_unknown(values, {"statementId": _uuid}))
    if not problems and "statementId" not in values:
        problems = [Problem("is missing", "statementId")]
    parsed = _parse(
        {name: parser for name, parser in _PARSERS.items() if name == "statementId"}, values, problems
    )
    return str(parsed["statementId"])


def refuse_parameters(values: Values) -> None:
    """BadInput if there are any: the alternate request syntax is not spoken yet."""
    _parse({}, values, list(_unknown(values, {})))


def read_query(values: Values) -> Query | Single:
    """What a GET asks for. BadInput with every parameter that is unknown, repeated, malformed or out of place."""
    problems = list(_unknown(values, _PARSERS))
    if any(name in values for name in _SINGLE):
        out_of_place = sorted((set(values) & set(_PARSERS)) - _WITH_SINGLE)
        problems += [Problem("cannot be used when one statement is asked for", name) for name in out_of_place]
        if all(name in values for name in _SINGLE):
            problems.append(Problem("cannot be used together with statementId", "voidedStatementId"))
    parsed = _parse(_PARSERS, values, problems)
    for name in _SINGLE:
        if name in parsed:
            return Single(parsed[name], voided=name == "voidedStatementId")
    return Query(
        **{_FIELDS.get(name, name): value for name, value in parsed.items() if name not in _NOT_FIELDS}
    )


def _unknown(values: Values, known: Mapping[str, Any]) -> Iterator[Problem]:
    """Names are case sensitive, and a name that means nothing is a mistake (Communication 3.2.s3)."""
    lower = {name.lower(): name for name in known}
    for name in values:
        if name not in known:
            meant = lower.get(name.lower())
            yield Problem(f"is written {meant}" if meant else "is no parameter of this resource", name[:60])


def _parse(
    parsers: Mapping[str, Callable[[str], Any]], values: Values, problems: list[Problem]
) -> dict[str, Any]:
    parsed: dict[str, Any] = {}
    for name, parser in parsers.items():
        given = values.get(name, ())
        if len(given) > 1:
            problems.append(Problem("stands twice", name))
        elif given:
            try:
                parsed[name] = parser(given[0])
            except ValueError as error:
                problems.append(Problem(str(error), name))
    if problems:
        raise BadInput("bad_parameters", "The parameters of the request cannot be used.", problems=problems)
    return parsed


def _typed(kind: Any) -> Callable[[str], str]:
    def parse(text: str) -> str:
        for problem in explain(kind, text, ""):
            raise ValueError(problem.message)
        return text

    return parse


_iri = _typed(Iri)


def _uuid(text: str) -> str:
    return _typed(Uuid)(text).lower()


def _agent(text: str) -> tuple[str, str]:
    try:
        value = parse_json(text.encode("utf-8", "surrogatepass"))
        problems = list(explain(Actor, value, ""))
    except (HubError, RecursionError):
        raise ValueError("must be an Agent or identified Group as JSON") from None
    if problems:
        raise ValueError("; ".join(str(problem) for problem in problems))
    identifier = msgspec.convert(value, Actor).identifier
    if identifier is None:
        raise ValueError("must have an identifier")
    return identifier


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError("must be a whole number")
    return min(int(text), MAX_LIMIT) or MAX_LIMIT


def _exact(text: str) -> None:
    if text in ("ids", "canonical"):
        raise ValueError("must be exact: this store has no other format yet")
    if text != "exact":
        raise ValueError("must be ids, exact or canonical")


def _no_attachments(text: str) -> None:
    if _flag(text):
        raise ValueError("must be false: this store takes no files yet")


_PARSERS: dict[str, Callable[[str], Any]] = {
    "statementId": _uuid,
    "voidedStatementId": _uuid,
    "agent": _agent,
    "verb": _iri,
    "activity": _iri,
    "registration": _uuid,
    "related_activities": _flag,
    "related_agents": _flag,
    "since": parse_instant,
    "until": parse_instant,
    "limit": _limit,
    "format": _exact,
    "attachments": _no_attachments,
    "ascending": _flag,
    "cursor": _uuid,
}
_FIELDS = {"cursor": "after"}
_NOT_FIELDS = {"format", "attachments"}
