"""Services for locations: where they stand in the field, which brands they carry, closing them.

Each takes the network's lock, so that a location is in one node of a dimension at a time (I20) also when two ask at once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa

from hub.errors import BadInput, Conflict
from hub.network import tables
from hub.network.complete import ended
from hub.network.intervals import Interval, holds, overlap
from hub.network.people import lock_people
from hub.network.person_snapshots import read_snapshot, write_people
from hub.network.record import clipped, find_row, lock_network, record, stated
from hub.network.rename import clean_name
from hub.network.snapshots import LocationSnapshot
from hub.network.trees import read_interval
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
    body, during = read_location(uow, location_id), _during(uow, at, until)
    node = _node(uow, node_id, during)
    for each in body["nodes"]:
        if each["dimension"] == node.dimension and overlap(read_interval(each), during):
            raise Conflict(
                "already_placed",
                f"{body['name']} is in another node of this dimension at that time.",
                "Move it, or choose another time.",
            )
    _write(uow, body, {"nodes": _with_node(body["nodes"], node, during)}, actor_id)


def move_location(
    uow: UnitOfWork,
    location_id: str,
    node_id: str | None,
    at: datetime | None = None,
    *,
    dimension: str = "",
    actor_id: str | None = None,
) -> bool:
    """Let a location be in another node from an instant on (now); whether that changed anything.

    Without a node it is taken out of ``dimension``. What was planned for later in that dimension is replaced.
    """
    lock_network(uow)
    body, during = read_location(uow, location_id), _during(uow, at, None)
    node = _node(uow, node_id, during) if node_id else None
    dimension = node.dimension if node else dimension
    others = [each for each in body["nodes"] if each["dimension"] != dimension]
    here = clipped([each for each in body["nodes"] if each["dimension"] == dimension], during[0])
    nodes = _sorted_nodes([*others, *here])
    return _write(uow, body, {"nodes": _with_node(nodes, node, during) if node else nodes}, actor_id)


def carry_brand(
    uow: UnitOfWork,
    location_id: str,
    brand_id: str,
    activity: str,
    at: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> bool:
    """Let a location carry a brand in one activity from an instant on (now); whether that changed anything."""
    lock_network(uow)
    body, during = read_location(uow, location_id), _during(uow, at, None)
    find_row(uow, tables.brand, brand_id, "brand")
    if activity not in ACTIVITIES:
        raise BadInput("bad_activity", f"An activity is one of {', '.join(ACTIVITIES)}.")
    same = [each for each in body["brands"] if (each["brand_id"], each["activity"]) == (brand_id, activity)]
    others = [each for each in body["brands"] if each not in same]
    kept = [each for each in same if not overlap(read_interval(each), during)]
    start = min([during[0], *(read_interval(each)[0] for each in same if each not in kept)])
    carried = {"brand_id": brand_id, "activity": activity, **stated(start, None)}
    return _write(uow, body, {"brands": _sorted_brands([*others, *kept, carried])}, actor_id)


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
    body, (at, _) = read_location(uow, location_id), _during(uow, at, None)
    of_it = [
        each
        for each in body["brands"]
        if each["brand_id"] == brand_id and (not activity or each["activity"] == activity)
    ]
    others = [each for each in body["brands"] if each not in of_it]
    return _write(uow, body, {"brands": _sorted_brands([*others, *clipped(of_it, at)])}, actor_id)


def close_location(
    uow: UnitOfWork, location_id: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """Close a location at an instant (now): its brands, its places in the field and the appointments there end with it.

    Whether that changed anything. Who worked there keeps what they learned; their goals from there are withdrawn then.
    """
    lock_network(uow)
    body, (at, _) = read_location(uow, location_id), _during(uow, at, None)
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
    parts = {"brands": clipped(body["brands"], at), "nodes": clipped(body["nodes"], at)}
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
    if not holds((node.valid_from, node.valid_to), during[0]):
        raise BadInput("no_node_then", f"{node.name} does not exist at that time.", "Choose another node.")
    return node


def _with_node(nodes: list[Any], node: Any, during: Interval) -> list[Any]:
    """The places and a new one; where it goes on in the same node, as one."""
    start, end = during
    place = {"dimension": node.dimension, "node_id": node.id, **stated(start, end)}
    for each in nodes:
        if each["node_id"] == node.id and each["valid_to"] == place["valid_from"]:
            nodes = [other for other in nodes if other is not each]
            place["valid_from"] = each["valid_from"]
    return _sorted_nodes([*nodes, place])


def _sorted_nodes(nodes: list[Any]) -> list[Any]:
    return sorted(nodes, key=lambda each: (each["dimension"], each["valid_from"]))


def _sorted_brands(brands: list[Any]) -> list[Any]:
    return sorted(brands, key=lambda each: (each["brand_id"], each["activity"], each["valid_from"]))


def _during(uow: UnitOfWork, at: datetime | None, until: datetime | None) -> Interval:
    start = (at or uow.now).astimezone(UTC)
    if until is not None and until <= start:
        raise BadInput("bad_dates", "A time ends after it begins.", "Choose a later end.")
    return start, until.astimezone(UTC) if until else None
