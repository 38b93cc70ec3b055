"""The places that can be given to somebody who comes in: a partner's locations, and the positions there are."""

import sqlalchemy as sa

from hub.network import tables
from hub.network.people.provision import Place
from hub.store import UnitOfWork
from hub.store.types import valid_at

MAX_OFFERED = 500


def offered_locations(uow: UnitOfWork, partner_id: str) -> list[tuple[str, str]]:
    """Ids and names of a partner's locations that are open now, by name."""
    table = tables.location
    query = sa.select(table.c.id, table.c.name).where(
        table.c.partner_id == partner_id, valid_at(table, uow.now)
    )
    return [
        (row.id, row.name) for row in uow.connection.execute(query.order_by(table.c.name).limit(MAX_OFFERED))
    ]


def offered_positions(uow: UnitOfWork) -> list[tuple[str, str]]:
    """Ids and titles of the positions that are not closed, by title."""
    table = tables.position
    used = sa.or_(table.c.closed_at.is_(None), table.c.closed_at > uow.now)
    rows = uow.connection.execute(
        sa.select(table.c.id, table.c.title).where(used).order_by(table.c.title).limit(MAX_OFFERED)
    )
    return [(row.id, row.title) for row in rows]


def chosen_places(location_id: str, position_id: str) -> list[Place]:
    """The place that a form names; none where it leaves location or position open. ``set_places`` checks both."""
    return [Place(location_id, position_id)] if location_id and position_id else []
