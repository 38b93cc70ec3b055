"""Showing what the hub would make of a user as an identity provider sends it, without keeping any of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scim2_models import Context, SCIMException, User

from hub.errors import HubError
from hub.network.people.person import read_appointments, read_person
from hub.network.systems.connections import read_connection
from hub.runtime import Hub
from hub.sso.scim import people
from hub.sso.scim.caller import Caller
from hub.sso.scim.provider import PROVIDER, HubUser
from hub.sso.scim.service import reason
from hub.sso.scim.storage import HubStorage
from hub.sso.scim.tables import scim_resource
from hub.sso.scim.words import WORDS

MAX_BYTES = 64 * 1024


@dataclass(frozen=True)
class Rehearsed:
    """Whom the user would be, in words; or why it would be refused: ``code``, what that means and what to change."""

    name: str = ""
    email: str = ""
    locale: str = ""
    active: bool = True
    is_known: bool = False
    places: Sequence[str] = ()
    unknown: Sequence[str] = ()
    """Schemas of the user that the hub does not read."""
    code: str = ""
    words: str = ""
    change: str = ""
    detail: str = ""


class _Undo(Exception):
    """Ends a unit of work that is not to be kept."""


def rehearse(hub: Hub, connection_id: str, text: str) -> Rehearsed:
    """Provide the user in ``text``, a SCIM user as JSON, and take everything back. Missing ``no_connection``."""
    with hub.reading() as uow:
        connection = read_connection(uow, connection_id)
    caller = Caller("", connection_id, connection.partner_id or "")
    try:
        with PROVIDER:
            context = Context.RESOURCE_CREATION_REQUEST
            user: User[Any] = HubUser.model_validate_json(text[:MAX_BYTES], scim_ctx=context)
            return _provide(hub, caller, user)
    except SCIMException as error:
        cause = error.__cause__
        detail = cause.message if isinstance(cause, HubError) else str(error)
        return _refused(reason(error), detail)
    except ValueError:  # pydantic's: its message would show the whole input
        return _refused("invalid_syntax" if not text.strip().startswith("{") else "invalid_value", "")


def _provide(hub: Hub, caller: Caller, user: User[Any]) -> Rehearsed:
    storage = HubStorage(hub, caller)
    user_type = next(each for each in PROVIDER.resource_types if each.name == "User")
    rehearsed = Rehearsed()
    try:
        with storage.operation():
            uow = storage.unit
            known = people.is_known(uow, caller, user)
            made = storage.create(user_type, user)
            person_id = uow.find(scim_resource, id=made.id or "").person_id
            person, places = read_person(uow, person_id), read_appointments(uow, person_id)
            rehearsed = Rehearsed(
                name=person.name,
                email=person.email,
                locale=person.locale,
                active=not person.disabled,
                is_known=known,
                places=[f"{place.position} at {place.location}" for place in places],
                unknown=sorted(user.unknown_attributes or {}),
            )
            raise _Undo
    except _Undo:
        return rehearsed


def _refused(code: str, detail: str) -> Rehearsed:
    words, change = WORDS.get(code, WORDS["refused"])
    return Rehearsed(code=code, words=words, change=change, detail=detail)
