"""How far a program sees: everything, one partner's side of the wall, or what one person may see (B04, I24).

One predicate for each kind of thing. It stands in the statement that looks for a thing by its id, so that a foreign id and a
missing id are one and the same: the same statements, the same answer.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from hub.access.visibility import appointments_looked_after, dimensions_of_manager, locations_looked_after
from hub.network import tables as network
from hub.store import UnitOfWork, valid_at

ReachKind = Literal["operator", "partner", "person"]


@dataclass(frozen=True)
class Reach:
    """Whose eyes: ``id`` is that of the partner or person, and empty for operators."""

    kind: ReachKind
    id: str = ""

    @property
    def partner_id(self) -> str | None:
        """The partner whose side of the wall it is."""
        return self.id if self.kind == "partner" else None

    @property
    def person_id(self) -> str | None:
        """The person who looks."""
        return self.id if self.kind == "person" else None


OPERATOR = Reach("operator")


@dataclass(frozen=True)
class Sight:
    """What somebody sees, as predicates on the tables of the network.

    ``details``: of which people also address, employer and settings; of the others only names and the visible appointments.
    """

    reach: Reach
    partners: sa.ColumnElement[bool]
    locations: sa.ColumnElement[bool]
    people: sa.ColumnElement[bool]
    details: sa.ColumnElement[bool]
    appointments: sa.ColumnElement[bool]
    nodes: sa.ColumnElement[bool]


def sight_of(uow: UnitOfWork, reach: Reach) -> Sight:
    """What is seen now.

    A partner sees its own locations, the people it employs, and their appointments at its locations; a person themselves, and
    whom they look after in any dimension with the appointments in which they do. Field nodes are seen from below.
    """
    if reach.kind == "operator":
        return Sight(reach, *([sa.true()] * 6))
    person, appointment = network.person, network.appointment
    place = network.location.alias("seen_place")
    if reach.kind == "partner":
        own = sa.select(place.c.id).where(place.c.partner_id == reach.id)
        mine = person.c.partner_id == reach.id
        return Sight(
            reach,
            network.partner.c.id == reach.id,
            network.location.c.partner_id == reach.id,
            mine,
            mine,
            appointment.c.location_id.in_(own),
            _nodes_above(uow, own),
        )
    dimensions = dimensions_of_manager(uow, reach.id)
    seen = _appointments_seen(uow, reach.id, dimensions)
    places = [sa.select(seen.c.location_id)]
    places += [locations_looked_after(uow, reach.id, dimension) for dimension in dimensions]
    locations = sa.select(sa.union(*places).subquery("seen_locations").c.location_id)
    partners = sa.select(place.c.partner_id).where(place.c.id.in_(locations))
    employer = network.person.alias("seen_by")
    return Sight(
        reach,
        sa.or_(
            network.partner.c.id.in_(partners),
            network.partner.c.id.in_(sa.select(employer.c.partner_id).where(employer.c.id == reach.id)),
        ),
        network.location.c.id.in_(locations),
        sa.or_(person.c.id == reach.id, person.c.id.in_(sa.select(seen.c.person_id))),
        person.c.id == reach.id,
        appointment.c.id.in_(sa.select(seen.c.id)),
        _nodes_above(uow, locations),
    )


def _appointments_seen(uow: UnitOfWork, person_id: str, dimensions: Collection[str]) -> sa.Subquery:
    """The person's own, whenever they are or were, and those looked after now: ``id``, ``person_id`` and ``location_id``."""
    a = network.appointment.alias("seen_appointment")
    ways = [sa.select(a.c.id).where(a.c.person_id == person_id)]
    for dimension in dimensions:
        looked_after = appointments_looked_after(uow, person_id, dimension).subquery()
        ways.append(sa.select(looked_after.c.id))
    ids = sa.union(*ways).subquery("seen_ids")
    return sa.select(a.c.id, a.c.person_id, a.c.location_id).join(ids, ids.c.id == a.c.id).subquery("seen")


def _nodes_above(uow: UnitOfWork, location_ids: sa.Select[Any]) -> sa.ColumnElement[bool]:
    """Nodes under which one of the locations stands now."""
    placed, closure = network.location_node.alias("seen_placed"), network.node_closure.alias("seen_above")
    above = (
        sa.select(closure.c.ancestor_id)
        .join(placed, placed.c.node_id == closure.c.descendant_id)
        .where(placed.c.location_id.in_(location_ids), valid_at(placed, uow.now), valid_at(closure, uow.now))
    )
    return network.node.c.id.in_(above)
