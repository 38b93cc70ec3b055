"""Invitations: somebody gets an account and chooses what opens it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.roles import administered_partners, grant_partner_admin, has_power_beyond
from hub.audiences.provisioning import Mode, check_mode
from hub.errors import BadInput, Conflict, Missing, NotAllowed
from hub.ids import is_id
from hub.journal import audit
from hub.network.people.person import Person, read_person
from hub.network.people.provision import NewPerson, Place, create_person, set_places
from hub.network.tables import appointment, connection, location, partner, person_detail
from hub.network.validity.in_force import in_force
from hub.sso.local import tables
from hub.sso.local.accounts import (
    Account,
    clean_email,
    is_connected,
    open_account,
    read_account,
    refuse_power,
)
from hub.sso.local.links import make_link, revoke_links
from hub.sso.local.mails import mail_invitation
from hub.sso.local.ways_in import forget_ways_in, is_open
from hub.store import UnitOfWork

ACTION = "invitation"
"""Under which the audit trail has what happens to invitations."""
MAX_LISTED = 200
Scope = frozenset[str] | None
"""The partners whose people somebody may look after; None for all."""


@dataclass(frozen=True)
class Invitation:
    """An invitation that nobody used yet."""

    account_id: str
    person_id: str
    partner_id: str
    partner: str
    name: str
    email: str
    created_at: datetime
    expires_at: datetime


def invite_person(
    uow: UnitOfWork,
    partner_id: str,
    who: str | NewPerson,
    actor_id: str | None,
    *,
    places: Sequence[Place] = (),
    mode: Mode = "invitation",
    looks_after: bool = False,
    email: str = "",
) -> str:
    """Invite a person (by id), or somebody new, to an account at this partner; the address to hand over.

    The same goes out by mail, with a code of its own: only that proves the mail address. It works once, for 14 days, and
    takes the place of earlier invitations. ``places`` is where somebody new works; ``mode`` how they came about. Whoever is
    known came into the hub by another way: the account is only a key. ``looks_after`` makes them partner admin there,
    for operators to say. ``email`` is where it goes instead of the person's address now.

    Raises Missing ``no_person`` for somebody of another partner, and for operators unless an operator invites; ``no_partner``; NotAllowed ``mode_not_for_audience``,
    and ``beyond_partner`` unless an operator invites;
    BadInput ``bad_email``, ``no_email`` and what ``set_places`` raises; Conflict ``address_taken``, ``has_account`` and ``person_disabled``.
    """
    if isinstance(who, NewPerson):
        person = _create(uow, partner_id, who, actor_id, places, mode)
    else:
        person = read_person(uow, who)
        _refuse_other_people(uow, partner_id, person, actor_id)
        if person.disabled:
            raise Conflict("person_disabled", "This person is switched off.", "Switch the person on first.")
    if not (email or person.email):
        raise BadInput("no_email", f"{person.name} has no e-mail address.", "Add one first.")
    if looks_after:
        if actor_id is not None and not read_person(uow, actor_id).is_operator:
            raise NotAllowed("not_operator", "Operators of the hub give this role.")
        refuse_power(uow, person.id, partner_id)
        grant_partner_admin(uow, person.id, partner_id, actor_id)
    account = open_account(uow, partner_id, person.id, email or person.email)
    if is_open(uow, account.id) and is_connected(uow, account):
        raise Conflict(
            "has_account",
            f"{person.name} has an account already.",
            "Whoever cannot get in any more lets the sign-in page send a mail.",
        )
    forget_ways_in(uow, account.id)  # the owner has removed this sign-in: it begins anew
    return _invite(uow, account, partner_id, actor_id)


def send_again(uow: UnitOfWork, account_id: str, actor_id: str | None, scope: Scope) -> str:
    """A new invitation in place of the one that waits, to the address that one went to; as ``invite_person``.

    Whoever keeps the person's address, such as a SCIM client, does not decide who gets it. Missing ``no_invitation``.
    """
    account, partner_id = _waiting(uow, account_id, scope)
    return invite_person(uow, partner_id, account.person_id, actor_id, email=account.email)


def take_back(uow: UnitOfWork, account_id: str, actor_id: str | None, scope: Scope) -> None:
    """Let an invitation open nothing any more; the person stays. Missing ``no_invitation``."""
    account, partner_id = _waiting(uow, account_id, scope)
    revoke_links(uow, account.id)
    audit(
        uow, ACTION, account.person_id, actor_id=actor_id, partner_id=partner_id, detail={"done": "revoked"}
    )


def list_invitations(uow: UnitOfWork, scope: Scope, limit: int = MAX_LISTED) -> list[Invitation]:
    """Invitations that nobody used yet, also those that are too old, the newest first."""
    link, account, detail = tables.account_link, tables.local_account, person_detail
    query = (
        sa.select(
            account.c.id.label("account_id"),
            account.c.person_id,
            connection.c.partner_id,
            partner.c.name.label("partner"),
            detail.c.given_name,
            detail.c.family_name,
            account.c.email,
            link.c.created_at,
            link.c.expires_at,
        )
        .join(account, account.c.id == link.c.account_id)
        .join(connection, connection.c.id == account.c.connection_id)
        .join(partner, partner.c.id == connection.c.partner_id)
        .join(detail, detail.c.person_id == account.c.person_id)
        .where(*_unused(link))
        .order_by(link.c.created_at.desc(), link.c.id.desc())
        .limit(limit)
    )
    if scope is not None:
        query = query.where(uow.among(connection.c.partner_id, sorted(scope)))
    return [_invitation(row) for row in uow.connection.execute(query)]


def _refuse_other_people(uow: UnitOfWork, partner_id: str, person: Person, actor_id: str | None) -> None:
    """Whoever invites holds a key to the account: operators give it to anybody, others to their partner's own people."""
    if may_hold_key(uow, partner_id, person, actor_id):
        return
    if person.partner_id != partner_id or person.is_operator or person.id == actor_id:
        raise Missing("no_person", "There is no such person.")
    raise NotAllowed(
        "beyond_partner",
        f"{person.name} works for another partner too, or looks after its people.",
        "Ask an operator of the training hub to invite them.",
    )


