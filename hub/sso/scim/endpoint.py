"""One request of a client, as the library takes it, and its answer.

Apart from the routes, because the library takes seconds to load: it is loaded with the first request and not at the start.
"""

import flask
from scim2_server.requests import ScimRequest
from werkzeug.exceptions import RequestEntityTooLarge

from hub.runtime import Hub
from hub.sso.scim.answer import Answered, answer, service_for
from hub.sso.scim.bounds import max_bytes
from hub.sso.scim.caller import Caller
from hub.sso.scim.happened import remember, without_ids
from hub.sso.scim.names import ACTION, PATH
from hub.sso.scim.tokens import note_use


def take_request(hub: Hub, caller: Caller, path: str) -> tuple[int, dict[str, str], object]:
    """Status, headers and body of the answer to the request that Flask is at; the body is None where there is none."""
    service = service_for(hub)
    request = ScimRequest(
        method="GET" if flask.request.method == "HEAD" else flask.request.method,
        base_url=hub.settings.url(PATH),
        path=f"/{path}",
        query=flask.request.args.to_dict(),
        headers=list(flask.request.headers.items()),
        subject=caller,
    )
    limit = service.max_body_size(request)
    request.body = _body(max_bytes(request.path)) if limit is None else flask.request.stream.read(limit + 1)
    answered = answer(hub, service, caller, request)
    _remember(hub, caller, request, answered)
    response = answered.response
    return int(response.status), dict(response.headers), response.body


def _body(limit: int) -> bytes:
    """The body; of one that is too large as much as tells so, and the rest is not read."""
    flask.request.max_content_length = limit
    try:
        return flask.request.get_data()
    except RequestEntityTooLarge:
        return b" " * (limit + 1)


def _remember(hub: Hub, caller: Caller, request: ScimRequest, answered: Answered) -> None:
    """One audit row for what was refused, and a line for whoever sets the client up."""
    status = int(answered.response.status)
    is_new = note_use(hub, caller)
    path = without_ids(request.path)
    if answered.code or answered.failed:
        detail = {"method": request.method, "path": path, "status": status}
        if answered.failed:
            detail |= {"failed": len(answered.failed), "reasons": sorted(set(answered.failed))}
        code = answered.code or "bulk_operations_failed"
        hub.audit_refusal(
            ACTION, code, partner_id=caller.partner_id, connection_id=caller.connection_id, detail=detail
        )
        remember(hub, caller, request.method, path, status, code, answered.detail)
    elif is_new or request.method != "GET":
        remember(hub, caller, request.method, path, status)
