"""Who sends a request, and whether that system may do what it asks for."""

from collections.abc import Collection

from hub.flask_hub import current_hub
from hub.xapi import answers
from hub.xapi.credentials import Credential, check_credential
from hub.xapi.request import Request


def read_caller(request: Request, scopes: Collection[str]) -> Credential:
    """The credential of the request, which must have one of ``scopes``. Unauthorized, or NotAllowed ``missing_scope``."""
    with current_hub().reading() as uow:
        credential = check_credential(uow, request.headers.get("Authorization"))
    answers.remember_caller(credential)
    credential.must(scopes)
    return credential
