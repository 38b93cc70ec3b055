"""Platform Notification Service 1.0 over HTTP: the handlers of one deployment."""

from flask import Blueprint, Response, request

from hub.lti.notices.handlers import list_handlers, set_handler
from hub.lti.services import json_answer, serve
from hub.lti.tools import Tool
from hub.lti.vocabulary import NOTICE_SCOPE
from hub.store import UnitOfWork

JSON = "application/json"


def add_to(blueprint: Blueprint) -> None:
    """Register the endpoints below ``/lti``."""
    rule = "/notice-handlers/<service_id>"
    blueprint.add_url_rule(rule, get_handlers.__name__, get_handlers, methods=["GET"])
    blueprint.add_url_rule(rule, put_handler.__name__, put_handler, methods=["PUT"])


def get_handlers(service_id: str) -> Response:
    """Every type of notice that the hub has, each with its handler."""

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        return json_answer(list_handlers(uow, tool, service_id), JSON)

    return serve("notice_handlers", (NOTICE_SCOPE,), answer)


def put_handler(service_id: str) -> Response:
    """Set or remove one handler; answers what now applies."""

    def answer(uow: UnitOfWork, tool: Tool) -> Response:
        return json_answer(set_handler(uow, tool, service_id, request.get_data()), JSON)

    return serve("notice_handlers", (NOTICE_SCOPE,), answer, takes=JSON)