def may_hold_key(uow: UnitOfWork, partner_id: str, person: Person, actor_id: str | None) -> bool:
    """Whether whoever invited may get in as the person: the handed-over address opens all that the person sees.

    Operators may (and commands: None); others where the person has work and power at partners alone that they look after.
    """
    if actor_id is None or read_person(uow, actor_id).is_operator:
        return True
    own = {partner_id, *administered_partners(uow, actor_id)}
    return (
        person.partner_id == partner_id
        and person.id != actor_id
        and not has_power_beyond(uow, person, own)
        and not _works_beyond(uow, person.id, own)
    )


def _works_beyond(uow: UnitOfWork, person_id: str, partner_ids: set[str]) -> bool:
    a = appointment
    query = (
        sa.select(a.c.id)
        .join(location, location.c.id == a.c.location_id)
        .where(a.c.person_id == person_id, in_force(a, uow.now), location.c.partner_id.not_in(partner_ids))
    )
    return uow.connection.scalar(query.limit(1)) is not None


def _create(
    uow: UnitOfWork,
    partner_id: str,
    new: NewPerson,
    actor_id: str | None,
    places: Sequence[Place],
    mode: Mode,
) -> Person:
    if new.partner_id != partner_id:
        raise Missing("no_partner", "There is no such partner.")
    if not f"{new.given_name}{new.family_name}".strip():
        raise BadInput("no_name", "A person needs a name.")
    clean_email(new.email)
    check_mode(uow, mode, places)
    person_id = create_person(uow, new, made_by=mode, actor_id=actor_id)
    if places:
        set_places(uow, person_id, places, source=mode, partner_id=partner_id, actor_id=actor_id)
    return read_person(uow, person_id)


def _invite(uow: UnitOfWork, account: Account, partner_id: str, actor_id: str | None) -> str:
    revoke_links(uow, account.id)
    link = make_link(uow, account, "invitation", actor_id)
    mail_invitation(uow, account, link)
    audit(
        uow,
        ACTION,
        account.person_id,
        actor_id=actor_id,
        partner_id=partner_id,
        connection_id=account.connection_id,
        detail={"done": "made"},
    )
    return link.handed_over


def _waiting(uow: UnitOfWork, account_id: str, scope: Scope) -> tuple[Account, str]:
    """The account of an invitation that waits, and its partner."""
    link = tables.account_link
    found = is_id(account_id) and uow.connection.scalar(
        sa.select(connection.c.partner_id)
        .join(tables.local_account, tables.local_account.c.connection_id == connection.c.id)
        .join(link, link.c.account_id == tables.local_account.c.id)
        .where(tables.local_account.c.id == account_id, *_unused(link))
        .limit(1)
    )
    if not found or (scope is not None and found not in scope):
        raise Missing("no_invitation", "There is no such invitation, or it has been used.")
    return read_account(uow, account_id), str(found)


def _unused(link: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    return link.c.kind == "invitation", link.c.used_at.is_(None), link.c.revoked_at.is_(None)


def _invitation(row: Any) -> Invitation:
    name = f"{row.given_name} {row.family_name}".strip()
    told = {name: getattr(row, name) for name in Invitation.__dataclass_fields__ if name != "name"}
    return Invitation(name=name, **told)
