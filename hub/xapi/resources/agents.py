"""The Agents Resource (xAPI 1.0.3 Communication 2.4; 2.0, 4.1.6.3)."""

import json

import flask

from hub.errors import Problem
from hub.flask_hub import current_hub
from hub.network.people.identities import find_person, list_subjects
from hub.store import UnitOfWork
from hub.xapi.callers.caller import read_caller
from hub.xapi.callers.credentials import ALL, ALL_READ, MAY_LOOK_UP, MAY_READ, Credential
from hub.xapi.finding.find_statements import find_statements
from hub.xapi.finding.parameters import Query
from hub.xapi.finding.person import build_person
from hub.xapi.http.answers import json_answer
from hub.xapi.http.parameter_kinds import Parser, parse_agent, parse_parameters, unknown_parameters
from hub.xapi.http.request import Request
from hub.xapi.statements.actors import Actor

MAY_SEE_ALL_NAMES = frozenset({ALL_READ, ALL})
"""Several identifiers of one person take "increased, explicitly given permissions"."""
NEWEST = 20
"""How many statements are looked through for what somebody is called."""


def get(request: Request) -> flask.Response:
    """The Person behind an Agent; of an Agent that the store does not know, what the request tells."""
    credential = read_caller(request, MAY_LOOK_UP)
    _ = request.version
    known: dict[str, Parser] = {"agent": parse_agent}
    problems = list(unknown_parameters(request.parameters, known))
    if "agent" not in request.parameters:
        problems.append(Problem("is missing", "agent"))
    agent: Actor = parse_parameters(known, request.parameters, problems)["agent"]
    with current_hub().reading() as uow:
        person = build_person(agent, _statements(uow, credential, agent), _subjects(uow, credential, agent))
    answer = json_answer(json.dumps(person).encode())
    answer.add_etag()
    return answer


def _statements(uow: UnitOfWork, credential: Credential, agent: Actor) -> list[bytes]:
    if not credential.may(MAY_READ):
        return []
    query = Query(agent=agent.identifier, limit=NEWEST)
    page = find_statements(uow, credential.readable_connections(uow), query, 0)
    return [found.payload for found in page.statements]


def _subjects(uow: UnitOfWork, credential: Credential, agent: Actor) -> list[tuple[str, str]]:
    if not credential.may(MAY_SEE_ALL_NAMES) or agent.identifier is None:
        return []
    person_id = find_person(uow, credential.connection_id, *agent.identifier)
    return list_subjects(uow, credential.connection_id, person_id) if person_id else []
