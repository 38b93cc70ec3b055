"""Answering one SCIM request of a known client, and remembering what it was refused."""

from dataclasses import dataclass

from scim2_models import InvalidSyntaxException, SCIMException
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from hub.errors import HubError
from hub.runtime import Hub
from hub.sso.scim.bounds import check_request
from hub.sso.scim.caller import Caller
from hub.sso.scim.service import HubService, reason
from hub.sso.scim.storage import HubStorage

SEARCH = "/.search"


@dataclass(frozen=True)
class Answered:
    """What goes back. ``code`` says why it was refused, and is empty when it was not; ``detail`` the hub's own words."""

    response: ScimResponse
    code: str = ""
    detail: str = ""
    failed: tuple[str, ...] = ()
    """Of a bulk request: why operations failed."""


def service_for(hub: Hub) -> HubService:
    """The protocol for one request."""
    return HubService(hub.settings.secret_keys[0])


def answer(hub: Hub, service: HubService, caller: Caller, request: ScimRequest) -> Answered:
    """Do what the request asks for, as the client that sent it."""
    writes = request.method.upper() != "GET" and not request.path.endswith(SEARCH)
    handler = ScimHandler(service, HubStorage(hub, caller, writes=writes))
    try:
        check_request(request, reads_body=service.max_body_size(request) != 0)
        return Answered(handler.handle(request), failed=tuple(service.failures))
    except RecursionError:
        return _refused(service, InvalidSyntaxException(detail="The request is nested too deeply."))
    except SCIMException as error:
        return _refused(service, error)


def _refused(service: HubService, error: SCIMException) -> Answered:
    cause = error.__cause__
    detail = cause.message if isinstance(cause, HubError) else ""
    return Answered(service.error_response(error), reason(error), detail)
