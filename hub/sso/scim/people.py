"""Whom a SCIM user means: the person behind it, who is created, kept up to date, switched off and on again."""

from typing import Any, Final

import sqlalchemy as sa
from scim2_models import User

from hub.access.roles import has_power_beyond
from hub.audiences.provisioning import check_mode
from hub.errors import Conflict, NotAllowed
from hub.network import tables
from hub.network.people.identities import find_person, link_identity, unlink_identity
from hub.network.people.own_records import find_called
from hub.network.people.person import Person, read_person
from hub.network.people.provision import (
    NewPerson,
    change_details,
    create_person,
    set_disabled,
    set_places,
    who_switched_off,
)
from hub.sso.scim.caller import Caller
from hub.sso.scim.group_roles import keep_role, move_role
from hub.sso.scim.names import EXTERNAL_ID, USER_NAME
from hub.sso.scim.tables import scim_resource
from hub.sso.scim.told import details, group_places, is_active, told_appointments, told_places
from hub.sso.sessions import end_session_of, end_sessions_of
from hub.sso.tables import web_session
from hub.store import UnitOfWork

MODE: Final = "scim"
_SIGN_IN_KINDS, _SIGN_IN_FORMS = ("oidc", "saml"), ("sub", "nameid")


def find_or_create(uow: UnitOfWork, caller: Caller, user: User[Any]) -> str:
    """The person whom a new user means: somebody the same partner knows by the same external id, else somebody new.

    Conflict ``user_exists`` when another user of this client means that person already; NotAllowed ``record_has_role``
    where the person has power beyond this partner.
    """
    person_id = _find(uow, caller, user.external_id) if user.external_id else None
    if person_id is None:
        told = details(user)
        new = NewPerson(
            caller.partner_id,
            told["given_name"],
            told["family_name"],
            told["email"],
            told.get("locale", "en"),
        )
        return create_person(uow, new, made_by=MODE)
    taken = sa.select(scim_resource.c.id).where(
        scim_resource.c.person_id == person_id, scim_resource.c.connection_id == caller.connection_id
    )
    if uow.connection.execute(taken).first() is not None:
        raise Conflict("user_exists", "There is already a user with this externalId.")
    change_details(uow, person_id, **details(user))
    return person_id


def is_known(uow: UnitOfWork, caller: Caller, user: User[Any]) -> bool:
    """Whether a new user would mean somebody who is in the hub already."""
    return bool(user.external_id) and _find(uow, caller, user.external_id or "") is not None


def person_of(uow: UnitOfWork, caller: Caller, row: Any, user: User[Any]) -> str:
    """The person behind a stored user: whom the client's name means now, for a merge moves names to who remains."""
    known = find_person(uow, caller.connection_id, USER_NAME, user.user_name or "")
    if known is None or known == row.person_id:
        return str(row.person_id)
    mine = scim_resource.c.id == row.id
    uow.connection.execute(sa.update(scim_resource).where(mine).values(person_id=known))
    move_role(uow, [caller.connection_id], str(row.person_id), known)
    return known


def keep_up(
    uow: UnitOfWork, caller: Caller, user_id: str, person_id: str, before: User[Any] | None, after: User[Any]
) -> None:
    """Let the person be what the user says now. ``before`` is None for a new one."""
    _rename(uow, caller, person_id, EXTERNAL_ID, before.external_id if before else None, after.external_id)
    _rename(uow, caller, person_id, USER_NAME, before.user_name if before else None, after.user_name)
    person = read_person(uow, person_id)
    is_ours = _is_governed(uow, caller, person)
    if is_ours and before is not None and details(before) != details(after):
        change_details(uow, person_id, **details(after))
    if is_active(after):
        is_told_on = before is None or not is_active(before)
        if is_ours and person.disabled and is_told_on and who_switched_off(uow, person_id) == MODE:
            set_disabled(uow, person_id, disabled=False, reason=MODE)
        give_places(uow, caller, user_id, person_id, before, after)
        give_role(uow, caller, user_id, person_id)
    elif before is None or is_active(before):
        _switch_off(uow, caller, user_id, person)


def give_places(
    uow: UnitOfWork, caller: Caller, user_id: str, person_id: str, before: User[Any] | None, after: User[Any]
) -> None:
    """Let the person have the places of the extension and of the groups; those of the network files stay as they are.

    What a group means is not the client's to know: where a location has closed, members are members all the same.
    """
    told = told_appointments(after)
    places = told_places(uow, caller.partner_id, told) if told else []
    meant = [place for place in group_places(uow, user_id) if place not in places]
    if places or meant:
        check_mode(uow, MODE, [*places, *meant])
    if places or meant or before is not None:
        of_partner = {"source": caller.source, "partner_id": caller.partner_id}
        set_places(uow, person_id, places, if_possible=meant, **of_partner)


