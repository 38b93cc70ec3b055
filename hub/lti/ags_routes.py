"""Assignment and Grade Services 2.0 over HTTP: line items, scores, results."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request
from werkzeug.exceptions import RequestEntityTooLarge

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.lti import line_items, results
from hub.lti.paging import next_url, read_page
from hub.lti.refusals import Refused
from hub.lti.tokens import check_token
from hub.lti.tools import Tool
from hub.lti.vocabulary import (
    LINE_ITEM_READ_SCOPE,
    LINE_ITEM_SCOPE,
    LINE_ITEM_TYPE,
    LINE_ITEMS_TYPE,
    RESULT_READ_SCOPE,
    RESULTS_TYPE,
    SCORE_SCOPE,
    SCORE_TYPE,
)
from hub.store import UnitOfWork

MAX_BODY_BYTES = 64 * 1024
_READ = (LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE)
_MANAGE = (LINE_ITEM_SCOPE,)

Serve = Callable[[UnitOfWork, Tool], Response]


def add_to(blueprint: Blueprint) -> None:
    """Add the services below ``/contexts/<context_id>``."""
    items = "/contexts/<context_id>/lineitems"
    item = f"{items}/<line_item_id>"
    routes: list[tuple[str, str, Callable[..., Response]]] = [
        ("GET", items, get_line_items),
        ("POST", items, post_line_item),
        ("GET", item, get_line_item),
        ("PUT", item, put_line_item),
        ("DELETE", item, delete_line_item),
        ("POST", f"{item}/scores", post_score),
        ("GET", f"{item}/results", get_results),
    ]
    for method, rule, view in routes:
        blueprint.add_url_rule(rule, view.__name__, view, methods=[method])


def get_line_items(context_id: str) -> Response:
    """Line items of a context, in pages."""

    def serve(uow: UnitOfWork, tool: Tool) -> Response:
        page = read_page(
            current_hub().sealer, request.path, request.args.to_dict(flat=False), line_items.FILTERS
        )
        items, after = line_items.list_line_items(uow, tool, context_id, page)
        response = _json([line_items.line_item_json(uow, item) for item in items], LINE_ITEMS_TYPE)
        if after:
            url = next_url(current_hub().sealer, _here(), page, after)
            response.headers["Link"] = f'<{url}>; rel="next"'
        return response

    return _answer("line_item", _READ, serve)


def post_line_item(context_id: str) -> Response:
    """A new line item: 201 with what was made."""

    def serve(uow: UnitOfWork, tool: Tool) -> Response:
        item = line_items.create_line_item(uow, tool, context_id, request.get_data())
        shown = line_items.line_item_json(uow, item)
        response = _json(shown, LINE_ITEM_TYPE, HTTPStatus.CREATED)
        response.headers["Location"] = shown["id"]
        return response

    return _answer("line_item", _MANAGE, serve, takes=LINE_ITEM_TYPE)


def get_line_item(context_id: str, line_item_id: str) -> Response:
    """One line item."""

    def serve(uow: UnitOfWork, tool: Tool) -> Response:
        item = line_items.read_line_item(uow, tool, context_id, line_item_id)
        return _json(line_items.line_item_json(uow, item), LINE_ITEM_TYPE)

    return _answer("line_item", _READ, serve)


def put_line_item(context_id: str, line_item_id: str) -> Response:
    """A new definition of a line item; answers what now applies."""

    def serve(uow: UnitOfWork, tool: Tool) -> Response:
        item = line_items.update_line_item(uow, tool, context_id, line_item_id, request.get_data())
        return _json(line_items.line_item_json(uow, item), LINE_ITEM_TYPE)

    return _answer("line_item", _MANAGE, serve, takes=LINE_ITEM_TYPE)


def delete_line_item(context_id: str, line_item_id: str) -> Response:
    """A line item of the tool's own goes, with its results."""

    def serve(uow: UnitOfWork, tool: Tool) -> Response:
        line_items.delete_line_item(uow, tool, context_id, line_item_id)
        return make_response("", HTTPStatus.NO_CONTENT)

    return _answer("line_item", _MANAGE, serve, writes=True)


def post_score(context_id: str, line_item_id: str) -> Response:
    """A score: 200 without a body, also when it is a repetition or older than the result."""

    def serve(uow: UnitOfWork, tool: Tool) -> Response:
        results.record_score(uow, tool, context_id, line_item_id, request.get_data())
        return make_response("", HTTPStatus.OK)

    return _answer("score", (SCORE_SCOPE,), serve, takes=SCORE_TYPE)


def get_results(context_id: str, line_item_id: str) -> Response:
    """Results of a line item, in pages."""

    def serve(uow: UnitOfWork, tool: Tool) -> Response:
        page = read_page(
            current_hub().sealer, request.path, request.args.to_dict(flat=False), results.FILTERS
        )
        shown, after = results.list_results(uow, tool, context_id, line_item_id, page)
        response = _json(shown, RESULTS_TYPE)
        if after:
            url = next_url(current_hub().sealer, _here(), page, after)
            response.headers["Link"] = f'<{url}>; rel="next"'
        return response

    return _answer("result", (RESULT_READ_SCOPE,), serve)


def _answer(
    action: str, scopes: Sequence[str], serve: Serve, *, takes: str = "", writes: bool = False
) -> Response:
    """Serve a caller with a good token in one unit of work; a refusal leaves nothing but one audit row.

    ``takes`` is the media type of the body, where there is one.
    """
    hub = current_hub()
    tool: Tool | None = None
    try:
        _read_body()
        with hub.unit_of_work() if takes or writes else hub.reading() as uow:
            tool = check_token(uow, request.headers.get("Authorization", ""), scopes)
            if takes and request.mimetype != takes:
                raise Refused("media_type", f"The Content-Type must be {takes}.", status=415)
            return serve(uow, tool)
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


def _here() -> str:
    return current_hub().settings.url(request.path)


def _json(content: Any, media_type: str, status: int = HTTPStatus.OK) -> Response:
    response = make_response(jsonify(content), status)
    response.content_type = media_type
    response.headers["Cache-Control"] = "no-store"
    return response


def _problem(error: HubError) -> Response:
    """The refusal as RFC 9457 has it: AGS names no form of its own."""
    shown = {"type": "about:blank", "title": error.message, "status": error.status, "code": error.code}
    if error.help:
        shown["detail"] = error.help
    response = _json(shown, "application/problem+json", error.status)
    response.headers.update(error.headers if isinstance(error, Refused) else {})
    return response
