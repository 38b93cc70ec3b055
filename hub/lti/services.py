"""How every service of the platform is served over HTTP: one token, one unit of work, one audit row for a refusal."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, make_response, request
from werkzeug.exceptions import RequestEntityTooLarge

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.lti.refusals import Refused
from hub.lti.tokens import check_token
from hub.lti.tools import Tool
from hub.store import UnitOfWork

MAX_BODY_BYTES = 64 * 1024

Handler = Callable[[UnitOfWork, Tool], Response]


def serve(
    action: str, scopes: Sequence[str], handler: Handler, *, takes: str = "", writes: bool = False
) -> Response:
    """Serve a caller whose token carries one of the scopes, in one unit of work; a refusal leaves one audit row alone.

    ``takes`` is the media type of the body, where there is one. ``writes`` is for a handler that writes without one.
    ``action`` names refusals in the audit trail. Parameters that the handler does not know are left alone.
    """
    hub = current_hub()
    tool: Tool | None = None
    try:
        _read_body()
        with hub.unit_of_work() if takes or writes else hub.reading() as uow:
            tool = check_token(uow, request.headers.get("Authorization", ""), scopes)
            if takes and request.mimetype != takes:
                raise Refused("media_type", f"The Content-Type must be {takes}.", status=415)
            return handler(uow, tool)
    except HubError as error:
        connection_id = error.connection_id if isinstance(error, Refused) else None
        hub.audit_refusal(
            action,
            error.code,
            _subject(),
            connection_id=tool.connection_id if tool else connection_id,
            partner_id=tool.partner_id if tool else None,
        )
        return _problem(error)


def json_answer(content: Any, media_type: str, status: int = HTTPStatus.OK) -> Response:
    """An answer of one of the services' media types, which nobody keeps."""
    response = make_response(jsonify(content), status)
    response.content_type = media_type
    response.headers["Cache-Control"] = "no-store"
    return response


def _read_body() -> None:
    """Take the body before the unit opens: a slow sender must not hold the database."""
    request.max_content_length = MAX_BODY_BYTES
    try:
        request.get_data()
    except RequestEntityTooLarge:
        raise Refused("too_large", f"A body has at most {MAX_BODY_BYTES} bytes.", status=413) from None


def _subject() -> str:
    """The line item or context asked for, as far as it has the form of an id."""
    asked = request.view_args or {}
    id = str(asked.get("line_item_id") or asked.get("context_id"))
    return id if is_id(id) else ""


def _problem(error: HubError) -> Response:
    """The refusal as RFC 9457 has it: the services name no form of their own."""
    shown = {"type": "about:blank", "title": error.message, "status": error.status, "code": error.code}
    if error.help:
        shown["detail"] = error.help
    response = json_answer(shown, "application/problem+json", error.status)
    response.headers.update(error.headers if isinstance(error, Refused) else {})
    return response
