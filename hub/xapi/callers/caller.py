"""Who sends a request, and whether that system may do what it asks for."""

from collections.abc import Collection

import flask

from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.xapi.callers.authenticate import check_credential
from hub.xapi.callers.credentials import Credential
from hub.xapi.callers.last_used import note_use
from hub.xapi.callers.wrong_secrets import refuse_flood
from hub.xapi.cmi5.reach import check_reach
from hub.xapi.http import answers
from hub.xapi.http.refusals import Unauthorized
from hub.xapi.http.request import Request


def read_caller(request: Request, scopes: Collection[str]) -> Credential:
    """The credential of the request, which must have one of ``scopes``.

    Raises Unauthorized, MissingScope ``missing_scope``, TooManyRequests after many of the former from one network
    address, and BadInput ``token_in_query`` for an access token in the address, where logs keep it (RFC 6750, 2.3).
    """
    if "access_token" in request.parameters:
        raise BadInput(
            "token_in_query",
            "An access token does not belong in the address.",
            "Send it in the Authorization header, as Bearer; give this one up, for it may stand in logs.",
        )
    hub = current_hub()
    try:
        with hub.glance() as uow:
            credential = check_credential(uow, request.headers.get("Authorization"))
    except Unauthorized:
        refuse_flood(hub, flask.request.remote_addr or "")
        raise
    answers.remember_caller(credential)
    note_use(hub, credential)
    credential.must(scopes)
    if credential.kind == "session":
        check_reach(hub, credential, request)
    return credential
