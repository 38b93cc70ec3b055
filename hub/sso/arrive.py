"""Where every way of signing in ends: what a connection proved becomes a person and a web session, or a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.errors import NotAllowed
from hub.journal import audit
from hub.network.connections import Connection, read_connection
from hub.network.identities import find_person
from hub.network.people import Person, read_person, works_for
from hub.sso.refusals import ACTION, Attempt
from hub.sso.sessions import Proved, end_session, end_sessions_of, start_session
from hub.store import UnitOfWork


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

    ``old_session`` is the token that the browser held before; that session ends. Raises NotAllowed
    ``connection_disabled``, ``unknown_subject``, ``left_partner``; returns an empty text for a person who is switched off,
    whose sessions end and who is to be refused with ``person_disabled`` after the unit (``refuse_switched_off``).
    """
    proved = assertion.proved
    connection = read_connection(uow, proved.connection_id)
    refuse_disabled(connection)  # also when it was looked up before: asking the provider took its time
    person_id = find_person(uow, connection.id, proved.form, proved.subject)
    if person_id is None:
        raise _unknown_subject(connection.name)
    attempt.person_id = person_id
    person = read_person(uow, person_id)
    _refuse_left_partner(uow, connection, person)
    if person.disabled:
        end_sessions_of(uow, person_id)
        return ""
    end_session(uow, old_session)
    audit(
        uow,
        ACTION,
        person_id,
        actor_id=person_id,
        partner_id=person.partner_id,
        connection_id=connection.id,
    )
    return start_session(uow, person_id, proved, device)


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
        raise NotAllowed(
            "person_disabled",
            "Your access to the training hub has been switched off.",
            "Ask your manager or your employer's training administrator.",
        )
    return token


def _refuse_left_partner(uow: UnitOfWork, connection: Connection, person: Person) -> None:
    """A partner's provider opens the hub for its own people: whoever has left it signs in with the new employer."""
    if connection.partner_id and not works_for(uow, person, connection.partner_id):
        raise NotAllowed(
            "left_partner",
            f"Your sign-in at {connection.name} worked, but you do not work there any more.",
            "Sign in with the work e-mail of your present employer.",
        )


def _unknown_subject(name: str) -> NotAllowed:
    return NotAllowed(
        "unknown_subject",
        f"Your sign-in at {name} worked, but you are not in the training network yet.",
        "Ask your manager or your employer's training administrator to add you; then sign in again.",
    )
