"""Requests of clients that wait for somebody to sign in, and what they wish of that sign-in."""

from urllib.parse import parse_qs, urlencode

from hub.runtime import Hub
from hub.sso.provider.refusals import Refused
from hub.sso.provider.request import Parameters, asked_acr
from hub.sso.provider.tables import oidc_request
from hub.sso.waiting import Waiting, Wishes, find_waiting, keep_waiting, request_over
from hub.store import UnitOfWork

RESUME = "/oauth/resume/"
"""What leads back to a request, before its code."""
MAX_QUERY = 8000
MAX_HINT = 320


def keep_request(uow: UnitOfWork, asked: Parameters, session_id: str | None) -> str:
    """Let a request wait; the code that leads back to it. Refused ``too_long``."""
    query = urlencode([(name, values[0]) for name, values in asked.items()])
    if len(query) > MAX_QUERY:
        raise Refused("too_long", "The request is too long.")
    return keep_waiting(uow, oidc_request, session_id, query=query)


def find_request(uow: UnitOfWork, code: str) -> Waiting[Parameters] | None:
    """The request that waits for a sign-in, unless it is too long ago."""
    row = find_waiting(uow, oidc_request, code)
    if row is None:
        return None
    return Waiting(parse_qs(row.query, keep_blank_values=True), row.made_at, row.session_id)


def take_up(hub: Hub, code: str) -> Waiting[Parameters]:
    """The request that waited for a sign-in. BadInput ``request_over`` when it is too long ago."""
    with hub.reading() as uow:
        waiting = find_request(uow, code)
    if waiting is None:
        raise request_over()
    return waiting


def wishes_in(asked: Parameters) -> Wishes:
    """What a request wishes. The hint is not trusted: it can be shown and handed on, or it is left out."""
    given = {name: values[0] for name, values in asked.items()}
    hint = given.get("login_hint", "")
    is_plain = len(hint) <= MAX_HINT and hint.isprintable()
    return Wishes(hint if is_plain else "", " ".join(asked_acr(given)))
