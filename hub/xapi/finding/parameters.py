"""The parameters of the Statement Resource: each known by its exact name, each checked (xAPI 1.0.3 Communication 2.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from hub.errors import Problem
from hub.xapi.http.parameter_kinds import (
    Parser,
    Values,
    parse_flag,
    parse_identifier,
    parse_iri,
    parse_parameters,
    parse_uuid,
    unknown_parameters,
)
from hub.xapi.statements.instants import parse_instant

MAX_LIMIT = 100
Format = Literal["ids", "exact", "canonical"]
"""How statements are given back: see ``hub.xapi.finding.formats``."""

_SINGLE = ("statementId", "voidedStatementId")
_WITH_SINGLE = {*_SINGLE, "attachments", "format"}


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


@dataclass(frozen=True)
class Asked:
    """What a GET asks for, and in which form; ``attachments``: with their bytes, as multipart/mixed."""

    wanted: Query | Single
    format: Format = "exact"
    attachments: bool = False


def read_statement_id(values: Values) -> str:
    """The ``statementId`` of a PUT, in lower case, which is its only parameter and required; else BadInput."""
    known: Mapping[str, Parser] = {"statementId": parse_uuid}
    problems = list(unknown_parameters(values, known))
    if not problems and "statementId" not in values:
        problems = [Problem("is missing", "statementId")]
    return str(parse_parameters(known, values, problems)["statementId"])


def refuse_parameters(values: Values) -> None:
    """BadInput if there are any."""
    parse_parameters({}, values, list(unknown_parameters(values, {})))


def read_query(values: Values) -> Asked:
    """What a GET asks for. BadInput with every parameter that is unknown, repeated, malformed or out of place."""
    problems = list(unknown_parameters(values, _PARSERS))
    if any(name in values for name in _SINGLE):
        out_of_place = sorted((set(values) & set(_PARSERS)) - _WITH_SINGLE)
        problems += [Problem("cannot be used when one statement is asked for", name) for name in out_of_place]
        if all(name in values for name in _SINGLE):
            problems.append(Problem("cannot be used together with statementId", "voidedStatementId"))
    parsed = parse_parameters(_PARSERS, values, problems)
    form = {name: parsed.pop(name) for name in ("format", "attachments") if name in parsed}
    for name in _SINGLE:
        if name in parsed:
            return Asked(Single(parsed[name], voided=name == "voidedStatementId"), **form)
    return Asked(Query(**{_FIELDS.get(name, name): value for name, value in parsed.items()}), **form)


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError("must be a whole number")
    return min(int(text), MAX_LIMIT) or MAX_LIMIT


def _format(text: str) -> Format:
    if text not in ("ids", "exact", "canonical"):
        raise ValueError("must be ids, exact or canonical")
    return cast(Format, text)


_PARSERS: Mapping[str, Parser] = {
    "statementId": parse_uuid,
    "voidedStatementId": parse_uuid,
    "agent": parse_identifier,
    "verb": parse_iri,
    "activity": parse_iri,
    "registration": parse_uuid,
    "related_activities": parse_flag,
    "related_agents": parse_flag,
    "since": parse_instant,
    "until": parse_instant,
    "limit": _limit,
    "format": _format,
    "attachments": parse_flag,
    "ascending": parse_flag,
    "cursor": parse_uuid,
}
_FIELDS = {"cursor": "after"}
