"""Services for locations: where they stand in the field, which brands they carry, closing them.

Each takes the network's lock, so that a location is in one node of a dimension at a time (I20) also when two ask at once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from hub.errors import BadInput, Conflict
from hub.network import tables
from hub.network.importing.complete import ended
from hub.network.names import clean_name
from hub.network.people.person import lock_people
from hub.network.people.person_snapshots import read_snapshot, write_people
from hub.network.record import a_time, find_row, lock_location, lock_network, record
from hub.network.snapshots import LocationSnapshot
from hub.network.structure.trees import read_interval
from hub.network.structure.words import is_closed
from hub.network.validity.dated import Part, holding, split, stated, without
from hub.network.validity.intervals import Interval, overlap
from hub.store import UnitOfWork

ACTIVITIES = ("sell", "service", "parts", "make", "use")
CHANGED = "location_changed"


def place_location(
    uow: UnitOfWork,
    location_id: str,
    node_id: str,
    at: datetime | None = None,
    until: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> None:
    """Put a location into a node for a time, from now on unless told.

    Missing ``no_location`` or ``no_node``; BadInput ``no_node_then``; Conflict ``already_placed`` when it is in a node of the same
    dimension at some instant of that time (I20): ``move_location`` takes it out there.
    """
    lock_network(uow)
    body, during = read_location(uow, location_id), a_time(uow, at, until)
    node = _node(uow, node_id, during)
    same, _ = split(body["nodes"], {"dimension": node.dimension})
    if any(overlap(read_interval(each), during) for each in same):
        raise Conflict(
            "already_placed",
            f"{body['name']} is in another node of this dimension at that time.",
            "Move it, or choose another time.",
        )
    _write(uow, body, {"nodes": _with_node(body["nodes"], node.dimension, node, during)}, actor_id)


def move_location(
    uow: UnitOfWork,
    location_id: str,
    node_id: str | None,
    at: datetime | None = None,
    until: datetime | None = None,
    *,
    dimension: str = "",
    actor_id: str | None = None,
) -> bool:
    """Let a location be in another node from an instant on (now); whether that changed anything.

    Without a node it is taken out of ``dimension``. Without ``until`` what was planned for later in that dimension is replaced.
    Missing ``no_location`` or ``no_node``; BadInput ``no_node_then``, ``bad_dates``.
    """
    lock_network(uow)
    body, during = read_location(uow, location_id), a_time(uow, at, until)
    node = _node(uow, node_id, during) if node_id else None
    dimension = node.dimension if node else dimension
    return _write(uow, body, {"nodes": _with_node(body["nodes"], dimension, node, during)}, actor_id)


def carry_brand(
    uow: UnitOfWork,
    location_id: str,
    brand_id: str,
    activity: str,
    at: datetime | None = None,
    until: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> bool:
    """Let a location carry a brand in one activity from an instant on (now); whether that changed anything.

    Missing ``no_location`` or ``no_brand``; BadInput ``bad_activity``, ``bad_dates``; Conflict ``brand_closed``.
    """
    lock_network(uow)
    body, during = read_location(uow, location_id), a_time(uow, at, until)
    brand = find_row(uow, tables.brand, brand_id, "brand")
    if is_closed(brand, during[0]):
        raise Conflict("brand_closed", f"{brand.name} is closed.", "Open it again first.")
    if activity not in ACTIVITIES:
        raise BadInput("bad_activity", f"An activity is one of {', '.join(ACTIVITIES)}.")
    what = {"brand_id": brand_id, "activity": activity}
    same, others = split(body["brands"], what)
    return _write(uow, body, {"brands": _sorted_brands([*others, *holding(same, what, during)])}, actor_id)


def end_brand(
    uow: UnitOfWork,
    location_id: str,
    brand_id: str,
    at: datetime | None = None,
    *,
    activity: str = "",
    actor_id: str | None = None,
) -> bool:
    """Let a location lose a brand at an instant (now), in one activity or in all; whether that changed anything.

    The brand ends on the appointments there at the same instant, because one is in force only while the location carries it.
    """
    lock_network(uow)
    body, during = read_location(uow, location_id), a_time(uow, at)
    what = {"brand_id": brand_id, **({"activity": activity} if activity else {})}
    same, others = split(body["brands"], what)
    return _write(uow, body, {"brands": _sorted_brands([*others, *without(same, during)])}, actor_id)


def close_location(
    uow: UnitOfWork, location_id: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """Close a location at an instant (now): its brands, its places in the field and the appointments there end with it.

    Whether that changed anything. Who worked there keeps what they learned; their goals from there are withdrawn then.
    """
    lock_network(uow)
    lock_location(uow, location_id, closing=True)
    body, (at, _) = read_location(uow, location_id), a_time(uow, at)
    known = body["valid_to"]
    if known is not None and datetime.fromisoformat(known) <= at:
        return False
    a = tables.appointment
    still = sa.or_(a.c.valid_to.is_(None), a.c.valid_to > at)
    here = sa.select(a.c.person_id).where(a.c.location_id == location_id, still).distinct()
    people = sorted(uow.connection.scalars(here))
    lock_people(uow, people)
    write_people(uow, [_without(uow, person_id, location_id, at) for person_id in people], actor_id=actor_id)
    end = max(at, datetime.fromisoformat(body["valid_from"])).isoformat()
    parts = {part: without(body[part], (at, None)) for part in ("brands", "nodes")}
    return _write(uow, body, {"valid_to": end, **parts}, actor_id)


def rename_location(uow: UnitOfWork, location_id: str, name: str, *, actor_id: str | None = None) -> bool:
    """Call a location something else; nothing else changes (I15). Whether that changed anything."""
    lock_network(uow)
    return _write(uow, read_location(uow, location_id), {"name": clean_name(name)}, actor_id)


def read_location(uow: UnitOfWork, location_id: str) -> LocationSnapshot:
    """The location as ``location_changed`` has it; Missing ``no_location``."""
    row = find_row(uow, tables.location, location_id, "location")
    brand, node = tables.location_brand, tables.location_node
    brands = uow.connection.execute(sa.select(brand).where(brand.c.location_id == location_id))
    nodes = uow.connection.execute(sa.select(node).where(node.c.location_id == location_id))
    plain = {
        name: getattr(row, name) for name in ("id", "partner_id", "name", "city", "country", "time_zone")
    }
    return cast(
        "LocationSnapshot",
        {
            **plain,
            **stated(row.valid_from, row.valid_to),
            "brands": _sorted_brands(
                [
                    {"brand_id": b.brand_id, "activity": b.activity, **stated(b.valid_from, b.valid_to)}
                    for b in brands
                ]
            ),
            "nodes": _sorted_nodes(
                [
                    {"dimension": n.dimension, "node_id": n.node_id, **stated(n.valid_from, n.valid_to)}
                    for n in nodes
                ]
            ),
        },
    )


def _write(uow: UnitOfWork, body: LocationSnapshot, parts: Mapping[str, Any], actor_id: str | None) -> bool:
    after = {**body, **parts}
    if after == body:
        return False
    record(uow, CHANGED, {body["id"]: after}, actor_id=actor_id)
    return True


def _without(uow: UnitOfWork, person_id: str, location_id: str, at: datetime) -> Any:
    """The person's snapshot with everything at a location over at an instant."""
    body = read_snapshot(uow, person_id)
    appointments = [
        ended(each, at) if each["location_id"] == location_id else each for each in body["appointments"]
    ]
    return {**body, "appointments": appointments}


def _node(uow: UnitOfWork, node_id: str, during: Interval) -> Any:
    node = find_row(uow, tables.node, node_id, "node")
    if overlap((node.valid_from, node.valid_to), during) != during:
        raise BadInput("no_node_then", f"{node.name} does not exist at that time.", "Choose another node.")
    return node


def _with_node(nodes: Sequence[Part], dimension: str, node: Any, during: Interval) -> list[Part]:
    """The places with another one in a dimension for a time, or with none there."""
    same, others = split(nodes, {"dimension": dimension})
    if node is None:
        return _sorted_nodes([*others, *without(same, during)])
    return _sorted_nodes([*others, *holding(same, {"dimension": dimension, "node_id": node.id}, during)])


def _sorted_nodes(nodes: Sequence[Part]) -> list[Part]:
    return sorted(nodes, key=lambda each: (each["dimension"], each["valid_from"]))


def _sorted_brands(brands: Sequence[Part]) -> list[Part]:
    return sorted(brands, key=lambda each: (each["brand_id"], each["activity"], each["valid_from"]))
