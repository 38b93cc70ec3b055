"""What a change costs when everybody's goals are right: a person transferred, a region moved, a rule planned."""

import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bench.figures import Figure
from bench.network.rules import rule
from hub.app import open_worker
from hub.audiences.plans.diff import Diff, compare_rule
from hub.audiences.plans.planning import plan_change
from hub.audiences.rules.conditions import Conditions
from hub.network import tables as network
from hub.network.people.appointments import transfer
from hub.network.structure.field import locations_under, move_node
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.worker import Worker

_TOUCHED = (
    "SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) + n_tup_ins + n_tup_upd + n_tup_del), 0)"
    " FROM pg_stat_user_tables"
)
TIMES = 5


def measure_changes(hub: Hub, size: str) -> list[Figure]:
    """Each change a few times; the median, and how many rows the database touched for it."""
    worker = open_worker(hub)
    worker.drain()
    seconds, rows = _each(hub, worker, _transfer_somebody)
    region, region_rows, locations = _move_region(hub, worker)
    return [
        Figure(f"{size}: one appointment changed, until goals are right", seconds * 1000, "ms", goal=1000),
        Figure(f"{size}: rows touched by that", rows, "rows"),
        Figure(f"{size}: a region of {locations:,} locations moved", region, "s"),
        Figure(f"{size}: rows touched by that for each location", region_rows / max(1, locations), "rows"),
        Figure(f"{size}: plan of a new rule over everybody", _plan(hub), "s", goal=2),
    ]


def _each(hub: Hub, worker: Worker, change: Callable[[UnitOfWork, int], None]) -> tuple[float, float]:
    measured = []
    for number in range(TIMES):
        before = _touched(hub)
        started = time.perf_counter()
        with hub.unit_of_work() as uow:
            change(uow, number)
        _follow(worker)
        measured.append((time.perf_counter() - started, _touched(hub) - before))
    measured.sort()
    return measured[TIMES // 2]


def _transfer_somebody(uow: UnitOfWork, number: int) -> None:
    a, other = network.appointment, network.appointment.alias()
    now = a.c.valid_from < uow.now, a.c.valid_to.is_(None)
    one = uow.connection.execute(sa.select(a).where(*now).order_by(a.c.id).offset(number * 7).limit(1)).one()
    elsewhere = uow.connection.scalar(
        sa.select(other.c.location_id)
        .where(other.c.id > one.id, other.c.location_id != one.location_id, other.c.valid_to.is_(None))
        .order_by(other.c.id)
        .limit(1)
    )
    transfer(uow, one.id, elsewhere or one.location_id)


def _move_region(hub: Hub, worker: Worker) -> tuple[float, float, int]:
    """A node above leaves, such as a territory of the service tree, goes below another parent; its locations' people follow."""
    with hub.reading() as uow:
        node_id, parent_id = _region(uow)
        locations = len(uow.connection.scalars(locations_under(uow, node_id)).all())
    before, started = _touched(hub), time.perf_counter()
    with hub.unit_of_work() as uow:
        move_node(uow, node_id, parent_id)
    _follow(worker)
    return time.perf_counter() - started, _touched(hub) - before, locations


def _region(uow: UnitOfWork) -> tuple[str, str]:
    parent, node = network.node_parent, network.node
    query = (
        sa.select(parent.c.node_id, parent.c.parent_id)
        .join(node, node.c.id == parent.c.node_id)
        .where(node.c.dimension == "service")
        .order_by(parent.c.node_id)
    )
    edges: dict[str, str] = dict(uow.connection.execute(query).all())
    leaf = next(id for id in edges if id not in edges.values() and edges[id] in edges)
    return leaf, edges[edges[leaf]]


def _plan(hub: Hub) -> float:
    def compare(uow: UnitOfWork) -> Diff:
        position = network.position
        ids: list[Any] = list(
            uow.connection.scalars(sa.select(position.c.id).order_by(position.c.title).limit(10))
        )
        change = compare_rule(
            None, rule(uow, 9_999, Conditions(positions=tuple(ids), audience_class="external"))
        )
        return Diff((change,) if change else (), 0)

    started = time.perf_counter()
    plan_change(hub, compare)
    return time.perf_counter() - started


def _follow(worker: Worker) -> None:
    while worker.follow():
        pass


def _touched(hub: Hub) -> float:
    with hub.unit_of_work() as uow:
        for connection in ("pg_stat_force_next_flush", "pg_stat_clear_snapshot"):
            uow.connection.exec_driver_sql(f"SELECT {connection}()")
    with hub.reading() as uow:
        return float(uow.connection.exec_driver_sql(_TOUCHED).scalar_one())
