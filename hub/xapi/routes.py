"""The record store's HTTP: the Statement and About Resources of xAPI 1.0.3 and 2.0, on one endpoint."""

import json
from urllib.parse import urlencode, urlsplit

import flask
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date

from hub.errors import BadInput, HubError, Missing, Problem
from hub.flask_hub import current_hub
from hub.journal import STATEMENTS
from hub.store import UnitOfWork
from hub.xapi import answers, versions
from hub.xapi.consistency import consistent_through
from hub.xapi.credentials import MAY_READ, MAY_WRITE, Credential, check_credential
from hub.xapi.find_statements import Page, find_statement, find_statements
from hub.xapi.incoming import Incoming, read_statements
from hub.xapi.parameters import Single, Values, read_query, read_statement_id, refuse_parameters
from hub.xapi.refusals import TooLarge, WrongMediaType, WrongMethod
from hub.xapi.store_statements import store_statements

MAX_BODY = 10 * 1024 * 1024
"""Bytes of one request."""
SUPPORTED_VERSIONS = ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0")

_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]
_RESOURCES = {"statements": "GET, HEAD, POST, PUT", "about": "GET, HEAD"}

# Exempt from CSRF protection as a whole: it knows no cookies, only credentials sent with each request.
blueprint = flask.Blueprint("xapi", __name__, url_prefix="/xapi")
blueprint.after_request(answers.add_headers)
blueprint.register_error_handler(HubError, answers.refuse)
blueprint.register_error_handler(HTTPException, answers.refuse_http)
blueprint.register_error_handler(Exception, answers.report_failure)


@blueprint.before_request
def _note_what_can_be_read() -> None:
    """In a unit of its own, before any other: what the answer reads is at least as new as its header says."""
    with current_hub().reading() as uow:
        flask.g.xapi_through = consistent_through(uow)
        flask.g.xapi_safe_position = STATEMENTS.safe_position(uow)


@blueprint.get("/about")
def about() -> flask.Response:
    """What this store speaks; for everybody (1.0.3 Communication 2.8)."""
    return answers.json_answer(json.dumps({"version": SUPPORTED_VERSIONS}).encode())


@blueprint.post("/statements")
def post_statements() -> flask.Response:
    """Store one statement or an array of them; answers their ids (1.0.3 Communication 2.1.2)."""
    credential = _caller(MAY_WRITE)
    version = versions.read_version(flask.request.headers.get(versions.HEADER))
    refuse_parameters(_parameters())
    incoming = read_statements(_json_body(), version)
    with current_hub().unit_of_work() as uow:
        ids = store_statements(uow, credential, incoming, version)
    return answers.json_answer(json.dumps(ids).encode())


@blueprint.put("/statements")
def put_statement() -> flask.Response:
    """Store one statement under the id of the address (1.0.3 Communication 2.1.1)."""
    credential = _caller(MAY_WRITE)
    version = versions.read_version(flask.request.headers.get(versions.HEADER))
    id = read_statement_id(_parameters())
    incoming = [_with_id(each, id) for each in read_statements(_json_body(), version, single=True)]
    with current_hub().unit_of_work() as uow:
        store_statements(uow, credential, incoming, version)
    return flask.Response(status=204)


@blueprint.get("/statements")
def get_statements() -> flask.Response:
    """One statement by its id, or a list (1.0.3 Communication 2.1.3). A credential sees its own connection's only."""
    credential = _caller(MAY_READ)
    versions.read_version(flask.request.headers.get(versions.HEADER))
    wanted = read_query(_parameters())
    with current_hub().reading() as uow:
        if isinstance(wanted, Single):
            return _single(uow, credential, wanted)
        page = find_statements(uow, credential.connection_id, wanted, flask.g.xapi_safe_position)
    return _list(page)


@blueprint.route("/", defaults={"resource": ""}, methods=_METHODS, strict_slashes=False)
@blueprint.route("/<path:resource>", methods=_METHODS)
def unknown_resource(resource: str) -> flask.Response:
    """Whatever else is asked of the record store."""
    if resource in _RESOURCES:
        raise WrongMethod("wrong_method", f"This resource answers {_RESOURCES[resource]}.")
    raise Missing("no_such_resource", "The record store has no such resource.")


def _caller(scopes: frozenset[str]) -> Credential:
    with current_hub().reading() as uow:
        credential = check_credential(uow, flask.request.headers.get("Authorization"))
    answers.remember_caller(credential)
    credential.must(scopes)
    return credential


def _parameters() -> Values:
    return dict(flask.request.args.lists())


def _json_body() -> bytes:
    """The body of a request that says it is JSON and is not too large."""
    request = flask.request
    if request.mimetype == "multipart/mixed":
        raise WrongMediaType(
            "no_attachments",
            "This store takes no files yet.",
            "Send application/json, and files by their fileUrl.",
        )
    if request.mimetype != "application/json":
        raise BadInput("bad_content_type", "The Content-Type must be application/json.")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise BadInput("bad_content_type", "The body must be UTF-8.")
    request.max_content_length = MAX_BODY
    if (request.content_length or 0) > MAX_BODY:
        raise TooLarge(
            "too_large", f"The body is larger than {MAX_BODY} bytes.", "Send fewer statements at a time."
        )
    return request.get_data(cache=False)


def _with_id(incoming: Incoming, id: str) -> Incoming:
    """The statement under the id of the address, which its own id, if any, must equal."""
    if incoming.id not in (None, id):
        problem = Problem("is not the statementId of the address", f"{incoming.place}.id")
        raise BadInput("other_id", "The statement has another id than the address.", problems=[problem])
    return incoming.under(id)


def _single(uow: UnitOfWork, credential: Credential, wanted: Single) -> flask.Response:
    found = find_statement(uow, credential.connection_id, wanted)
    answer = answers.json_answer(found.payload)
    answer.headers["Last-Modified"] = http_date(found.stored)
    return answer


def _list(page: Page) -> flask.Response:
    more = _more_link(page.more) if page.more else ""
    statements = b",".join(found.payload for found in page.statements)
    return answers.json_answer(b'{"statements":[%b],"more":%b}' % (statements, json.dumps(more).encode()))


def _more_link(last_id: str) -> str:
    """Path and query of the next page: the same question, after the last statement that was looked at."""
    path = urlsplit(current_hub().settings.url("/xapi/statements")).path
    asked = [(name, value) for name, values in _parameters().items() for value in values if name != "cursor"]
    return f"{path}?{urlencode([*asked, ('cursor', last_id)])}"