def give_role(uow: UnitOfWork, caller: Caller, user_id: str, person_id: str) -> None:
    """Let an active user's person look after the partner's people if a group says so; nobody whom others employ."""
    person = read_person(uow, person_id)
    may_have = not person.disabled and _is_governed(uow, caller, person)
    keep_role(uow, caller, user_id, person, may_have=may_have)


def release(uow: UnitOfWork, caller: Caller, user_id: str, person_id: str, user: User[Any]) -> None:
    """Let go of the person of a user who is deleted: switched off, signed out, without the places the client gave.

    The external id still means this person: somebody who is provisioned again goes on where he stopped.
    """
    _rename(uow, caller, person_id, USER_NAME, user.user_name, None)
    _switch_off(uow, caller, user_id, read_person(uow, person_id))


def _switch_off(uow: UnitOfWork, caller: Caller, user_id: str, person: Person) -> None:
    """Nobody is switched off by a partner that is not the employer, or while another client says that he works there.

    Neither is whoever has power beyond the partner: they lose its places, and the sessions that began there.
    """
    set_places(uow, person.id, [], source=caller.source, partner_id=caller.partner_id)
    keep_role(uow, caller, user_id, person, may_have=False)
    if not _is_governed(uow, caller, person):
        _end_sessions_here(uow, caller, person.id)
        return
    end_sessions_of(uow, person.id)
    if not is_active_elsewhere(uow, person.id, user_id):
        set_disabled(uow, person.id, disabled=True, reason=MODE)


def _is_governed(uow: UnitOfWork, caller: Caller, person: Person) -> bool:
    """Whether the caller's partner is the employer and decides about details and access of the person."""
    return person.partner_id == caller.partner_id and not has_power_beyond(uow, person, [caller.partner_id])


def _end_sessions_here(uow: UnitOfWork, caller: Caller, person_id: str) -> None:
    """End the sessions that began at a sign-in of the client's partner; those of other employers go on."""
    connection = tables.connection
    query = (
        sa.select(web_session.c.id)
        .join(connection, connection.c.id == web_session.c.connection_id)
        .where(web_session.c.person_id == person_id, connection.c.partner_id == caller.partner_id)
    )
    for session_id in uow.connection.scalars(query).all():
        end_session_of(uow, person_id, session_id)


def is_active_user() -> sa.ColumnElement[bool]:
    """Whether a stored user is active: whoever is not said to be inactive is."""
    active = scim_resource.c.found_by["active"].as_string()
    return sa.or_(active.is_(None), active == "true")


def is_active_elsewhere(uow: UnitOfWork, person_id: str, user_id: str = "") -> bool:
    """Whether another user than this one, of whatever client, says that the person is active."""
    query = sa.select(scim_resource.c.id).where(scim_resource.c.person_id == person_id, is_active_user())
    if user_id:
        query = query.where(scim_resource.c.id != user_id)
    return uow.connection.execute(query.limit(1)).first() is not None


def _find(uow: UnitOfWork, caller: Caller, external_id: str) -> str | None:
    """Who of the caller's own people is meant: by this client before, in the network files, or by the partner's sign-in.

    NotAllowed ``record_has_role`` where that person has power beyond the partner.
    """
    known = find_person(uow, caller.connection_id, EXTERNAL_ID, external_id)
    if known is None:
        found = find_called(uow, caller.partner_id, [external_id], _SIGN_IN_KINDS, _SIGN_IN_FORMS)
        known = found[0].id if len(found) == 1 else None
    if known is not None and has_power_beyond(uow, read_person(uow, known), [caller.partner_id]):
        raise NotAllowed(
            "record_has_role",
            "This externalId means somebody who has rights beyond this partner.",
            "Ask an operator of the training hub; until then leave this person out.",
        )
    return known


def _rename(
    uow: UnitOfWork, caller: Caller, person_id: str, form: str, old: str | None, new: str | None
) -> None:
    """Let the client's new name mean the person, and its old one nobody any more."""
    if old == new:
        return
    if old:
        unlink_identity(uow, caller.connection_id, form, old)
    if new:
        link_identity(uow, caller.connection_id, form, new, person_id, made_by=MODE)
