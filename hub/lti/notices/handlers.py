"""Notice handlers: where a tool wants to be told of what (LTI Platform Notification Service 1.0)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from hub.config import Settings
from hub.errors import Missing
from hub.ids import derived_id, new_id
from hub.journal import Change, audit, record_changes
from hub.journal.outbox import enqueue
from hub.lti.addresses import address_problem
from hub.lti.content.hosts import hosts_of
from hub.lti.deployments import Deployment, list_deployments, read_deployment
from hub.lti.notices.tables import lti_notice_handler
from hub.lti.refusals import Refused
from hub.lti.tools import Tool
from hub.lti.vocabulary import NOTICE_SCOPE, NOTICES_CLAIM
from hub.store import UnitOfWork
from hub.store.insert import insert_for

HELLO_WORLD = "LtiHelloWorldNotice"
CONTEXT_COPY = "LtiContextCopyNotice"
NOTICE_TYPES = (HELLO_WORLD,)
"""What the hub has notices of."""
LTI_NOTICE = "lti_notice"
"""The kind of such deliveries in the outbox."""
MAX_URL = 2000


class _Wire(msgspec.Struct):
    notice_type: str
    handler: str
    max_batch_size: int | None = None


def notice_claims(settings: Settings, tool: Tool, deployment_id: str) -> dict[str, Any]:
    """The claim that names the service, where the tool may use it."""
    if NOTICE_SCOPE not in tool.scopes:
        return {}
    return {
        NOTICES_CLAIM: {
            "service_versions": ["1.0"],
            "platform_notification_service_url": service_url(settings, tool, deployment_id),
            "scope": [NOTICE_SCOPE],
            "notice_types_supported": list(NOTICE_TYPES),
        }
    }


def service_url(settings: Settings, tool: Tool, deployment_id: str) -> str:
    """The address of a deployment's notice handlers: a deployment's id itself may have characters that no path keeps."""
    return settings.url(f"/lti/notice-handlers/{_service_id(tool, deployment_id)}")


def list_handlers(uow: UnitOfWork, tool: Tool, service_id: str) -> dict[str, Any]:
    """All handlers of a deployment as the service tells them; the empty text where nobody wants to be told.

    Missing ``no_notice_service`` for what is no deployment of this tool, Refused ``deployment_disabled`` for one that is off.
    """
    deployment = _deployment(uow, tool, service_id)
    found = _handlers(uow, deployment)
    return {
        "client_id": tool.client_id,
        "deployment_id": deployment.deployment_id,
        "notice_handlers": [{"notice_type": name, "handler": found.get(name, "")} for name in NOTICE_TYPES],
    }


def set_handler(uow: UnitOfWork, tool: Tool, service_id: str, body: bytes) -> dict[str, Any]:
    """Set or, with an empty handler, remove where a tool is told of one type of notice; the same again changes nothing.

    A new handler of the hello-world notice is told at once. Raises as ``list_handlers``; Refused ``bad_notice_handler``,
    ``notice_unsupported`` and ``foreign_handler``.
    """
    deployment = _deployment(uow, tool, service_id)
    asked = _read(tool, body)
    shown = {"notice_type": asked.notice_type, "handler": asked.handler}
    mine = {
        "connection_id": tool.connection_id,
        "deployment_id": deployment.deployment_id,
        "notice_type": asked.notice_type,
    }
    if not _keep(uow, mine, asked.handler):
        return shown
    if asked.handler and asked.notice_type == HELLO_WORLD:
        _enqueue(uow, mine)
    told = {**mine, "handler": asked.handler.partition("?")[0]}
    record_changes(uow, [Change("lti_notice_handler_changed", tool.connection_id, told)])
    audit(
        uow,
        "notice_handler_changed",
        tool.connection_id,
        partner_id=deployment.partner_id,
        connection_id=tool.connection_id,
        detail={"notice_type": asked.notice_type, "is_set": bool(asked.handler)},
    )
    return shown


def find_handler(uow: UnitOfWork, connection_id: str, deployment_id: str, notice_type: str) -> str:
    """Where notices of this type go; empty where nobody wants them, or the deployment is off or gone."""
    try:
        deployment = read_deployment(uow, connection_id, deployment_id)
    except Missing:
        return ""
    return "" if deployment.disabled else _handlers(uow, deployment).get(notice_type, "")


def _keep(uow: UnitOfWork, mine: Mapping[str, str], handler: str) -> bool:
    """Whether this changed anything, which the database decides: of two that set the same at once, one does."""
    table = lti_notice_handler
    if not handler:
        gone = sa.delete(table).where(*(table.c[name] == value for name, value in mine.items()))
        return uow.connection.execute(gone).rowcount == 1
    insert = insert_for(table, is_sqlite=uow.is_sqlite).values(**mine, handler=handler)
    given = insert.excluded["handler"]
    kept = insert.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={"handler": given}, where=table.c.handler != given
    )
    return uow.connection.scalar(kept.returning(table.c.handler)) is not None


def _enqueue(uow: UnitOfWork, about: Mapping[str, str]) -> None:
    notice_id = new_id()
    body = {**about, "notice_id": notice_id, "at": uow.now.isoformat(timespec="seconds")}
    enqueue(uow, LTI_NOTICE, about["connection_id"], f"{LTI_NOTICE}:{notice_id}", body)


def _service_id(tool: Tool, deployment_id: str) -> str:
    return derived_id("lti-notices", tool.connection_id, deployment_id)


def _deployment(uow: UnitOfWork, tool: Tool, service_id: str) -> Deployment:
    for deployment in list_deployments(uow, tool.connection_id):
        if _service_id(tool, deployment.deployment_id) == service_id:
            if deployment.disabled:
                raise Refused(
                    "deployment_disabled", "This deployment is switched off at the moment.", status=403
                )
            return deployment
    raise Missing("no_notice_service", "The tool has no such deployment.")


def _handlers(uow: UnitOfWork, deployment: Deployment) -> dict[str, str]:
    table = lti_notice_handler
    rows = uow.connection.execute(
        sa.select(table.c.notice_type, table.c.handler).where(
            table.c.connection_id == deployment.connection_id,
            table.c.deployment_id == deployment.deployment_id,
        )
    )
    return {row.notice_type: row.handler for row in rows}


def _read(tool: Tool, body: bytes) -> _Wire:
    try:
        asked = msgspec.json.decode(body, type=_Wire)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _bad("The body must be an object with the texts notice_type and handler.") from None
    if asked.max_batch_size is not None and asked.max_batch_size < 1:
        raise _bad("max_batch_size is 1 or more; the hub sends one notice at a time.")
    if asked.notice_type == CONTEXT_COPY:
        raise Refused(
            "notice_unsupported", f"Courses of the hub are not copied, so it has no {CONTEXT_COPY}."
        )
    if asked.notice_type not in NOTICE_TYPES:
        raise Refused(
            "notice_unsupported",
            f"The hub has no notices of this type. It has: {', '.join(NOTICE_TYPES)}.",
        )
    if asked.handler:
        _check_handler(tool, asked.handler)
    return asked


def _check_handler(tool: Tool, handler: str) -> None:
    if (
        len(handler) > MAX_URL
        or not handler.isascii()
        or not handler.isprintable()
        or address_problem(handler)
    ):
        raise _bad(f"handler must be an https address of at most {MAX_URL} characters, or empty.")
    if urlsplit(handler).hostname not in hosts_of(tool):
        raise Refused(
            "foreign_handler",
            "handler must lie at a host that this tool was registered with, or at its domain.",
        )


def _bad(message: str) -> Refused:
    return Refused("bad_notice_handler", message)
