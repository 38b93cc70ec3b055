"""The Statement Resource (xAPI 1.0.3 Communication 2.1; 2.0, 4.1.6.1)."""

import json
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

import flask
from werkzeug.http import http_date

from hub.errors import BadInput, Problem
from hub.flask_hub import current_hub
from hub.journal import STATEMENTS
from hub.store import UnitOfWork
from hub.xapi.callers.caller import read_caller
from hub.xapi.callers.credentials import MAY_READ, MAY_WRITE, Credential
from hub.xapi.cmi5.reach import within_reach
from hub.xapi.cmi5.receive import store_session_statements
from hub.xapi.finding.attachment_answers import multipart_answer
from hub.xapi.finding.find_statements import find_statement, find_statements
from hub.xapi.finding.formats import activity_ids, with_ids_only, with_known_definitions
from hub.xapi.finding.languages import parse_accept_language
from hub.xapi.finding.parameters import (
    Asked,
    Format,
    Query,
    Single,
    read_query,
    read_statement_id,
    refuse_parameters,
)
from hub.xapi.http.answers import json_answer
from hub.xapi.http.request import Request
from hub.xapi.statements.signatures import check_signatures
from hub.xapi.storing.attachments import StoredFile, find_files, kept_files
from hub.xapi.storing.definitions import find_definitions
from hub.xapi.storing.incoming import Incoming, read_statements
from hub.xapi.storing.sent import Sent, check_parts, read_sent
from hub.xapi.storing.store_together import store_together


def post(request: Request) -> flask.Response:
    """Store one statement or an array of them; answers their ids (1.0.3 Communication 2.1.2)."""
    credential = read_caller(request, MAY_WRITE)
    _ = request.version
    refuse_parameters(request.parameters)
    sent = read_sent(request)
    incoming = read_statements(sent.json, request.version, files=sent.files)
    return json_answer(json.dumps(_store(request, credential, sent, incoming)).encode())


def put(request: Request) -> flask.Response:
    """Store one statement under the id of the address (1.0.3 Communication 2.1.1)."""
    credential = read_caller(request, MAY_WRITE)
    _ = request.version
    id = read_statement_id(request.parameters)
    sent = read_sent(request)
    incoming = read_statements(sent.json, request.version, single=True, files=sent.files)
    _store(request, credential, sent, [_with_id(each, id) for each in incoming])
    return flask.Response(status=204)


def get(request: Request) -> flask.Response:
    """One statement by its id, or a list (1.0.3 Communication 2.1.3)."""
    credential = read_caller(request, MAY_READ)
    _ = request.version
    asked = read_query(within_reach(credential, request.parameters))
    safe_position = _safe_position(asked.wanted)
    with current_hub().reading() as uow:
        connections = credential.readable_connections(uow)
        if isinstance(asked.wanted, Single):
            found = find_statement(uow, connections, asked.wanted)
            [body], files = _in_form(uow, request, connections, asked, [found.payload])
            headers = {"Last-Modified": http_date(found.stored)}
        else:
            page = find_statements(uow, connections, asked.wanted, safe_position)
            payloads = [found.payload for found in page.statements]
            bodies, files = _in_form(uow, request, connections, asked, payloads)
            more = json.dumps(_more_link(request, page.more) if page.more else "").encode()
            body, headers = b'{"statements":[%b],"more":%b}' % (b",".join(bodies), more), {}
    # After the unit: the blob store may be at the other end of a network.
    answer = multipart_answer(body, files, current_hub().blobs) if asked.attachments else json_answer(body)
    answer.headers.update(headers)
    if asked.format == "canonical":
        answer.vary.add("Accept-Language")
    return answer


def _safe_position(wanted: Single | Query) -> int:
    """How far an ascending list goes, asked in a unit of its own before any other; what comes later it does not see."""
    if isinstance(wanted, Single) or not wanted.ascending:
        return 0
    with current_hub().reading() as uow:
        return STATEMENTS.safe_position(uow)


def _store(
    request: Request, credential: Credential, sent: Sent, incoming: Sequence[Incoming]
) -> Sequence[str]:
    """All of the request or nothing; files are put before the unit, so that no statement lacks its own."""
    check_parts(sent, incoming)
    check_signatures(incoming, sent.files)
    hub = current_hub()
    with kept_files(hub.blobs, credential.connection_id, sent.files):
        if credential.kind != "session":
            return store_together(hub, credential, incoming, request.version)
        with hub.unit_of_work() as uow:
            return store_session_statements(uow, credential, incoming, request.version)


def _with_id(incoming: Incoming, id: str) -> Incoming:
    """The statement under the id of the address, which its own id, if any, must equal."""
    if incoming.id not in (None, id):
        problem = Problem("is not the statementId of the address", f"{incoming.place}.id")
        raise BadInput("other_id", "The statement has another id than the address.", problems=[problem])
    return incoming.under(id)


def _in_form(
    uow: UnitOfWork, request: Request, connections: Sequence[str], asked: Asked, payloads: list[bytes]
) -> tuple[list[bytes], list[StoredFile]]:
    """Stored statements as they are asked for, and the files that go with them."""
    files = find_files(uow, payloads) if asked.attachments else []
    form: Format = asked.format
    if form == "ids":
        return [with_ids_only(payload) for payload in payloads], files
    if form == "canonical":
        known = find_definitions(uow, connections, activity_ids(payloads))
        languages = parse_accept_language(request.headers.get("Accept-Language"))
        return [with_known_definitions(payload, known, languages) for payload in payloads], files
    return payloads, files


def _more_link(request: Request, last_id: str) -> str:
    """Path and query of the next page: the same question, after the last statement that was looked at."""
    path = urlsplit(current_hub().settings.url("/xapi/statements")).path
    asked = [
        (name, value) for name, values in request.parameters.items() for value in values if name != "cursor"
    ]
    return f"{path}?{urlencode([*asked, ('cursor', last_id)])}"
