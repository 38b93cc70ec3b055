"""Who looks after a person, in which dimension and by which way (B20, B60): ``visibility`` seen from the person.

A test holds the two together: M is among ``managers_of(p)`` in a dimension if and only if p is among ``people_looked_after`` by M.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.network import tables as network
from hub.network.validity.in_force import in_force
from hub.network.validity.intervals import Interval
from hub.store import UnitOfWork, valid_at

REPRESENTATIVE, SUPERIOR, NAMED = "representative", "superior", "named"


class Ground(NamedTuple):
    """By which way somebody looks after a person, and for how long.

    ``id`` is that of the assignment or relation, to end it by; a superior's is the id of the own appointment.
    """

    way: str
    id: str
    service: str
    during: Interval


@dataclass(frozen=True)
class Manager:
    """One who looks after a person in a dimension. ``ways``: representative, superior or named; ``services`` in words.

    ``grounds`` are the same one by one. The name is empty once the manager is erased.
    """

    person_id: str
    name: str
    dimension: str
    dimension_name: str
    ways: tuple[str, ...]
    services: tuple[str, ...]
    grounds: tuple[Ground, ...] = ()


def managers_of(
    uow: UnitOfWork,
    person_id: str,
    at: datetime | None = None,
    among: sa.ColumnElement[bool] | None = None,
) -> list[Manager]:
    """Everybody who looks after a person, now or ``at``, by dimension and name; nobody without an appointment then.

    ``among`` narrows to some of the person's appointments: those that whoever asks may see.
    """
    a, at = network.appointment, at or uow.now
    here = sa.and_(a.c.person_id == person_id, in_force(a, at), sa.true() if among is None else among)
    ways = sa.union(*_represent(sa.select(a.c.location_id).where(here), at), *_manage(here, at)).subquery()
    return [one for one in _read(uow, ways) if one.person_id != person_id]


def representatives_of(uow: UnitOfWork, location_id: str, at: datetime | None = None) -> list[Manager]:
    """Who represents a location, now or ``at``, by dimension and name (B21)."""
    location = network.location
    here = sa.select(location.c.id).where(location.c.id == location_id)
    return _read(uow, sa.union(*_represent(here, at or uow.now)).subquery())


def _read(uow: UnitOfWork, ways: sa.Subquery) -> list[Manager]:
    dimension, detail = network.dimension, network.person_detail
    rows = uow.connection.execute(
        sa.select(ways, dimension.c.name, detail.c.given_name, detail.c.family_name)
        .join(dimension, dimension.c.key == ways.c.dimension)
        .outerjoin(detail, detail.c.person_id == ways.c.manager_id)
    )
    found: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        found.setdefault((row.dimension, row.manager_id), []).append(row)
    managers = [
        Manager(
            manager_id,
            f"{same[0].given_name or ''} {same[0].family_name or ''}".strip(),
            key,
            same[0].name,
            tuple(sorted({row.way for row in same})),
            tuple(sorted({row.service for row in same if row.service})),
            tuple(
                Ground(row.way, row.id, row.service, (row.valid_from, row.valid_to))
                for row in sorted(same, key=lambda row: (row.way, row.valid_from, row.id))
            ),
        )
        for (key, manager_id), same in found.items()
    ]
    return sorted(managers, key=lambda each: (each.dimension_name, each.name, each.person_id))


def _represent(places: sa.Select[Any], at: datetime) -> Iterator[sa.Select[Any]]:
    """``manager_id``, ``dimension``, ``way``, ``service``, ``id`` and validity of those who represent one of the locations."""
    rep, ln, closure = network.rep_assignment, network.location_node, network.node_closure
    represents = sa.select(
        rep.c.person_id.label("manager_id"),
        rep.c.dimension,
        sa.literal(REPRESENTATIVE).label("way"),
        rep.c.service,
        rep.c.id,
        rep.c.valid_from,
        rep.c.valid_to,
    ).where(valid_at(rep, at))
    yield represents.where(rep.c.location_id.in_(places))
    yield (
        represents.join(closure, closure.c.ancestor_id == rep.c.node_id)
        .join(ln, sa.and_(ln.c.node_id == closure.c.descendant_id, ln.c.dimension == rep.c.dimension))
        .where(ln.c.location_id.in_(places), valid_at(closure, at), valid_at(ln, at))
    )
    above = _upstream(places, at)
    yield represents.join(above, sa.and_(above.c.partner_id == rep.c.upstream_id, above.c.kind == rep.c.link))


def _manage(here: sa.ColumnElement[bool], at: datetime) -> Iterator[sa.Select[Any]]:
    """The same of those who manage one of the appointments by name or by position."""
    a, relation = network.appointment, network.manager_relation
    named = sa.select(
        relation.c.manager_id,
        relation.c.dimension,
        sa.literal(NAMED).label("way"),
        sa.literal("").label("service"),
        relation.c.id,
        relation.c.valid_from,
        relation.c.valid_to,
    ).where(valid_at(relation, at))
    yield named.join(a, a.c.person_id == relation.c.person_id).where(here)
    yield named.join(a, a.c.id == relation.c.appointment_id).where(here)
    superior, own = network.position_superior, network.appointment.alias("own")
    yield (
        sa.select(
            own.c.person_id,
            superior.c.dimension,
            sa.literal(SUPERIOR),
            sa.literal(""),
            own.c.id,
            own.c.valid_from,
            own.c.valid_to,
        )
        .join(a, a.c.location_id == own.c.location_id)
        .join(
            superior,
            sa.and_(superior.c.superior_id == own.c.position_id, superior.c.position_id == a.c.position_id),
        )
        .where(here, valid_at(own, at), valid_at(superior, at))
    )


def _upstream(places: sa.Select[Any], at: datetime) -> sa.CTE:
    """Partners upstream of those whose the locations are, each over links of one kind."""
    location, link = network.location, network.partner_link
    first = (
        sa.select(link.c.upstream_id.label("partner_id"), link.c.kind)
        .join(location, location.c.partner_id == link.c.downstream_id)
        .where(location.c.id.in_(places), valid_at(link, at))
    )
    above = first.cte("upstream", recursive=True)
    onward = (
        sa.select(link.c.upstream_id, link.c.kind)
        .join(above, sa.and_(above.c.partner_id == link.c.downstream_id, above.c.kind == link.c.kind))
        .where(valid_at(link, at))
    )
    return above.union(onward)
