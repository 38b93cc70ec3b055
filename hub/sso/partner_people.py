"""A partner's people, for whoever administers that partner: finding, adding, and switching off. Never those of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.access.roles import has_power_beyond, require_partner_admin
from hub.audiences.provisioning import Mode, check_mode
from hub.errors import BadInput, Missing, NotAllowed
from hub.ids import is_id
from hub.network import tables as network
from hub.network.people.mail_address import is_address
from hub.network.people.person import Person, read_person
from hub.network.people.provision import NewPerson, Place, clean_text, create_person, set_disabled, set_places
from hub.network.systems.connections import SIGN_IN_KINDS
from hub.network.validity.in_force import in_force
from hub.sso.sessions import end_sessions_of
from hub.sso.tables import web_session
from hub.store import UnitOfWork
from hub.store.folded import begins

PAGE = 50
LOOKED_AT = 1000
"""A search looks at so many people of the partner for one page."""
MODE: Mode = "partner_admin"


@dataclass(frozen=True)
class Colleague:
    """One of a partner's people. ``places`` are those at this partner now; ``sign_ins`` how many ways in there are."""

    id: str
    name: str
    email: str
    disabled: bool
    places: tuple[str, ...]
    sign_ins: int
    seen_at: datetime | None


def list_colleagues(
    uow: UnitOfWork, admin_id: str, partner_id: str, words: str = "", after: str = ""
) -> tuple[list[Colleague], str]:
    """PAGE of the partner's people at most, by id, and where to go on, if there are more.

    The words begin the given name, the family name or the e-mail, together or each one of them. With words LOOKED_AT people are looked at for a page,
    which may have none of them and still be followed by more. NotAllowed ``not_partner_admin``.
    """
    require_partner_admin(uow, admin_id, partner_id)
    person, detail = network.person, network.person_detail
    mine = [person.c.partner_id == partner_id, *([person.c.id > after] if is_id(after) else ())]
    asked = words.split()
    columns = (detail.c.given_name, detail.c.family_name, detail.c.email)
    called = [sa.or_(*(begins(column, word) for column in columns)) for word in asked]
    as_written = [begins(column, " ".join(asked)) for column in columns]
    looked_at = (
        sa.select(person.c.id, person.c.disabled)
        .where(*mine)
        .order_by(person.c.id)
        .limit(LOOKED_AT if asked else PAGE + 1)
        .subquery()
    )
    query = (
        sa.select(looked_at.c.id, looked_at.c.disabled, *columns)
        .join(detail, detail.c.person_id == looked_at.c.id)
        .order_by(looked_at.c.id)
        .limit(PAGE + 1)
    )
    if asked:
        query = query.where(sa.or_(sa.and_(*called), *as_written))
    rows = uow.connection.execute(query).all()
    shown = rows[:PAGE]
    last = sa.select(looked_at.c.id).order_by(looked_at.c.id).offset(LOOKED_AT - 1)
    ids = [row.id for row in shown]
    places, links, seen = _places(uow, ids, partner_id), _sign_ins(uow, ids), _seen(uow, ids)
    people = [
        Colleague(
            row.id,
            f"{row.given_name} {row.family_name}".strip(),
            row.email,
            row.disabled,
            tuple(places.get(row.id, ())),
            links.get(row.id, 0),
            seen.get(row.id),
        )
        for row in shown
    ]
    if len(rows) > PAGE:
        return people, ids[-1]
    return people, (uow.connection.scalar(last) if asked else None) or ""


def add_colleague(uow: UnitOfWork, admin_id: str, new: NewPerson, places: Sequence[Place]) -> str:
    """The id of a new person at a partner that ``admin_id`` administers.

    NotAllowed ``not_partner_admin`` and ``mode_not_for_audience``; BadInput ``no_name``, ``bad_email``; what
    ``set_places`` raises.
    """
    require_partner_admin(uow, admin_id, new.partner_id)
    if not clean_text(new.given_name + new.family_name, 1):
        raise BadInput("no_name", "A person has a name.")
    if new.email and not is_address(new.email.strip()):
        raise BadInput("bad_email", "This is no e-mail address.")
    check_mode(uow, MODE, places)
    person_id = create_person(uow, new, made_by=MODE, actor_id=admin_id)
    set_places(uow, person_id, places, source=MODE, actor_id=admin_id)
    return person_id


def switch_colleague(
    uow: UnitOfWork, admin_id: str, partner_id: str, person_id: str, *, disabled: bool
) -> Person:
    """Switch one of the partner's own people off, whose sessions end then, or on again; the person.

    NotAllowed ``not_partner_admin``, ``own_access`` for oneself, ``beyond_partner`` for who looks after another
    partner's people, too; Missing ``no_person`` for people of other partners and
    for operators; Conflict ``person_erased``.
    """
    require_partner_admin(uow, admin_id, partner_id)
    person = read_person(uow, person_id)
    if person.partner_id != partner_id or person.is_operator:
        raise Missing("no_person", "There is no such person.")
    if person.id == admin_id:
        raise NotAllowed("own_access", "You cannot switch off yourself.", "Ask another administrator.")
    if has_power_beyond(uow, person, [partner_id]):
        raise NotAllowed(
            "beyond_partner",
            f"{person.name} looks after the people of another partner, too.",
            "Ask an operator of the training hub to do it.",
        )
    set_disabled(uow, person.id, disabled=disabled, reason=MODE, actor_id=admin_id)
    if disabled:
        end_sessions_of(uow, person.id)
    return person


def _places(uow: UnitOfWork, ids: Sequence[str], partner_id: str) -> dict[str, list[str]]:
    a, location, position = network.appointment, network.location, network.position
    rows = uow.connection.execute(
        sa.select(a.c.person_id, position.c.title, location.c.name)
        .join(location, location.c.id == a.c.location_id)
        .join(position, position.c.id == a.c.position_id)
        .where(a.c.person_id.in_(ids), location.c.partner_id == partner_id, in_force(a, uow.now))
        .order_by(location.c.name, position.c.title)
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(f"{row.title}, {row.name}")
    return found


def _sign_ins(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, int]:
    link, connection = network.identity_link, network.connection
    rows = uow.connection.execute(
        sa.select(link.c.person_id, sa.func.count())
        .join(connection, connection.c.id == link.c.connection_id)
        .where(link.c.person_id.in_(ids), connection.c.kind.in_(SIGN_IN_KINDS), ~connection.c.disabled)
        .group_by(link.c.person_id)
    )
    return {row[0]: row[1] for row in rows}


def _seen(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, datetime]:
    latest = sa.func.max(web_session.c.seen_at, type_=web_session.c.seen_at.type)
    rows = uow.connection.execute(
        sa.select(web_session.c.person_id, latest)
        .where(web_session.c.person_id.in_(ids))
        .group_by(web_session.c.person_id)
    )
    return {row[0]: row[1] for row in rows}
