"""AuthnRequests that wait for somebody to sign in, or whose browser has yet to bring its cookies."""

import msgspec

from hub.limits import network_of
from hub.runtime import Hub
from hub.sso.limits import take_turn
from hub.sso.provider.authorize import WAITING
from hub.sso.provider.refusals import Refused
from hub.sso.saml_provider.request import Asked
from hub.sso.saml_provider.tables import saml_request
from hub.sso.sessions import Session
from hub.sso.waiting import Waiting, Wishes, find_waiting, keep_waiting, request_over
from hub.store import UnitOfWork

RESUME = "/saml/resume/"
"""What leads back to a request, before its code."""


def keep_request(hub: Hub, asked: Asked, session: Session | None, address: str) -> str:
    """Let a request wait; the code that leads back to it. Refused ``too_many_waiting``."""
    if not take_turn(hub, WAITING, network_of(address)):
        raise Refused("too_many_waiting", "Too many people begin to sign in at once.", status=429)
    session_id = session.id if session else None
    with hub.unit_of_work() as uow:
        return keep_waiting(uow, saml_request, session_id, body=msgspec.to_builtins(asked))


def find_request(uow: UnitOfWork, code: str) -> Waiting[Asked] | None:
    """The request that waits, unless it is too long ago."""
    row = find_waiting(uow, saml_request, code)
    return Waiting(msgspec.convert(row.body, Asked), row.made_at, row.session_id) if row else None


def take_up(hub: Hub, code: str) -> Waiting[Asked]:
    """The request that waited. BadInput ``request_over`` when it is too long ago."""
    with hub.reading() as uow:
        waiting = find_request(uow, code)
    if waiting is None:
        raise request_over()
    return waiting


def wishes_in(asked: Asked) -> Wishes:
    """What a request wishes of the sign-in; SAML has no place for a hint that the hub would take."""
    return Wishes(acr=" ".join(asked.classes))
