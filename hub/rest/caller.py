"""Whose request it is: a token as Bearer, looked up once for each request, and how often it may ask."""

from typing import cast

import flask

from hub.access.api_tokens import Caller, Unauthorized, check_api_token, note_use
from hub.flask_hub import current_hub
from hub.limits import Limit, count_request, network_of, refuse_in_address
from hub.rest.problems import TooManyRequests
from hub.runtime import Hub

ACTION = "rest"
WRONG_TOKENS = Limit("rest_wrong_token", 20, 60)
"""Per minute and network address."""
REQUESTS = Limit("rest_request", 1200, 60)
"""Per minute and token."""


def current_caller() -> Caller:
    """Whose token came with this request; for views of the blueprint, which let nobody else in."""
    return cast(Caller, flask.g.rest_caller)


def let_in(scope: str) -> None:
    """Remember whose request it is. Unauthorized, TooManyRequests, or NotAllowed ``missing_scope``; each is audited once."""
    hub = current_hub()
    caller = _read_caller(hub)
    count = count_request(hub, REQUESTS, caller.token_id)
    if count > REQUESTS.times:
        if count == REQUESTS.times + 1:
            _audit(hub, "too_many_requests", caller.token_id)
        raise TooManyRequests(REQUESTS.seconds)
    note_use(hub, caller)
    if scope not in caller.scopes:
        _audit(hub, "missing_scope", caller.token_id)
    caller.must(scope)
    flask.g.rest_caller = caller


def _read_caller(hub: Hub) -> Caller:
    try:
        refuse_in_address(flask.request.args.keys(), Unauthorized)
        with hub.glance() as uow:
            return check_api_token(uow, flask.request.headers.get("Authorization"))
    except Unauthorized as error:
        count = count_request(hub, WRONG_TOKENS, network_of(flask.request.remote_addr or ""))
        if count > WRONG_TOKENS.times:
            if count == WRONG_TOKENS.times + 1:  # once a window: a flood must not fill the audit trail
                _audit(hub, "too_many_requests", "")
            raise TooManyRequests(WRONG_TOKENS.seconds) from None
        _audit(hub, error.code, error.token_id)
        raise


def _audit(hub: Hub, reason: str, token_id: str) -> None:
    hub.audit_refusal(ACTION, reason, token_id)
