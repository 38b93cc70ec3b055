"""Who may see whose goals: one predicate, used by everything that answers (I22).

A manager sees a goal when it belongs to the manager's own dimension and its person works, at that instant, in an appointment
that the manager looks after in that dimension: as representative of its location, as the holder of a superior position there,
or by name. A goal of kind review must rest on such an appointment itself, an internal one. Everything else of that person stays out of
sight. ``hub.access.managers`` is the same seen from the person.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.network import tables as network
from hub.network.validity.in_force import in_force
from hub.store import UnitOfWork, valid_at
from hub.training import tables as training

REVIEW = "review"
"""The kind of goals that are confidential."""


def locations_looked_after(
    uow: UnitOfWork, manager_id: str, dimension: str, at: datetime | None = None
) -> sa.Select[Any]:
    """Ids of the locations a person represents in one dimension: named ones, those under a field node or downstream of a partner.

    Now, or ``at`` an instant.
    """
    at = at or uow.now
    location = network.location
    ways = sa.union(*_represented(uow, sa.select(location.c.id), location.c.id, manager_id, dimension, at))
    return sa.select(ways.subquery().c.id)


def appointments_looked_after(
    uow: UnitOfWork, manager_id: str, dimension: str, at: datetime | None = None
) -> sa.Select[Any]:
    """``id`` and ``person_id`` of the appointments a person looks after, now or ``at``; nobody is the own subordinate.

    Partners downstream are asked for while the query is made: a later one is made anew.
    """
    ways = sa.union(*_ways(uow, manager_id, dimension, at or uow.now)).subquery()
    return sa.select(ways.c.id, ways.c.person_id).where(ways.c.person_id != manager_id)


def people_looked_after(
    uow: UnitOfWork, manager_id: str, dimension: str, at: datetime | None = None
) -> sa.Select[Any]:
    """Ids of the people in those appointments."""
    appointments = appointments_looked_after(uow, manager_id, dimension, at).subquery()
    return sa.select(appointments.c.person_id).distinct()


def appointments_for_goals(
    uow: UnitOfWork, manager_id: str, dimension: str, kind: str, at: datetime | None = None
) -> sa.Select[Any]:
    """``id`` and ``person_id`` of the appointments through which a manager may see goals of a kind, now or ``at``.

    A review is between a person and those who look after an internal appointment of theirs (B71).
    """
    found = appointments_looked_after(uow, manager_id, dimension, at)
    return _internal_ones(found) if kind == REVIEW else found


def goals_looked_after(
    uow: UnitOfWork, manager_id: str, dimension: str, at: datetime | None = None
) -> sa.ColumnElement[bool]:
    """Whether a row of the table ``goal`` is one that a manager may see in a dimension, now or ``at``.

    A review is, where it rests on an internal appointment that the manager looks after: not on another one of the person (B71).
    """
    goal, at = training.goal, at or uow.now
    found = appointments_looked_after(uow, manager_id, dimension, at)
    theirs = goal.c.person_id.in_(sa.select(found.subquery().c.person_id))
    internal = _internal_ones(found).subquery()
    rests = [
        sa.exists().where(
            table.c.goal_id == goal.c.id,
            table.c.appointment_id.in_(sa.select(internal.c.id)),
            valid_at(table, at),
        )
        for table in (training.goal_source.alias("rests"), training.waived_source.alias("waived_rests"))
    ]
    return sa.and_(goal.c.dimension == dimension, theirs, sa.or_(goal.c.kind != REVIEW, *rests))


def dimensions_of_manager(uow: UnitOfWork, manager_id: str, at: datetime | None = None) -> dict[str, str]:
    """Keys and names of the dimensions in which a person looks after others, now or ``at``, in order of their names."""
    at = at or uow.now
    dimension, rep, relation = network.dimension, network.rep_assignment, network.manager_relation
    superior, mine = network.position_superior, network.appointment
    ways = sa.union(
        sa.select(rep.c.dimension).where(rep.c.person_id == manager_id, valid_at(rep, at)),
        sa.select(relation.c.dimension).where(relation.c.manager_id == manager_id, valid_at(relation, at)),
        sa.select(superior.c.dimension)
        .join(mine, mine.c.position_id == superior.c.superior_id)
        .where(mine.c.person_id == manager_id, in_force(mine, at), valid_at(superior, at)),
    ).subquery()
    rows = uow.connection.execute(
        sa.select(dimension.c.key, dimension.c.name)
        .join(ways, ways.c.dimension == dimension.c.key)
        .order_by(dimension.c.name)
    )
    return {row.key: row.name for row in rows}


def _ways(uow: UnitOfWork, manager_id: str, dimension: str, at: datetime) -> Iterator[sa.Select[Any]]:
    """Appointments by each way of looking after them; each finds its own by an index."""
    a, relation, superior = network.appointment, network.manager_relation, network.position_superior
    found = sa.select(a.c.id, a.c.person_id).where(in_force(a, at))
    yield from _represented(uow, found, a.c.location_id, manager_id, dimension, at)
    mine = sa.and_(
        relation.c.manager_id == manager_id, relation.c.dimension == dimension, valid_at(relation, at)
    )
    yield found.join(relation, relation.c.person_id == a.c.person_id).where(mine)
    yield found.join(relation, relation.c.appointment_id == a.c.id).where(mine)
    own = network.appointment.alias("own")
    yield (
        found.join(own, own.c.location_id == a.c.location_id)
        .join(
            superior,
            sa.and_(superior.c.superior_id == own.c.position_id, superior.c.position_id == a.c.position_id),
        )
        .where(
            own.c.person_id == manager_id,
            valid_at(own, at),
            superior.c.dimension == dimension,
            valid_at(superior, at),
        )
    )


def _represented(
    uow: UnitOfWork,
    found: sa.Select[Any],
    location_id: sa.ColumnElement[str],
    manager_id: str,
    dimension: str,
    at: datetime,
) -> Iterator[sa.Select[Any]]:
    """What ``found`` selects, at the locations that somebody represents: one query for each kind of scope.

    Each leads from the few assignments to their own locations, so that databases never take it for a question about all.
    """
    rep, ln, closure, place = (
        network.rep_assignment,
        network.location_node,
        network.node_closure,
        network.location,
    )
    mine = sa.and_(rep.c.person_id == manager_id, rep.c.dimension == dimension, valid_at(rep, at))
    yield found.join(rep, rep.c.location_id == location_id).where(mine)
    yield (
        found.join(ln, ln.c.location_id == location_id)
        .join(closure, closure.c.descendant_id == ln.c.node_id)
        .join(rep, rep.c.node_id == closure.c.ancestor_id)
        .where(mine, ln.c.dimension == dimension, valid_at(ln, at), valid_at(closure, at))
    )
    if partner_ids := _downstream(uow, mine, at):
        here = place.alias("downstream")
        yield found.join(here, here.c.id == location_id).where(uow.among(here.c.partner_id, partner_ids))


def _internal_ones(appointments: sa.Select[Any]) -> sa.Select[Any]:
    ours, a = appointments.subquery(), network.appointment
    return (
        sa.select(ours.c.id, ours.c.person_id)
        .join(a, a.c.id == ours.c.id)
        .where(a.c.audience_class == "internal")
    )


def _downstream(uow: UnitOfWork, mine: sa.ColumnElement[bool], at: datetime) -> Sequence[str]:
    """Ids of partners downstream of those that somebody looks after, over links of the kind the assignment names.

    Links may go in circles; a union ends them. Asked beforehand: how many a recursion finds no database can guess.
    """
    rep, link = network.rep_assignment, network.partner_link
    first = (
        sa.select(link.c.downstream_id.label("partner_id"), link.c.kind)
        .join(rep, sa.and_(rep.c.upstream_id == link.c.upstream_id, rep.c.link == link.c.kind))
        .where(mine, valid_at(link, at))
    )
    below = first.cte("downstream", recursive=True)
    onward = (
        sa.select(link.c.downstream_id, link.c.kind)
        .join(below, sa.and_(below.c.partner_id == link.c.upstream_id, below.c.kind == link.c.kind))
        .where(valid_at(link, at))
    )
    found = sa.select(below.union(onward).c.partner_id).distinct()
    return sorted(uow.connection.scalars(found))
