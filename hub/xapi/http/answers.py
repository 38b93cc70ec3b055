"""What every answer of the record store has in common: its two headers, and the form of its errors."""

from collections.abc import Sequence

import flask
from werkzeug.exceptions import HTTPException

from hub.errors import HubError, Problem
from hub.flask_hub import current_hub
from hub.logging import get_logger
from hub.xapi.callers.credentials import Credential
from hub.xapi.finding import consistency
from hub.xapi.http import cross_origin, versions
from hub.xapi.http.error_forms import answer_error
from hub.xapi.http.refusals import MissingScope, TooManyRequests, Unauthorized, WrongMethod
from hub.xapi.http.versions import ApiVersion, find_version
from hub.xapi.statements.instants import format_instant

logger = get_logger(__name__)

_AUDITED = frozenset({400, 401, 403, 409, 412, 413, 415})
_DOCUMENTS = frozenset({"activities/state", "activities/profile", "agents/profile"})
# By id of a credential. Each standard wants its own number on that refusal, and nothing else in the request tells which.
_spoken: dict[str, ApiVersion] = {}
_MAX_SPOKEN = 10_000
_CODES = {
    400: "bad_request",
    404: "no_such_resource",
    405: "wrong_method",
    413: "too_large",
    415: "wrong_media_type",
}


def remember_caller(credential: Credential) -> None:
    """Note who sends the request, so that a refusal names the connection, and which version it speaks."""
    flask.g.xapi_credential = credential
    version = find_version(flask.g.get("xapi_version"))
    if version is not None:
        if len(_spoken) >= _MAX_SPOKEN:
            _spoken.clear()
        _spoken[credential.id] = version


def remember_version(header: str | None) -> None:
    """Note the version that a request names, which may stand in a form of the alternate syntax."""
    flask.g.xapi_version = header


def json_answer(body: bytes, status: int = 200) -> flask.Response:
    """An answer of JSON that is already encoded."""
    return flask.Response(body, status, mimetype="application/json")


def add_headers(answer: flask.Response) -> flask.Response:
    """Say which version was spoken, until when all that was stored can be read, and what browsers may do with it."""
    answer.headers[versions.HEADER] = _version_of_answer().value
    through = flask.g.get("xapi_through")
    if through is not None:
        answer.headers[consistency.HEADER] = format_instant(through)
    cross_origin.allow_all_origins(answer)
    # What systems store is theirs: opened as a page, it must not act in the name of the hub.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    # It may change at any time, and with a Last-Modified alone browsers would guess for how long it does not.
    answer.headers.setdefault("Cache-Control", "private, no-cache")
    return answer


def _version_of_answer() -> ApiVersion:
    """That of the request. One that names none is refused in the version which its sender named last."""
    header = flask.g.get("xapi_version") or flask.request.headers.get(versions.HEADER)
    credential: Credential | None = flask.g.get("xapi_credential")
    last = _spoken.get(credential.id) if credential else None
    return find_version(header) or last or ApiVersion.V2


def refuse(error: HubError) -> flask.Response:
    """The error: code, message, help, and every problem with its place. One audit row if it is a refusal."""
    if error.status in _AUDITED:
        known_by = error.connection_id if isinstance(error, Unauthorized) else None
        _audit(error.status, error.code, len(error.problems), known_by)
    response = _error(error.status, error.code, error.message, error.help, error.problems)
    if isinstance(error, (Unauthorized, MissingScope)) and error.challenge:
        response.headers["WWW-Authenticate"] = error.challenge
    if isinstance(error, WrongMethod):
        response.headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def refuse_http(error: HTTPException) -> flask.Response:
    """What the web framework refused, in the same form."""
    status = error.code or 500
    code = _CODES.get(status, "refused")
    if status in _AUDITED:
        _audit(status, code, 0)
    return _error(status, code, error.description or error.name)


def report_failure(error: Exception) -> flask.Response:
    """What should not happen; the log has the rest."""
    logger.error("xapi_failed", exc_info=error)
    return _error(500, "internal_error", "The hub failed to do this; nothing was stored.", "Try again later.")


def _error(
    status: int, code: str, message: str, help: str = "", problems: Sequence[Problem] = ()
) -> flask.Response:
    logger.info("xapi_refused", status=status, reason=code, method=flask.request.method)
    return answer_error(status, code, message, help, problems)


def _audit(status: int, code: str, problems: int, connection_id: str | None = None) -> None:
    credential: Credential | None = flask.g.get("xapi_credential")
    resource = (flask.request.view_args or {}).get("resource", "")
    current_hub().audit_refusal(
        "document" if resource in _DOCUMENTS else "statement",
        code,
        partner_id=credential.partner_id if credential else None,
        connection_id=credential.connection_id if credential else connection_id,
        detail={"status": status, "method": flask.request.method, "problems": problems},
    )
