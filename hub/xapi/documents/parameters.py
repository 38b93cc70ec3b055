"""The parameters of the document resources (xAPI 1.0.3 Communication 2.3, 2.6 and 2.7; 2.0, 4.1.6.2, 4.1.6.5 and 4.1.6.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hub.errors import Problem
from hub.xapi.documents.keys import Context, Key, Kind
from hub.xapi.http.parameter_kinds import (
    Parser,
    parse_activity_id,
    parse_actor,
    parse_agent,
    parse_parameters,
    parse_uuid,
    unknown_parameters,
)
from hub.xapi.http.request import Request
from hub.xapi.statements.actors import MAX_INDEXED, Actor
from hub.xapi.statements.instants import parse_instant

_NAMES: Mapping[Kind, str] = {
    "state": "stateId",
    "agent_profile": "profileId",
    "activity_profile": "profileId",
}
_CONTEXT: Mapping[Kind, tuple[str, ...]] = {
    "state": ("activityId", "agent"),
    "agent_profile": ("agent",),
    "activity_profile": ("activityId",),
}


@dataclass(frozen=True)
class Several:
    """All documents of a context, or those that changed after ``since``."""

    context: Context
    since: datetime | None


def read_key(request: Request, connection_id: str, kind: Kind) -> Key:
    """The one document that a request is for. BadInput ``bad_parameters`` with everything that is wrong."""
    found = _read(request, connection_id, kind, name_needed=True, more={})
    assert isinstance(found, Key)  # noqa: S101  (its name is needed)
    return found


def read_key_or_context(request: Request, connection_id: str, kind: Kind, *, since: bool) -> Key | Several:
    """One document if the request names it, or several; ``since`` tells whether that parameter may choose among them."""
    more: Mapping[str, Parser] = {"since": parse_instant} if since else {}
    return _read(request, connection_id, kind, name_needed=False, more=more)


def _read(
    request: Request, connection_id: str, kind: Kind, *, name_needed: bool, more: Mapping[str, Parser]
) -> Key | Several:
    values, name = request.parameters, _NAMES[kind]
    # 1.0.3 takes Agents only (Communication 2.6); 2.0 takes an "Agent or Identified Group".
    parsers: dict[str, Parser] = {
        "activityId": parse_activity_id,
        "agent": parse_actor if request.version.is_2 else parse_agent,
    }
    parsers = {each: parsers[each] for each in _CONTEXT[kind]} | {name: _parse_name} | dict(more)
    if kind == "state":
        parsers["registration"] = parse_uuid
    needed = (*_CONTEXT[kind], name) if name_needed else _CONTEXT[kind]
    problems = [*unknown_parameters(values, parsers)]
    problems += [Problem("is missing", each) for each in needed if each not in values]
    if name in values and "since" in values and "since" in more:
        problems.append(Problem("cannot be used when one document is asked for", "since"))
    parsed = parse_parameters(parsers, values, problems)
    agent: Actor | None = parsed.get("agent")
    context = Context(
        connection_id,
        kind,
        agent.identifier if agent else None,
        parsed.get("activityId"),
        parsed.get("registration"),
    )
    return Key(context, parsed[name]) if name in parsed else Several(context, parsed.get("since"))


def _parse_name(text: str) -> str:
    if len(text.encode()) > MAX_INDEXED:
        raise ValueError(f"must not be longer than {MAX_INDEXED} bytes")
    if "\x00" in text:
        raise ValueError("must not contain the character NUL")
    return text
