"""People whom something else than the network files brings: a sign-in, a partner's SCIM client, an invitation.

Each writes whole snapshots as the import does, so that goals follow and a rebuild agrees; the same again writes nothing.
"""

import re
from dataclasses import dataclass

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.ids import is_id, new_id
from hub.journal import audit
from hub.network import tables
from hub.network.people.merges import refuse_absorbed
from hub.network.people.person import lock_people
from hub.network.people.person_snapshots import read_snapshot, write_person
from hub.network.people.places import Place, read_places, set_places
from hub.network.snapshots import PersonSnapshot
from hub.store import UnitOfWork

__all__ = [
    "NewPerson",
    "Place",
    "change_details",
    "clean_locale",
    "clean_text",
    "create_person",
    "read_places",
    "set_disabled",
    "set_places",
    "who_switched_off",
]

MAX_TEXT = 200
MAX_EMAIL = 320
DETAILS = ("given_name", "family_name", "email")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}")
_LOCALE_LENGTH = 16


@dataclass(frozen=True)
class NewPerson:
    """Somebody who is not in the hub yet. ``partner_id`` is the employer."""

    partner_id: str
    given_name: str
    family_name: str
    email: str
    locale: str = "en"


def create_person(uow: UnitOfWork, new: NewPerson, *, made_by: str, actor_id: str | None = None) -> str:
    """The id of a new person. ``made_by`` is a code for the audit trail, such as ``sign_in`` or ``scim``.

    Texts are cut to what the hub keeps, an unknown locale becomes English. Missing ``no_partner``.
    """
    if not is_id(new.partner_id) or uow.find(tables.partner, id=new.partner_id) is None:
        raise Missing("no_partner", "There is no such partner.")
    person_id = new_id()
    body: PersonSnapshot = {
        "id": person_id,
        "partner_id": new.partner_id,
        "locale": clean_locale(new.locale),
        "disabled": False,
        "appointments": [],
    }
    write_person(uow, body, actor_id=actor_id)
    detail = {name: clean_text(getattr(new, name), MAX_TEXT) for name in DETAILS}
    detail["email"] = clean_text(new.email, MAX_EMAIL)
    uow.insert(tables.person_detail, person_id=person_id, **detail)
    audit(
        uow,
        "person_created",
        person_id,
        actor_id=actor_id,
        partner_id=new.partner_id,
        detail={"made_by": made_by},
    )
    return person_id


def change_details(uow: UnitOfWork, person_id: str, **named: str) -> bool:
    """Change some of ``given_name``, ``family_name``, ``email`` and ``locale``; whether anything changed.

    An erased person stays without. BadInput ``bad_detail`` for another name, Missing ``no_person``.
    """
    unknown = set(named) - {*DETAILS, "locale"}
    if unknown:
        raise BadInput("bad_detail", f"People have no {min(unknown)}.")
    lock_people(uow, [person_id])
    body = read_snapshot(uow, person_id)
    stored = uow.find(tables.person_detail, person_id=person_id)
    if stored is None:
        return False
    wanted = {
        name: clean_text(text, MAX_EMAIL if name == "email" else MAX_TEXT)
        for name, text in named.items()
        if name != "locale"
    }
    changed = {name: text for name, text in wanted.items() if getattr(stored, name) != text}
    if changed:
        mine = tables.person_detail.c.person_id == person_id
        uow.connection.execute(sa.update(tables.person_detail).where(mine).values(**changed))
    locale = clean_locale(named.get("locale", body["locale"]))
    if locale != body["locale"]:
        write_person(uow, {**body, "locale": locale})
    return bool(changed) or locale != body["locale"]


def set_disabled(
    uow: UnitOfWork, person_id: str, *, disabled: bool, reason: str, actor_id: str | None = None
) -> bool:
    """Switch a person off or on; whether that changed anything. ``reason`` is a code for the audit trail.

    Whoever switches somebody off ends the sessions too (``hub.sso.sessions.end_sessions_of``); until then none of them
    counts. Missing ``no_person``; Conflict for switching on somebody who was erased (``person_erased``) or is
    part of somebody else (``already_merged``).
    """
    lock_people(uow, [person_id])
    body = read_snapshot(uow, person_id)
    if body["disabled"] == disabled:
        return False
    if not disabled and uow.find(tables.person_detail, person_id=person_id) is None:
        raise Conflict("person_erased", "This person was erased and cannot be switched on again.")
    if not disabled:
        refuse_absorbed(uow, person_id)
    write_person(uow, {**body, "disabled": disabled}, actor_id=actor_id)
    mine = tables.person_switched_off.c.person_id == person_id
    uow.connection.execute(sa.delete(tables.person_switched_off).where(mine))
    if disabled:
        uow.insert(tables.person_switched_off, person_id=person_id, reason=reason)
    audit(
        uow,
        "person_switched_off" if disabled else "person_switched_on",
        person_id,
        actor_id=actor_id,
        partner_id=body["partner_id"],
        detail={"reason": reason},
    )
    return True


def who_switched_off(uow: UnitOfWork, person_id: str) -> str | None:
    """The reason for which ``set_disabled`` switched somebody off; None for who is on, was erased or is part of another."""
    row = uow.find(tables.person_switched_off, person_id=person_id)
    return str(row.reason) if row else None


def clean_text(text: str, length: int) -> str:
    """A text from another system on one line and without what cannot be printed, cut to a length in characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:length].rstrip()


def clean_locale(text: str) -> str:
    """The language tag (BCP 47), or English for what is none."""
    text = text.strip()
    return text.replace("_", "-") if len(text) <= _LOCALE_LENGTH and _LOCALE.fullmatch(text) else "en"
