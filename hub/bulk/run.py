"""Doing to many locations what was planned: asked for once, done by whichever worker comes, some at a time."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.access.explore.locations import Wanted
from hub.access.reach import Sight
from hub.bulk.tables import bulk_change
from hub.bulk.wish import BulkPlanOutdated, WishForMany, instant_at, plan_many
from hub.errors import HubError, Missing
from hub.ids import is_id, new_id
from hub.journal import audit
from hub.logging import get_logger
from hub.network import tables as network
from hub.network.people.person import lock_people
from hub.network.record import lock_location, lock_network
from hub.network.structure.locations import carry_brand, close_location, end_brand, move_location
from hub.store import UnitOfWork

if TYPE_CHECKING:
    from hub.runtime import Hub

logger = get_logger(__name__)
CHUNK = 20
"""Locations in one unit of work: it holds the network's lock."""
EVERY_SECONDS = 1.0
STARTED = "bulk_change_started"


@dataclass(frozen=True)
class Progress:
    """How far a change of many has come. ``late``: names of the locations that refused, and why."""

    id: str
    wish: WishForMany
    total: int
    done: int
    late: tuple[tuple[str, str], ...]
    created_at: datetime
    finished_at: datetime | None


def start_bulk_change(
    uow: UnitOfWork, sight: Sight, wanted: Wanted, wish: WishForMany, plan_hash: str, *, actor_id: str
) -> str:
    """Let the worker do what the plan with this hash said; the id under which it tells how far it is. BulkPlanOutdated."""
    plan = plan_many(uow, sight, wanted, wish)
    if plan.hash != plan_hash:
        raise BulkPlanOutdated(plan)
    id = new_id()
    uow.insert(
        bulk_change,
        id=id,
        do=wish.do,
        to=wish.to or None,
        activity=wish.activity,
        day=wish.day.isoformat() if wish.day else "",
        location_ids=list(plan.location_ids),
        done=0,
        late=[],
        actor_id=actor_id,
        created_at=uow.now,
    )
    detail = {"do": wish.do, "locations": len(plan.location_ids)}
    audit(uow, STARTED, id, actor_id=actor_id, detail=detail)
    return id


def read_progress(uow: UnitOfWork, id: str) -> Progress:
    """How far it has come. Missing ``no_bulk_change``."""
    row = uow.find(bulk_change, id=id) if is_id(id) else None
    if row is None:
        raise Missing("no_bulk_change", "There is no such change.")
    names = sa.select(network.location.c.id, network.location.c.name)
    late = {each["location_id"]: each["why"] for each in row.late}
    found = uow.connection.execute(names.where(uow.among(network.location.c.id, list(late))))
    told = tuple(sorted((each.name, late[each.id]) for each in found))
    return Progress(
        row.id, _wish(row), len(row.location_ids), row.done, told, row.created_at, row.finished_at
    )


def list_recent(uow: UnitOfWork, limit: int = 5) -> list[Progress]:
    """The changes that were asked for last, the newest first."""
    ids = uow.connection.scalars(sa.select(bulk_change.c.id).order_by(bulk_change.c.id.desc()).limit(limit))
    return [read_progress(uow, id) for id in list(ids)]


def carry_on(uow: UnitOfWork) -> bool:
    """Do the next CHUNK locations of a change that is not finished; whether there was one.

    What refuses now, though the plan did not see it coming, is noted and left as it is; so is where it fails in another way, or
    it would hold up all other changes for good.
    """
    waiting = sa.select(bulk_change).where(bulk_change.c.finished_at.is_(None)).order_by(bulk_change.c.id)
    row = uow.connection.execute(waiting.limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return False
    part, late = row.location_ids[row.done : row.done + CHUNK], list(row.late)
    if row.do == "close":
        _lock(uow, part)
    for location_id in part:
        try:
            with uow.connection.begin_nested():
                _do(uow, row, location_id)
        except HubError as error:
            late.append({"location_id": location_id, "why": error.message})
        except (sa.exc.OperationalError, sa.exc.InterfaceError):
            raise  # the database's trouble, not that of this location
        except Exception as error:
            logger.exception("bulk_change_failed_at", location_id=location_id)
            late.append({"location_id": location_id, "why": f"It failed: {type(error).__name__}."})
    done = row.done + len(part)
    finished_at = uow.now if done >= len(row.location_ids) else None
    values: Mapping[str, Any] = {"done": done, "late": late, "finished_at": finished_at}
    uow.connection.execute(sa.update(bulk_change).where(bulk_change.c.id == row.id).values(**values))
    return True


@dataclass(frozen=True)
class BulkChanges:
    """An errand of the worker; any number of workers may have it, each change is locked while a chunk of it is done."""

    hub: "Hub"

    def turn(self) -> bool:
        """Do one chunk; whether there was anything."""
        with self.hub.reading() as uow:
            open_ones = sa.select(bulk_change.c.id).where(bulk_change.c.finished_at.is_(None)).limit(1)
            if uow.connection.scalar(open_ones) is None:
                return False
        with self.hub.unit_of_work() as uow:
            return carry_on(uow)

    def run(self, stop: threading.Event) -> None:
        """Look every second until ``stop`` is set, and go on at once while there is something."""
        while not stop.wait(EVERY_SECONDS):
            try:
                while self.turn() and not stop.is_set():
                    pass
            except Exception:
                logger.exception("bulk_change_failed")  # the next look comes all the same


def _lock(uow: UnitOfWork, location_ids: Sequence[str]) -> None:
    """What closing them locks one after the other, at once and in the order in which everybody does."""
    lock_network(uow)
    for id in sorted(location_ids):
        lock_location(uow, id, closing=True)
    a = network.appointment
    people = sa.select(a.c.person_id).where(a.c.location_id.in_(list(location_ids))).distinct()
    lock_people(uow, sorted(uow.connection.scalars(people)))


def _do(uow: UnitOfWork, row: Any, location_id: str) -> None:
    location = uow.find(network.location, id=location_id)
    if location is None:
        raise Missing("no_location", "There is no such location.")
    at, actor_id = instant_at(_wish(row), row.created_at, location.time_zone), row.actor_id
    if row.do == "close":
        close_location(uow, location_id, at, actor_id=actor_id)
    elif row.do == "carry":
        carry_brand(uow, location_id, row.to, row.activity, at, actor_id=actor_id)
    elif row.do == "end_brand":
        end_brand(uow, location_id, row.to, at, activity=row.activity, actor_id=actor_id)
    else:
        move_location(uow, location_id, row.to, at, actor_id=actor_id)


def _wish(row: Any) -> WishForMany:
    day = date.fromisoformat(row.day) if row.day else None
    return WishForMany(row.do, row.to or "", row.activity, day)
