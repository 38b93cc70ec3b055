"""Who may see whose goals: one predicate, used by everything that answers.

A manager sees a goal when it belongs to the manager's own dimension and its person works, now, at a location the manager
looks after in that dimension. Everything else of that person stays out of sight.
"""

from typing import Any

import sqlalchemy as sa

from hub.network import tables as network
from hub.store import UnitOfWork, valid_at


def locations_looked_after(uow: UnitOfWork, manager_id: str, dimension: str) -> sa.Select[Any]:
    """Ids of the locations a person looks after in one dimension: named ones, and those under a field node."""
    rep, ln, closure = network.rep_assignment, network.location_node, network.node_closure
    mine = sa.and_(rep.c.person_id == manager_id, rep.c.dimension == dimension, valid_at(rep, uow.now))
    under_nodes = (
        sa.select(ln.c.location_id)
        .join(closure, closure.c.descendant_id == ln.c.node_id)
        .join(rep, rep.c.node_id == closure.c.ancestor_id)
        .where(mine, ln.c.dimension == dimension, valid_at(ln, uow.now))
    )
    named = sa.select(rep.c.location_id).where(mine, rep.c.location_id.is_not(None))
    return sa.select(sa.union(under_nodes, named).subquery().c.location_id)


def people_looked_after(uow: UnitOfWork, manager_id: str, dimension: str) -> sa.Select[Any]:
    """Ids of the people who now work at those locations; the manager is not the own subordinate."""
    a = network.appointment
    return (
        sa.select(a.c.person_id)
        .where(
            a.c.location_id.in_(locations_looked_after(uow, manager_id, dimension)),
            valid_at(a, uow.now),
            a.c.person_id != manager_id,
        )
        .distinct()
    )


def dimensions_of_manager(uow: UnitOfWork, manager_id: str) -> dict[str, str]:
    """Keys and names of the dimensions in which a person looks after others, in order of their names."""
    rep, dimension = network.rep_assignment, network.dimension
    rows = uow.connection.execute(
        sa.select(dimension.c.key, dimension.c.name)
        .join(rep, rep.c.dimension == dimension.c.key)
        .where(rep.c.person_id == manager_id, valid_at(rep, uow.now))
        .distinct()
        .order_by(dimension.c.name)
    )
    return {row.key: row.name for row in rows}
