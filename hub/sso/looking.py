"""Looking at the pages of somebody else: as they see them, without being able to do anything there.

It is a property of the looker's own session, so that it ends with it. Every request of such a session is answered for the
person who is looked at, and may only read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import flask
import sqlalchemy as sa

from hub.access.roles import administered_partners, may_administer
from hub.errors import HubError, NotAllowed
from hub.flask_hub import current_hub
from hub.journal import audit
from hub.journal.audit import LOOKER
from hub.journal.tables import audit as audit_table
from hub.network import tables as network
from hub.network.people.person import Person, read_person
from hub.network.validity.in_force import in_force
from hub.runtime import Hub
from hub.sso.sessions import Session
from hub.sso.tables import web_session
from hub.store import UnitOfWork

BEGUN, ENDED = "look_begun", "look_ended"
ACTION = "look"
"""What a refusal is called in the audit trail."""
STOP = "look.stop"
"""The endpoint that ends it: the only one that takes a form meanwhile."""
PAGES = frozenset(
    {
        "my_training",
        "courses",
        "team",
        "account",
        "account_local",
        "partner_people",
        "look",
        "web",
        "bootstrap",
        "operations",
    }
)
"""Blueprints whose pages may be read. All others do something when they are read, or belong to the looker alone."""
OWN_PAGES = PAGES - {"team", "partner_people"}
"""Those of them that show the person alone: what a partner admin may see, to whom a team or another partner is closed."""
ENTRANCES = frozenset({"sign_in.home"})
MACHINES = frozenset({"xapi", "xapi_oauth", "scim", "oidc_machine", "saml_machine"})
"""Blueprints that take no notice of sessions."""
FROM_PROVIDERS = frozenset(
    {"saml.take_logout", "saml_provider.take_logout", "saml_provider.take_posted_logout"}
)
"""Endpoints that take no notice of them either: what comes there is signed by a provider or another system."""
SHOWN = 20


@dataclass(frozen=True)
class Look:
    """Who looks, with the own session; and whom at."""

    session: Session
    looker: Person
    person: Person


@dataclass(frozen=True)
class PastLook:
    """Somebody looked. ``by`` is a name, empty for somebody erased."""

    by: str
    at: datetime


def may_look(uow: UnitOfWork, looker: Person, person: Person) -> bool:
    """Whether one may look at the other's pages.

    Operators may look at all who are none, partner admins at those who work for their own partners alone: the pages show
    all that somebody learns, also for another employer.
    """
    if person.is_operator or person.id == looker.id or looker.disabled:
        return False
    return looker.is_operator or (
        may_administer(uow, looker.id, person) and _works_nowhere_else(uow, looker.id, person)
    )


def begin_look(hub: Hub, session: Session, person_id: str) -> None:
    """Let this session see the pages of a person, from its next request on.

    Missing ``no_person``; NotAllowed ``may_not_look``, with an audit row.
    """
    with hub.unit_of_work() as uow:
        looker, person = read_person(uow, session.person_id), read_person(uow, person_id)
        allowed = may_look(uow, looker, person)
        if allowed:
            mine = web_session.c.token_hash == session.token_hash
            uow.connection.execute(sa.update(web_session).where(mine).values(looks_as_id=person.id))
            _audit(uow, BEGUN, looker, person)
    if not allowed:
        hub.audit_refusal(ACTION, "may_not_look", person.id, actor_id=looker.id, partner_id=person.partner_id)
        raise NotAllowed(
            "may_not_look",
            "You may not look at this person's pages.",
            "Operators may look at learners, partner admins at those who work for their own partner alone.",
        )


def stop_look(hub: Hub, look: Look) -> None:
    """Let the session see its own pages again; nothing happens when it does already."""
    with hub.unit_of_work() as uow:
        mine = sa.and_(
            web_session.c.token_hash == look.session.token_hash, web_session.c.looks_as_id.is_not(None)
        )
        if uow.connection.execute(sa.update(web_session).where(mine).values(looks_as_id=None)).rowcount:
            _audit(uow, ENDED, look.looker, look.person)


def list_looks(uow: UnitOfWork, person_id: str) -> list[PastLook]:
    """The last times that somebody looked at this person's pages, the newest first."""
    a, d = audit_table, network.person_detail
    rows = uow.connection.execute(
        sa.select(a.c.at, d.c.given_name, d.c.family_name)
        .outerjoin(d, d.c.person_id == a.c.actor_id)
        .where(a.c.subject_id == person_id, a.c.action == BEGUN)
        .order_by(a.c.position.desc())
        .limit(SHOWN)
    )
    return [PastLook(f"{r.given_name or ''} {r.family_name or ''}".strip(), r.at) for r in rows]


def current_look() -> Look | None:
    """Who looks at whom in this request, if somebody does."""
    look: Look | None = flask.g.get("look")
    return look


def look_through() -> None:
    """Answer this request for the person who is looked at, or refuse it; registered with ``before_request``.

    After ``load_session``. NotAllowed ``read_only_look`` with an audit row for all that is more than reading, and for a
    partner admin also for pages that show others, of whatever partner.
    """
    session: Session | None = flask.g.get("session")
    if session is None or session.looks_as_id is None or flask.request.blueprint in MACHINES:
        return
    if flask.request.endpoint in FROM_PROVIDERS:
        return
    hub = current_hub()
    look = _read(hub, session, session.looks_as_id)
    if look is None:
        flask.g.session = replace(session, looks_as_id=None)
        return
    flask.g.look = look
    LOOKER.set(look.looker.id)
    flask.g.session = replace(session, person_id=look.person.id)
    request, pages = flask.request, PAGES if look.looker.is_operator else OWN_PAGES
    reads = request.method in {"GET", "HEAD"} and (
        request.endpoint is None or request.blueprint in pages or request.endpoint in ENTRANCES
    )
    if not reads and request.endpoint != STOP:
        hub.audit_refusal(ACTION, "read_only_look", request.endpoint or "", actor_id=look.looker.id)
        only = "" if look.looker.is_operator else " Only what is about this person alone is shown to you."
        raise NotAllowed(
            "read_only_look",
            f"You are looking at the pages of {look.person.name}: they can be read, and nothing can be done there.{only}",
            "Stop looking with the button at the top of the page, then do it as yourself.",
        )


def forget_looker(_: BaseException | None = None) -> None:
    """Let the thread's next request be its own; registered with ``teardown_request``."""
    LOOKER.set(None)


def _read(hub: Hub, session: Session, person_id: str) -> Look | None:
    """The look of this session; None when it is not allowed any more, and then it is over."""
    with hub.reading() as uow:
        looker = read_person(uow, session.person_id)
        try:
            look = Look(session, looker, read_person(uow, person_id))
        except HubError:
            return None
        if may_look(uow, looker, look.person):
            return look
    stop_look(hub, look)
    return None


def _works_nowhere_else(uow: UnitOfWork, looker_id: str, person: Person) -> bool:
    own: Mapping[str, str] = administered_partners(uow, looker_id)
    if person.partner_id not in own:
        return False
    a, location = network.appointment, network.location
    elsewhere = (
        sa.select(a.c.id)
        .join(location, location.c.id == a.c.location_id)
        .where(a.c.person_id == person.id, in_force(a, uow.now), location.c.partner_id.not_in(list(own)))
        .limit(1)
    )
    return uow.connection.scalar(elsewhere) is None


def _audit(uow: UnitOfWork, action: str, looker: Person, person: Person) -> None:
    audit(uow, action, person.id, actor_id=looker.id, partner_id=person.partner_id)
