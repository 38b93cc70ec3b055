"""Attributes that an audience's members must have, and who lacks them (B82)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import AppointmentFacts, match
from hub.audiences.rules.rule import Audience
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import read_kinds
from hub.network.validity.intervals import holds
from hub.store import UnitOfWork


@dataclass(frozen=True)
class MissingValue:
    """A value that somebody must have for an audience. ``subject_id`` is whose it is: the appointment's, or what it belongs to."""

    person_id: str
    appointment_id: str
    audience: str
    key: str
    title: str
    subject: str
    subject_id: str


def missing_values(
    uow: UnitOfWork, person_ids: Sequence[str], at: datetime | None = None
) -> list[MissingValue]:
    """What these people lack now, or ``at``, by person, appointment, audience and key."""
    at = at or uow.now
    kinds = _mandatory(uow)
    wanted = {key for kind in kinds for key in kind.mandatory_for}
    rows = uow.connection.execute(sa.select(tables.audience).where(tables.audience.c.key.in_(wanted)))
    audiences = {row.key: Audience.of(row) for row in rows}
    if not audiences:
        return []
    return [
        missing
        for person_id, appointments in sorted(read_facts(uow, person_ids).items())
        for appointment in appointments
        for kind in kinds
        for missing in _missing(appointment, kind, audiences, at)
    ]


def _mandatory(uow: UnitOfWork) -> list[AttributeKind]:
    """The kinds that some audience's members must have: the network files and the audience's profile say so."""
    said: dict[str, set[str]] = {}
    for audience, setup in read_setups(uow).items():
        for key in setup.get("mandatory") or ():
            said.setdefault(key, set()).add(audience)
    kinds = [
        replace(kind, mandatory_for=tuple(sorted({*kind.mandatory_for, *said.get(kind.key, ())})))
        for kind in read_kinds(uow).values()
    ]
    return [kind for kind in kinds if kind.mandatory_for]


def _missing(
    facts: AppointmentFacts, kind: AttributeKind, audiences: dict[str, Audience], at: datetime
) -> Iterator[MissingValue]:
    if any(holds(time, at) for _, time in facts.attributes.get(kind.key, ())):
        return
    subject_id = {
        "person": facts.person_id,
        "appointment": facts.id,
        "location": facts.location_id,
        "partner": facts.partner_id,
    }[kind.subject]
    for key in kind.mandatory_for:
        found = match(audiences[key].conditions, facts) if key in audiences else None
        if found and any(holds(time, at) for time in found.during):
            yield MissingValue(facts.person_id, facts.id, key, kind.key, kind.title, kind.subject, subject_id)
