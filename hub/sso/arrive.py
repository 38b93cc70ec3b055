"""Where every way of signing in ends: what a connection proved becomes a person and a web session, or a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from hub.errors import Missing, NotAllowed
from hub.journal import audit
from hub.network import tables
from hub.network.people.person import Person, read_person, works_for
from hub.network.systems.connections import Connection
from hub.sso.newcomers import refresh, welcome
from hub.sso.policy import NO_POLICY, SignInPolicy
from hub.sso.provider.carry import carry_over
from hub.sso.refusals import ACTION, Attempt, switched_off
from hub.sso.sessions import Proved, end_session, end_sessions_of, start_session
from hub.sso.tables import sign_in_policy
from hub.store import UnitOfWork
from hub.store.driver import Question


@dataclass(frozen=True)
class Assertion:
    """What a connection proved about whoever is at the browser, and what it said besides: one form for all protocols.

    ``claims`` are texts under the connection's own names; nothing in them says who somebody is.
    """

    proved: Proved
    claims: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class SignedIn:
    """A finished sign-in: the new session's token and the page the person wanted."""

    token: str
    return_to: str


def arrive(
    uow: UnitOfWork, assertion: Assertion, attempt: Attempt, old_session: str = "", device: str = ""
) -> str:
    """The token of a new session for the person whom the connection proved, if there is one and may sign in.

    ``old_session`` is the token that the browser held before; that session ends. Whoever is not known yet may become so
    by the connection's policy (``hub.sso.newcomers``). Raises NotAllowed ``connection_disabled``, ``left_partner`` and
    what ``welcome`` raises; returns an empty text for a person who is switched off,
    whose sessions end and who is to be refused with ``person_disabled`` after the unit (``refuse_switched_off``).
    """
    proved = assertion.proved
    connection, policy, person_id = _look_up(uow, proved)
    refuse_disabled(connection)  # also when it was looked up before: asking the provider took its time
    if person_id is None:
        person_id = welcome(uow, connection, policy, proved, assertion.claims)
    attempt.person_id = person_id
    person = read_person(uow, person_id)
    _refuse_left_partner(uow, connection, person)
    if person.disabled:
        end_sessions_of(uow, person_id)
        return ""
    refresh(uow, connection, policy, person, assertion.claims)
    audit(
        uow,
        ACTION,
        person_id,
        actor_id=person_id,
        partner_id=person.partner_id,
        connection_id=connection.id,
    )
    token = start_session(uow, person_id, proved, device)
    carry_over(uow, old_session, token)
    end_session(uow, old_session)
    return token


_KNOWN = Question(
    sa.select(
        *(tables.connection.c[name] for name in Connection.__dataclass_fields__),
        *(sign_in_policy.c[name] for name in SignInPolicy.__dataclass_fields__),
        sign_in_policy.c.connection_id.label("of_policy"),
        tables.identity_link.c.person_id,
    )
    .outerjoin(sign_in_policy, sign_in_policy.c.connection_id == tables.connection.c.id)
    .outerjoin(
        tables.identity_link,
        sa.and_(
            tables.identity_link.c.connection_id == tables.connection.c.id,
            tables.identity_link.c.form == sa.bindparam("form"),
            tables.identity_link.c.subject == sa.bindparam("subject"),
        ),
    )
    .where(tables.connection.c.id == sa.bindparam("connection_id"))
)


def _look_up(uow: UnitOfWork, proved: Proved) -> tuple[Connection, SignInPolicy, str | None]:
    """The connection, its policy, and whom it means by this subject, with one query; Missing ``no_connection``."""
    row = _KNOWN.ask(
        uow.connection, connection_id=proved.connection_id, form=proved.form, subject=proved.subject
    )
    if row is None:
        raise Missing("no_connection", "There is no such connection.")
    connection = Connection(**{name: getattr(row, name) for name in Connection.__dataclass_fields__})
    if row.of_policy is None:
        return connection, NO_POLICY, row.person_id
    policy = SignInPolicy(**{name: getattr(row, name) for name in SignInPolicy.__dataclass_fields__})
    return connection, policy, row.person_id


def refuse_disabled(connection: Connection) -> None:
    """NotAllowed ``connection_disabled`` when nobody may sign in there."""
    if connection.disabled:
        raise NotAllowed(
            "connection_disabled",
            f"Signing in through {connection.name} is switched off.",
            "Ask your manager or your employer's training administrator.",
        )


def refuse_switched_off(token: str) -> str:
    """The token; NotAllowed ``person_disabled`` where there is none. After the unit, whose ends of sessions must stay."""
    if not token:
        raise switched_off()
    return token


def _refuse_left_partner(uow: UnitOfWork, connection: Connection, person: Person) -> None:
    """A partner's provider opens the hub for its own people: whoever has left it signs in with the new employer."""
    if connection.partner_id and not works_for(uow, person, connection.partner_id):
        raise NotAllowed(
            "left_partner",
            f"Your sign-in at {connection.name} worked, but you do not work there any more.",
            "Sign in with the work e-mail of your present employer.",
        )
