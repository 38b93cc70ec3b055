"""Assignment and Grade Services 2.0 over HTTP: line items, scores, results."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, make_response, request

from hub.flask_hub import current_hub
from hub.lti import line_items, results
from hub.lti.paging import next_url, read_page
from hub.lti.services import json_answer, serve
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

_READ = (LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE)
_MANAGE = (LINE_ITEM_SCOPE,)


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

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        page = read_page(
            current_hub().sealer, request.path, request.args.to_dict(flat=False), line_items.FILTERS
        )
        items, after = line_items.list_line_items(uow, tool, context_id, page)
        response = json_answer([line_items.line_item_json(uow, item) for item in items], LINE_ITEMS_TYPE)
        if after:
            url = next_url(current_hub().sealer, _here(), page, after)
            response.headers["Link"] = f'<{url}>; rel="next"'
        return response

    return serve("line_item", _READ, answer)


def post_line_item(context_id: str) -> Response:
    """A new line item: 201 with what was made."""

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        item = line_items.create_line_item(uow, tool, context_id, request.get_data())
        shown = line_items.line_item_json(uow, item)
        response = json_answer(shown, LINE_ITEM_TYPE, HTTPStatus.CREATED)
        response.headers["Location"] = shown["id"]
        return response

    return serve("line_item", _MANAGE, answer, takes=LINE_ITEM_TYPE)


def get_line_item(context_id: str, line_item_id: str) -> Response:
    """One line item."""

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        item = line_items.read_line_item(uow, tool, context_id, line_item_id)
        return json_answer(line_items.line_item_json(uow, item), LINE_ITEM_TYPE)

    return serve("line_item", _READ, answer)


def put_line_item(context_id: str, line_item_id: str) -> Response:
    """A new definition of a line item; answers what now applies."""

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        item = line_items.update_line_item(uow, tool, context_id, line_item_id, request.get_data())
        return json_answer(line_items.line_item_json(uow, item), LINE_ITEM_TYPE)

    return serve("line_item", _MANAGE, answer, takes=LINE_ITEM_TYPE)


def delete_line_item(context_id: str, line_item_id: str) -> Response:
    """A line item of the tool's own goes, with its results."""

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        line_items.delete_line_item(uow, tool, context_id, line_item_id)
        return make_response("", HTTPStatus.NO_CONTENT)

    return serve("line_item", _MANAGE, answer, writes=True)


def post_score(context_id: str, line_item_id: str) -> Response:
    """A score: 200 without a body, also when it is a repetition or older than the result."""

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        results.record_score(uow, tool, context_id, line_item_id, request.get_data())
        return make_response("", HTTPStatus.OK)

    return serve("score", (SCORE_SCOPE,), answer, takes=SCORE_TYPE)


def get_results(context_id: str, line_item_id: str) -> Response:
    """Results of a line item, in pages."""

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        page = read_page(
            current_hub().sealer, request.path, request.args.to_dict(flat=False), results.FILTERS
        )
        shown, after = results.list_results(uow, tool, context_id, line_item_id, page)
        response = json_answer(shown, RESULTS_TYPE)
        if after:
            url = next_url(current_hub().sealer, _here(), page, after)
            response.headers["Link"] = f'<{url}>; rel="next"'
        return response

    return serve("result", (RESULT_READ_SCOPE,), answer)


def _here() -> str:
    return current_hub().settings.url(request.path)
