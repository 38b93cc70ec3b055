"""A person's sign-ins: adding another one, which the person proves in the browser in which it is signed in, and removing one.

A link needs four things at once: the session of the person who began, the browser that was sent away, the connection it
was sent to, and a subject that the connection proved just then. The flow that carries them works once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.errors import Conflict, Missing, NotAllowed
from hub.journal import audit
from hub.network import tables as network
from hub.network.people.identities import find_person, link_identity, unlink_identity
from hub.network.people.person import lock_people, read_person, works_for
from hub.network.systems.connections import SIGN_IN_KINDS, read_connection
from hub.network.systems.link_proofs import take_turns
from hub.sso.arrive import Assertion, refuse_disabled
from hub.sso.flows import Flow
from hub.sso.refusals import Attempt
from hub.sso.sessions import Session, end_provider_sessions, find_session
from hub.sso.tables import web_session
from hub.store import UnitOfWork

RECENT = timedelta(minutes=10)
"""How long ago somebody who adds or removes a sign-in may have proved who they are."""
LINKED, UNLINKED = "sign_in_linked", "sign_in_unlinked"


@dataclass(frozen=True)
class SignIn:
    """One way in that a person has. ``is_this`` marks the one of the present session."""

    connection_id: str
    slug: str
    name: str
    kind: str
    form: str
    subject: str
    partner: str
    disabled: bool
    is_this: bool
    last_used: datetime | None


def is_recent(uow: UnitOfWork, session: Session) -> bool:
    """Whether whoever is signed in proved who they are a moment ago."""
    return session.authenticated_at > uow.now - RECENT


def refuse_old(uow: UnitOfWork, session: Session) -> None:
    """NotAllowed ``not_recent`` when the sign-in is too long ago for changing the ways in."""
    if not is_recent(uow, session):
        raise NotAllowed(
            "not_recent",
            "It is too long ago that you signed in.",
            "Sign in again, then do this within ten minutes.",
        )


def list_sign_ins(uow: UnitOfWork, session: Session) -> list[SignIn]:
    """The ways in of whoever is signed in, by name."""
    this = sa.select(web_session).where(web_session.c.token_hash == session.token_hash)
    return list_sign_ins_of(uow, session.person_id, uow.connection.execute(this).one_or_none())


def list_sign_ins_of(uow: UnitOfWork, person_id: str, this: Any = None) -> list[SignIn]:
    """The ways in of somebody, by name. ``this`` is the session that looks, where it is the person's own."""
    link, connection, partner = network.identity_link, network.connection, network.partner
    used = (
        sa.select(sa.func.max(web_session.c.seen_at))
        .where(
            web_session.c.person_id == link.c.person_id,
            *(web_session.c[name] == link.c[name] for name in ("connection_id", "form", "subject")),
        )
        .scalar_subquery()
    )
    rows = uow.connection.execute(
        sa.select(
            link.c.connection_id,
            link.c.form,
            link.c.subject,
            connection.c.slug,
            connection.c.name,
            connection.c.kind,
            connection.c.disabled,
            sa.func.coalesce(partner.c.name, "").label("partner"),
            sa.type_coerce(used, web_session.c.seen_at.type).label("last_used"),
        )
        .join(connection, connection.c.id == link.c.connection_id)
        .outerjoin(partner, partner.c.id == connection.c.partner_id)
        .where(link.c.person_id == person_id, connection.c.kind.in_(SIGN_IN_KINDS))
        .order_by(connection.c.name, link.c.form, link.c.subject)
    )
    return [
        SignIn(
            **row._mapping,
            is_this=this is not None
            and (row.connection_id, row.form, row.subject) == (this.connection_id, this.form, this.subject),
        )
        for row in rows
    ]


def link_arrived(
    uow: UnitOfWork, flow: Flow, assertion: Assertion, attempt: Attempt, session_token: str
) -> None:
    """Let what the connection proved mean the person who began this flow, and is still signed in here.

    The same again changes nothing. NotAllowed ``link_of_another_person``, ``not_recent``, ``connection_disabled`` or
    ``left_partner``; Conflict ``identity_taken`` when it is somebody else's sign-in.
    """
    proved = assertion.proved
    session = find_session(uow, session_token) if session_token else None
    if session is None or session.looks_as_id or session.person_id != flow.person_id:
        raise NotAllowed(
            "link_of_another_person",
            "Somebody else is signed in here now than the one who wanted to add this sign-in.",
            "Sign in as yourself, open your account page and add it again.",
        )
    attempt.person_id = session.person_id
    refuse_old(uow, session)
    connection = read_connection(uow, proved.connection_id)
    refuse_disabled(connection)
    person = read_person(uow, session.person_id)
    if connection.partner_id and not works_for(uow, person, connection.partner_id):
        raise NotAllowed(
            "left_partner",
            f"{connection.name} signs in people of a company that you do not work for.",
            "Ask that company's training administrator to add you first.",
        )
    take_turns(uow, connection.id)
    if find_person(uow, connection.id, proved.form, proved.subject) == person.id:
        return
    link_identity(uow, connection.id, proved.form, proved.subject, person.id, made_by="proof")
    _audit(uow, LINKED, person.id, connection.id, person.partner_id)


def unlink_sign_in(uow: UnitOfWork, session: Session, slug: str, form: str, subject: str) -> None:
    """Take one of the person's own sign-ins away and end what was signed in by it. It comes back by proof alone.

    NotAllowed ``not_recent``; Missing ``no_sign_in``; Conflict ``last_sign_in`` where no other would be left, and
    ``local_sign_in`` for accounts of the hub's own, whose passkeys and passwords are removed instead.
    """
    refuse_old(uow, session)
    lock_people(uow, [session.person_id])
    all_of_them = list_sign_ins(uow, session)
    gone = [s for s in all_of_them if (s.slug, s.form, s.subject) == (slug, form, subject)]
    if not gone:
        raise Missing("no_sign_in", "You have no such sign-in.")
    if gone[0].kind == "local":
        raise _local()
    if not any(other for other in all_of_them if other is not gone[0] and not other.disabled):
        raise Conflict(
            "last_sign_in",
            "This is your only sign-in: without it you could not come back.",
            "Add another one first.",
        )
    connection_id = gone[0].connection_id
    unlink_identity(uow, connection_id, form, subject, for_good=True)
    end_provider_sessions(uow, connection_id, form, subject)
    _audit(uow, UNLINKED, session.person_id, connection_id, None)


def take_sign_in_away(
    uow: UnitOfWork, person_id: str, slug: str, form: str, subject: str, *, actor_id: str
) -> None:
    """Take a sign-in away from somebody, for an operator: also the last one. Missing ``no_sign_in``; Conflict ``local_sign_in``."""
    gone = [
        s for s in list_sign_ins_of(uow, person_id) if (s.slug, s.form, s.subject) == (slug, form, subject)
    ]
    if not gone:
        raise Missing("no_sign_in", "The person has no such sign-in.")
    if gone[0].kind == "local":
        raise _local()
    unlink_identity(uow, gone[0].connection_id, form, subject, for_good=True)
    end_provider_sessions(uow, gone[0].connection_id, form, subject)
    audit(uow, UNLINKED, person_id, actor_id=actor_id, connection_id=gone[0].connection_id)


def _local() -> Conflict:
    return Conflict(
        "local_sign_in", "This account is the hub's own: remove its passkeys or its password instead."
    )


def _audit(uow: UnitOfWork, action: str, person_id: str, connection_id: str, partner_id: str | None) -> None:
    audit(uow, action, person_id, actor_id=person_id, connection_id=connection_id, partner_id=partner_id)
