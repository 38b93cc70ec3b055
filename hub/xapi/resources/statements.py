"""The Statement Resource (xAPI 1.0.3 Communication 2.1; 2.0, 4.1.6.1)."""

import json
from urllib.parse import urlencode, urlsplit

import flask
from werkzeug.http import http_date

from hub.errors import BadInput, Problem
from hub.flask_hub import current_hub
from hub.store import UnitOfWork
from hub.xapi.answers import json_answer
from hub.xapi.caller import read_caller
from hub.xapi.credentials import MAY_READ, MAY_WRITE, Credential
from hub.xapi.find_statements import Page, find_statement, find_statements
from hub.xapi.incoming import Incoming, read_statements
from hub.xapi.parameters import Single, read_query, read_statement_id, refuse_parameters
from hub.xapi.refusals import WrongMediaType
from hub.xapi.request import Request
from hub.xapi.store_statements import store_statements


def post(request: Request) -> flask.Response:
    """Store one statement or an array of them; answers their ids (1.0.3 Communication 2.1.2)."""
    credential = read_caller(request, MAY_WRITE)
    version = request.version
    refuse_parameters(request.parameters)
    incoming = read_statements(_statement_body(request), version)
    with current_hub().unit_of_work() as uow:
        ids = store_statements(uow, credential, incoming, version)
    return json_answer(json.dumps(ids).encode())


def put(request: Request) -> flask.Response:
    """Store one statement under the id of the address (1.0.3 Communication 2.1.1)."""
    credential = read_caller(request, MAY_WRITE)
    version = request.version
    id = read_statement_id(request.parameters)
    body = _statement_body(request)
    incoming = [_with_id(each, id) for each in read_statements(body, version, single=True)]
    with current_hub().unit_of_work() as uow:
        store_statements(uow, credential, incoming, version)
    return flask.Response(status=204)


def get(request: Request) -> flask.Response:
    """One statement by its id, or a list (1.0.3 Communication 2.1.3). A credential sees its own connection's only."""
    credential = read_caller(request, MAY_READ)
    _ = request.version
    wanted = read_query(request.parameters)
    with current_hub().reading() as uow:
        if isinstance(wanted, Single):
            return _single(uow, credential, wanted)
        page = find_statements(uow, credential.connection_id, wanted, flask.g.xapi_safe_position)
    return _list(request, page)


def _statement_body(request: Request) -> bytes:
    if flask.request.mimetype == "multipart/mixed":
        raise WrongMediaType(
            "no_attachments",
            "This store takes no files yet.",
            "Send application/json, and files by their fileUrl.",
        )
    return request.json_body()


def _with_id(incoming: Incoming, id: str) -> Incoming:
    """The statement under the id of the address, which its own id, if any, must equal."""
    if incoming.id not in (None, id):
        problem = Problem("is not the statementId of the address", f"{incoming.place}.id")
        raise BadInput("other_id", "The statement has another id than the address.", problems=[problem])
    return incoming.under(id)


def _single(uow: UnitOfWork, credential: Credential, wanted: Single) -> flask.Response:
    found = find_statement(uow, credential.connection_id, wanted)
    answer = json_answer(found.payload)
    answer.headers["Last-Modified"] = http_date(found.stored)
    return answer


def _list(request: Request, page: Page) -> flask.Response:
    more = _more_link(request, page.more) if page.more else ""
    statements = b",".join(found.payload for found in page.statements)
    return json_answer(b'{"statements":[%b],"more":%b}' % (statements, json.dumps(more).encode()))


def _more_link(request: Request, last_id: str) -> str:
    """Path and query of the next page: the same question, after the last statement that was looked at."""
    path = urlsplit(current_hub().settings.url("/xapi/statements")).path
    asked = [
        (name, value) for name, values in request.parameters.items() for value in values if name != "cursor"
    ]
    return f"{path}?{urlencode([*asked, ('cursor', last_id)])}"
