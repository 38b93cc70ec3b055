"""Sending notices: signed when they leave, so that none waits until it has expired."""

import json
from collections.abc import Mapping
from typing import Any

from hub.errors import HubError, OutsideFailed
from hub.ids import new_id
from hub.journal.outbox import Delivery, Handler
from hub.lti.id_token import LIFETIME
from hub.lti.notices.handlers import find_handler
from hub.lti.platform_keys import sign
from hub.lti.tools import Tool, read_tool
from hub.lti.vocabulary import CLAIM, VERSION
from hub.runtime import Hub
from hub.store import UnitOfWork


def send_notice(hub: Hub) -> Handler:
    """The outbox handler that posts one notice to where its tool wants to be told.

    A tool that is switched off, or wants it no more, is told nothing: the delivery is parked. So is one whose address may not
    be called or that answers with another 4xx than 408, 425 and 429; anything else is tried again.
    """

    def deliver(delivery: Delivery) -> None:
        with hub.unit_of_work() as uow:
            handler, body = _signed(uow, delivery.body)
        answer = hub.http.post(
            handler,
            connection=delivery.receiver,
            headers={"Content-Type": "application/json"},
            body=json.dumps(body).encode(),
        )
        if not 200 <= answer.status < 300:
            passing = answer.status >= 500 or answer.status in {408, 425, 429}
            raise OutsideFailed(
                "notice_refused", f"The notice handler answered {answer.status}.", retryable=passing
            )

    return deliver


def _signed(uow: UnitOfWork, about: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Where a notice goes and the body of its post."""
    deployment_id, notice_type = about["deployment_id"], about["notice_type"]
    try:
        tool = read_tool(uow, about["connection_id"])
    except HubError as error:
        raise OutsideFailed(error.code, error.message, retryable=False) from None
    handler = find_handler(uow, tool.connection_id, deployment_id, notice_type)
    if tool.closed or not handler:
        raise OutsideFailed(
            "no_handler", "The tool is off, or wants no such notices any more.", retryable=False
        )
    return handler, {"notices": [{"jwt": sign(uow, _claims(uow, tool, about))}]}


def _claims(uow: UnitOfWork, tool: Tool, about: Mapping[str, Any]) -> dict[str, Any]:
    """A notice: it names no person and no course, and keeps its id however often it is sent."""
    return {
        "iss": uow.settings.public_url,
        "aud": tool.client_id,
        "azp": tool.client_id,
        "iat": int(uow.now.timestamp()),
        "exp": int((uow.now + LIFETIME).timestamp()),
        "nonce": new_id(),
        CLAIM + "version": VERSION,
        CLAIM + "deployment_id": about["deployment_id"],
        CLAIM + "notice": {"id": about["notice_id"], "timestamp": about["at"], "type": about["notice_type"]},
    }
