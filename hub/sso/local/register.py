"""Self-registration: whoever works at a partner asks for an account, proves the address, and the partner decides."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, HubError, Missing, Problem
from hub.ids import is_id, new_id
from hub.journal import audit
from hub.limits import Limit
from hub.network.people.provision import NewPerson, Place, clean_text
from hub.network.tables import partner, person, person_detail
from hub.runtime import Hub
from hub.sso.limits import refuse_flood, take_turn
from hub.sso.local.accounts import clean_email
from hub.sso.local.invite import Scope, invite_person
from hub.sso.local.links import Gone
from hub.sso.local.mails import mail_confirmation, mail_refusal
from hub.sso.local.registration_pages import RegistrationPage, find_page
from hub.sso.local.sign_in import FROM_NETWORK as LINKS_FROM_NETWORK
from hub.sso.local.tables import self_registration
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork

ACTION = "self_registration"
FROM_NETWORK = Limit("self_registration", 20, 900)
OF_ADDRESS = Limit("self_registration_of_address", 3, 3600)
MAX_TEXT = 100
MAX_ABOUT = 300
TO_CONFIRM = timedelta(days=1)
TO_DECIDE = timedelta(days=60)
MAX_LISTED = 200


@dataclass(frozen=True)
class Registration:
    """Somebody who waits. ``known`` are people of this partner with the same address, by id and name."""

    id: str
    partner_id: str
    partner: str
    given_name: str
    family_name: str
    email: str
    about: str
    confirmed_at: datetime
    known: Sequence[tuple[str, str]]

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()


def register(hub: Hub, slug: str, form: dict[str, str], address: str) -> None:
    """Keep what somebody wrote, and mail a link to prove the address. ``address`` is the network address.

    ``form`` has ``given_name``, ``family_name``, ``email`` and ``about``. Every address gets the same answer after the
    same work, whether the hub knows it or not. BadInput ``incomplete`` with a problem for each field; Missing
    ``no_registration_page``; TooManyRequests.
    """
    refuse_flood(hub, FROM_NETWORK, address)
    with _audited(hub), hub.reading() as uow:
        page = find_page(uow, slug)
    told = _checked(form)
    if not take_turn(hub, OF_ADDRESS, told["email"]):
        return
    with hub.unit_of_work() as uow:
        code, id = new_token(), new_id()
        values = {**told, "partner_id": page.partner_id, "created_at": uow.now}
        uow.insert(
            self_registration, id=id, code_hash=token_hash(code), expires_at=uow.now + TO_CONFIRM, **values
        )
        link = uow.settings.url(f"/register/{slug}/{code}")
        mail_confirmation(uow, told["email"], told["given_name"], page.partner, link, id)


def look(hub: Hub, slug: str, code: str, address: str) -> RegistrationPage:
    """The page on which the registration with this code was made; nothing is used up.

    ``address`` is the network address. Missing ``unknown_link`` and ``no_registration_page``, Gone ``link_expired``;
    TooManyRequests.
    """
    refuse_flood(hub, LINKS_FROM_NETWORK, address)
    with _audited(hub), hub.reading() as uow:
        return _by_code(uow, slug, code)[0]


def confirm(hub: Hub, slug: str, code: str, address: str) -> RegistrationPage:
    """The e-mail is proved: from now on the partner sees the registration. The same again changes nothing. As ``look``."""
    refuse_flood(hub, LINKS_FROM_NETWORK, address)
    with _audited(hub), hub.unit_of_work() as uow:
        page, row = _by_code(uow, slug, code)
        table = self_registration
        mine = sa.update(table).where(table.c.id == row.id, table.c.confirmed_at.is_(None))
        changed = uow.connection.execute(mine.values(confirmed_at=uow.now, expires_at=uow.now + TO_DECIDE))
        if changed.rowcount:
            audit(uow, ACTION, row.id, partner_id=row.partner_id, detail={"done": "confirmed"})
        return page


def list_waiting(uow: UnitOfWork, scope: Scope, limit: int = MAX_LISTED) -> list[Registration]:
    """Registrations that wait for a decision, the oldest first."""
    table = self_registration
    query = (
        sa.select(table, partner.c.name.label("partner"))
        .join(partner, partner.c.id == table.c.partner_id)
        .where(table.c.confirmed_at.is_not(None), table.c.expires_at > uow.now)
        .order_by(table.c.confirmed_at, table.c.id)
        .limit(limit)
    )
    if scope is not None:
        query = query.where(uow.among(table.c.partner_id, sorted(scope)))
    rows = uow.connection.execute(query).all()
    known = _known(uow, {row.partner_id for row in rows}, {row.email for row in rows})
    return [_registration(row, known) for row in rows]


def approve(
    uow: UnitOfWork,
    registration_id: str,
    actor_id: str,
    scope: Scope,
    places: Sequence[Place] = (),
    person_id: str | None = None,
) -> str:
    """Let somebody in, as somebody new or as a person who is known; the person's id. An invitation goes out by mail.

    Missing ``no_registration``, also for one of a partner outside ``scope``; and what ``invite_person`` raises.
    """
    row = _take(uow, registration_id, scope)
    who: str | NewPerson = person_id or NewPerson(row.partner_id, row.given_name, row.family_name, row.email)
    invited = invite_person(uow, row.partner_id, who, actor_id, places=places, mode="self_registration")
    audit(
        uow,
        ACTION,
        registration_id,
        actor_id=actor_id,
        partner_id=row.partner_id,
        detail={"done": "approved", "known": person_id is not None},
    )
    return invited


def refuse(uow: UnitOfWork, registration_id: str, actor_id: str, scope: Scope) -> None:
    """Let somebody not in; a mail says so. Missing ``no_registration``."""
    row = _take(uow, registration_id, scope)
    employer = uow.connection.scalar(sa.select(partner.c.name).where(partner.c.id == row.partner_id)) or ""
    mail_refusal(uow, row.email, row.given_name, employer, registration_id)
    audit(
        uow,
        ACTION,
        registration_id,
        actor_id=actor_id,
        partner_id=row.partner_id,
        detail={"done": "refused"},
    )


@contextmanager
def _audited(hub: Hub) -> Iterator[None]:
    try:
        yield
    except HubError as error:
        hub.audit_refusal(ACTION, error.code)
        raise


def _checked(form: dict[str, str]) -> dict[str, str]:
    told = {name: clean_text(form.get(name, ""), MAX_TEXT) for name in ("given_name", "family_name")}
    told["about"] = clean_text(form.get("about", ""), MAX_ABOUT)
    problems = [Problem("is missing", name) for name in ("given_name", "family_name") if not told[name]]
    try:
        told["email"] = clean_email(form.get("email", ""))
    except HubError:
        problems.append(Problem("is no e-mail address; write it like name@company.example", "email"))
    if problems:
        raise BadInput("incomplete", "Something is missing.", problems=problems)
    return told


def _by_code(uow: UnitOfWork, slug: str, code: str) -> tuple[RegistrationPage, Any]:
    page = find_page(uow, slug)
    row = uow.find(self_registration, code_hash=token_hash(code))
    if row is None or row.partner_id != page.partner_id:
        raise Missing("unknown_link", "There is no such link, or your registration is decided.")
    if row.expires_at <= uow.now:
        raise Gone("link_expired", "This link is too old.", "Register once more.")
    return page, row


def _take(uow: UnitOfWork, registration_id: str, scope: Scope) -> Any:
    """The registration, deleted; of two who decide at once one does."""
    table = self_registration
    where = [table.c.id == registration_id, table.c.confirmed_at.is_not(None), table.c.expires_at > uow.now]
    if scope is not None:
        where.append(uow.among(table.c.partner_id, sorted(scope)))
    row = (
        uow.connection.execute(sa.delete(table).where(*where).returning(table)).one_or_none()
        if is_id(registration_id)
        else None
    )
    if row is None:
        raise Missing("no_registration", "Nobody waits here, or somebody has decided.")
    return row


def _known(
    uow: UnitOfWork, partner_ids: set[str], emails: set[str]
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """People by employer and address, so that nobody is made twice."""
    detail = person_detail
    rows = uow.connection.execute(
        sa.select(person.c.id, person.c.partner_id, detail)
        .join(detail, detail.c.person_id == person.c.id)
        .where(
            uow.among(person.c.partner_id, sorted(partner_ids)),
            sa.func.lower(detail.c.email).in_(emails),
            ~person.c.disabled,
        )
    )
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in rows:
        named = (row.id, f"{row.given_name} {row.family_name}".strip())
        found.setdefault((row.partner_id, row.email.lower()), []).append(named)
    return found


def _registration(row: sa.Row[Any], known: dict[tuple[str, str], list[tuple[str, str]]]) -> Registration:
    return Registration(
        row.id,
        row.partner_id,
        row.partner,
        row.given_name,
        row.family_name,
        row.email,
        row.about,
        row.confirmed_at,
        tuple(known.get((row.partner_id, row.email), ())),
    )
