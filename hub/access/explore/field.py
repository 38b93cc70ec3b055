"""Who represents a place in the field, as somebody sees it: names are told, ids only of people who are seen themselves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.access.managers import Manager, representatives_of
from hub.access.reach import Sight
from hub.network import tables
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Representative:
    """Somebody who looks after a place in a dimension. ``person_id`` is None where that person is not seen."""

    person_id: str | None
    name: str
    dimension: str
    dimension_name: str
    services: tuple[str, ...]


def representatives_here(
    uow: UnitOfWork, sight: Sight, location_id: str, at: datetime
) -> tuple[Representative, ...]:
    """Everybody who represents a location at an instant, by dimension and name (B21)."""
    return of_managers(uow, sight, representatives_of(uow, location_id, at))


def of_managers(uow: UnitOfWork, sight: Sight, managers: Collection[Manager]) -> tuple[Representative, ...]:
    """These managers as somebody sees them."""
    seen = people_seen(uow, sight, {each.person_id for each in managers})
    return tuple(
        Representative(
            each.person_id if each.person_id in seen else None,
            each.name,
            each.dimension,
            each.dimension_name,
            each.services,
        )
        for each in managers
    )


def representatives_by_name(
    uow: UnitOfWork, sight: Sight, mine: sa.ColumnElement[bool]
) -> tuple[Representative, ...]:
    """Those of these rows of ``rep_assignment``, by name."""
    rep, dimension, detail = tables.rep_assignment, tables.dimension, tables.person_detail
    rows = uow.connection.execute(
        sa.select(
            rep.c.person_id,
            rep.c.dimension,
            rep.c.service,
            dimension.c.name,
            detail.c.given_name,
            detail.c.family_name,
        )
        .join(dimension, dimension.c.key == rep.c.dimension)
        .outerjoin(detail, detail.c.person_id == rep.c.person_id)
        .where(mine)
        .order_by(detail.c.family_name, detail.c.given_name, rep.c.id)
    ).all()
    seen = people_seen(uow, sight, {row.person_id for row in rows})
    return tuple(
        Representative(
            row.person_id if row.person_id in seen else None,
            f"{row.given_name or ''} {row.family_name or ''}".strip(),
            row.dimension,
            row.name,
            (row.service,) if row.service else (),
        )
        for row in rows
    )


def works_in_sight(sight: Sight) -> sa.ColumnElement[bool]:
    """Whether a row of ``appointment`` is seen and its person too: who works for another partner here is not shown (B04)."""
    if sight.reach.kind == "operator":
        return sa.true()
    person = tables.person
    known = tables.appointment.c.person_id.in_(sa.select(person.c.id).where(sight.people))
    return sa.and_(sight.appointments, known)


def people_seen(uow: UnitOfWork, sight: Sight, ids: Collection[str]) -> set[str]:
    """Which of these people are seen."""
    person = tables.person
    return set(uow.connection.scalars(sa.select(person.c.id).where(person.c.id.in_(ids), sight.people)))
