"""The State, Agent Profile and Activity Profile Resources (xAPI 1.0.3 Communication 2.2, 2.3, 2.6 and 2.7; 2.0, 4.1.6)."""

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import flask
import msgspec
from werkzeug.http import http_date

from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.xapi.callers.caller import read_caller
from hub.xapi.callers.credentials import MAY_PROFILE, MAY_READ_PROFILE, MAY_READ_STATE, MAY_STATE
from hub.xapi.cmi5.preferences import check_preferences
from hub.xapi.documents.conditions import Conditions, check_put, read_conditions
from hub.xapi.documents.keys import Key, Kind
from hub.xapi.documents.merge import is_json, merge
from hub.xapi.documents.parameters import Several, read_key, read_key_or_context
from hub.xapi.documents.store import (
    Document,
    change_document,
    delete_document,
    delete_documents,
    list_documents,
    read_document,
)
from hub.xapi.http.answers import json_answer
from hub.xapi.http.refusals import TooLarge
from hub.xapi.http.request import Request, max_body

UNKNOWN_TYPE = "application/octet-stream"
_CONTENT_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*(?:;[ -~]*)?")
_MAX_CONTENT_TYPE = 250


@dataclass(frozen=True)
class DocumentResource:
    """One of the three resources, with the scopes that reading and changing take."""

    kind: Kind
    may_read: Collection[str]
    may_change: Collection[str]

    def get(self, request: Request) -> flask.Response:
        """One document as it was put, or the names of all that there are in a context."""
        credential = read_caller(request, self.may_read)
        _ = request.version
        wanted = read_key_or_context(request, credential.connection_id, self.kind, since=True)
        with current_hub().reading() as uow:
            if isinstance(wanted, Several):
                listed = list_documents(uow, wanted.context, wanted.since)
                return _answer_list(request, listed.names, listed.updated_at)
            document = read_document(uow, wanted)
        return _answer_document(request, document)

    def put(self, request: Request) -> flask.Response:
        """Make a document, or replace it, if the conditions of the request and of its version allow it."""
        key, conditions, content_type, content = self._read_change(request)

        def replace(existing: Document | None) -> tuple[bytes, str]:
            check_put(conditions, existing.etag if existing else None, self.kind, request.version)
            return content, content_type

        with current_hub().unit_of_work() as uow:
            change_document(uow, key, replace)
        return flask.Response(status=204)

    def post(self, request: Request) -> flask.Response:
        """Make a document, or merge the properties of a JSON object into it."""
        key, conditions, content_type, content = self._read_change(request)

        def add(existing: Document | None) -> tuple[bytes, str]:
            conditions.check(existing.etag if existing else None)
            if existing is None:
                return content, content_type
            merged = merge(existing.content, existing.content_type, content, content_type)
            if len(merged) > max_body():
                raise TooLarge("too_large", f"The document would be larger than {max_body()} bytes.")
            return merged, content_type

        with current_hub().unit_of_work() as uow:
            change_document(uow, key, add)
        return flask.Response(status=204)

    def delete(self, request: Request) -> flask.Response:
        """Delete one document; or, of the State Resource, all of a context."""
        credential = read_caller(request, self.may_change)
        _ = request.version
        conditions = read_conditions(request.headers)
        wanted: Key | Several
        if self.kind == "state":
            wanted = read_key_or_context(request, credential.connection_id, self.kind, since=False)
        else:
            wanted = read_key(request, credential.connection_id, self.kind)
        with current_hub().unit_of_work() as uow:
            if isinstance(wanted, Several):
                delete_documents(uow, wanted.context)
            else:
                delete_document(uow, wanted, conditions)
        return flask.Response(status=204)

    def _read_change(self, request: Request) -> tuple[Key, Conditions, str, bytes]:
        credential = read_caller(request, self.may_change)
        _ = request.version
        key = read_key(request, credential.connection_id, self.kind)
        content_type = _read_content_type(request)
        content = request.body()
        if is_json(content_type):
            _refuse_what_is_not_json(content)
        if credential.kind == "session":
            check_preferences(key, content_type, content, whole=request.method == "PUT")
        return key, read_conditions(request.headers), content_type, content


STATE = DocumentResource("state", MAY_READ_STATE, MAY_STATE)
AGENT_PROFILE = DocumentResource("agent_profile", MAY_READ_PROFILE, MAY_PROFILE)
ACTIVITY_PROFILE = DocumentResource("activity_profile", MAY_READ_PROFILE, MAY_PROFILE)


def _read_content_type(request: Request) -> str:
    given = request.headers.get("Content-Type", "").strip() or UNKNOWN_TYPE
    if len(given) > _MAX_CONTENT_TYPE or not _CONTENT_TYPE.fullmatch(given):
        raise BadInput(
            "bad_content_type",
            f"The Content-Type must be a media type of at most {_MAX_CONTENT_TYPE} characters, such as application/json.",
        )
    return given


def _refuse_what_is_not_json(content: bytes) -> None:
    """A body must be what its Content-Type says (1.0.3 Communication 3.2, should; 2.0, 4.1.5, shall)."""
    try:
        content.decode("utf-8")
        msgspec.json.decode(content, type=msgspec.Raw)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        raise BadInput(
            "bad_json", "The body is not JSON in UTF-8, as its Content-Type says.", "Send what it is instead."
        ) from None


def _answer_document(request: Request, document: Document) -> flask.Response:
    answer = flask.Response(document.content, content_type=document.content_type)
    return _with_validators(request, answer, document.etag, document.updated_at)


def _answer_list(request: Request, names: Collection[str], updated_at: datetime | None) -> flask.Response:
    body = json.dumps(names).encode()
    etag = hashlib.sha1(body, usedforsecurity=False).hexdigest()
    return _with_validators(request, json_answer(body), etag, updated_at)


def _with_validators(
    request: Request, answer: flask.Response, etag: str, updated_at: datetime | None
) -> flask.Response:
    """ETag and Last-Modified; and nothing else for whom has it already (RFC 9110, section 15.4.5)."""
    if read_conditions(request.headers).is_known(etag):
        answer = flask.Response(status=304)
    answer.set_etag(etag)
    if updated_at is not None:
        answer.headers["Last-Modified"] = http_date(updated_at)
    return answer
