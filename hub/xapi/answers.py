"""What every answer of the record store has in common: its two headers, and the form of its errors."""

import json
from typing import Any

import flask
from werkzeug.exceptions import HTTPException

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.logging import get_logger
from hub.xapi import consistency, versions
from hub.xapi.credentials import Credential
from hub.xapi.instants import format_instant
from hub.xapi.versions import ApiVersion, find_version

logger = get_logger(__name__)

_AUDITED = frozenset({400, 401, 403, 409, 413, 415})
_CODES = {
    400: "bad_request",
    404: "no_such_resource",
    405: "wrong_method",
    413: "too_large",
    415: "wrong_media_type",
}


def remember_caller(credential: Credential) -> None:
    """Note who sends the request, so that a refusal names the connection."""
    flask.g.xapi_credential = credential


def json_answer(body: bytes, status: int = 200) -> flask.Response:
    """An answer of JSON that is already encoded."""
    return flask.Response(body, status, mimetype="application/json")


def add_headers(answer: flask.Response) -> flask.Response:
    """Say which version was spoken, and until when all that was stored can be read."""
    version = find_version(flask.request.headers.get(versions.HEADER)) or ApiVersion.V2
    answer.headers[versions.HEADER] = version.value
    through = flask.g.get("xapi_through")
    if through is not None:
        answer.headers[consistency.HEADER] = format_instant(through)
    return answer


def refuse(error: HubError) -> flask.Response:
    """The error as JSON: code, message, help, and every problem with its place. One audit row if it is a refusal."""
    if error.status in _AUDITED:
        _audit(error.status, error.code, len(error.problems))
    answer = _error(error.status, error.code, error.message, error.help)
    answer["problems"] = [{"place": problem.place, "message": problem.message} for problem in error.problems]
    response = json_answer(json.dumps(answer).encode(), error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
    return response


def refuse_http(error: HTTPException) -> flask.Response:
    """What the web framework refused, in the same form."""
    status = error.code or 500
    code = _CODES.get(status, "refused")
    if status in _AUDITED:
        _audit(status, code, 0)
    answer = _error(status, code, error.description or error.name, "")
    return json_answer(json.dumps(answer).encode(), status)


def report_failure(error: Exception) -> flask.Response:
    """What should not happen; the log has the rest."""
    logger.error("xapi_failed", exc_info=error)
    answer = _error(
        500, "internal_error", "The hub failed to do this; nothing was stored.", "Try again later."
    )
    return json_answer(json.dumps(answer).encode(), 500)


def _error(status: int, code: str, message: str, help: str) -> dict[str, Any]:
    logger.info("xapi_refused", status=status, reason=code, method=flask.request.method)
    return {"code": code, "message": message, "help": help, "problems": []}


def _audit(status: int, code: str, problems: int) -> None:
    credential: Credential | None = flask.g.get("xapi_credential")
    current_hub().audit_refusal(
        "statement",
        code,
        partner_id=credential.partner_id if credential else None,
        connection_id=credential.connection_id if credential else None,
        detail={"status": status, "method": flask.request.method, "problems": problems},
    )
