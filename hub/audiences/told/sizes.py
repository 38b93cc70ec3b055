"""How many people are in an audience of the whole network, told to whoever may not see each of them (D12, I36).

What may be asked is one number for each audience, and how many of those have reached all that is asked of them. The numbers are those of the beginning
of a month and the same for everybody, so that it does not matter who asks, how often, or what else. See ``access.floor``.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.access.floor import FLOOR, LEAST
from hub.access.reach import Reach
from hub.audiences import tables as audience_tables
from hub.audiences.profiles.periods import last_period
from hub.audiences.profiles.profile import Setup
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.read_audiences import read_audience_seen
from hub.audiences.rules.rule import Audience, read_audience
from hub.audiences.told import count_sets
from hub.audiences.told.cohorts import divide_cohorts
from hub.audiences.told.tables import told_size
from hub.logging import get_logger
from hub.store import UnitOfWork

if TYPE_CHECKING:
    from hub.runtime import Hub

logger = get_logger(__name__)
PAUSE_SECONDS = 60.0


@dataclass(frozen=True)
class Size:
    """How many people are in an audience at an instant, and how many of them have reached all that is asked of them.

    None is what is not told: not worked out yet, or there are nowhere ``floor`` of them who are counted alike. ``floor`` is 1 for
    whoever sees everybody.
    """

    audience: str
    people: int | None
    reached: int | None
    at: datetime | None
    floor: int


@dataclass
class Sizes:
    """An errand of the worker, in a thread of its own: it may look at everybody."""

    hub: "Hub"

    def turn(self) -> bool:
        """Work out the numbers of this month where they are missing; whether there were any."""
        return tell_sizes(self.hub) > 0

    def run(self, stop: threading.Event) -> None:
        """Do so until ``stop`` is set; what fails is logged and tried again."""
        while not stop.is_set():
            try:
                self.turn()
            except Exception:
                logger.exception("sizes_failed")
            stop.wait(PAUSE_SECONDS)


def tell_sizes(hub: "Hub") -> int:
    """Work out what is told this month, if that is not done for every audience; for how many audiences it was."""
    with hub.reading() as uow:
        _, at = last_period("month", uow.now)
        if not _are_missing(uow, at):
            return 0
        audiences = list(_numbered(uow))
        found = count_sets.count_one_by_one(uow, audiences, at) if uow.is_sqlite else []
    with hub.unit_of_work() as uow:
        if not uow.is_sqlite:
            uow.connection.execute(sa.text("LOCK TABLE told_size IN SHARE ROW EXCLUSIVE MODE"))
        if not _are_missing(uow, at):  # another worker was quicker
            return 0
        truth = count_sets.listed(uow, found) if uow.is_sqlite else count_sets.sets_in_sql(uow, audiences, at)
        people = divide_cohorts(uow, truth, _floors(uow, audiences))
        uow.connection.execute(
            sa.delete(told_size).where(told_size.c.audience.in_([a.key for _, a in audiences]))
        )
        for number, audience in audiences:
            uow.insert(
                told_size,
                audience=audience.key,
                number=number,
                people=people.get(2 * number),
                reached=people.get(2 * number + 1),
                at=at,
            )
    return len(audiences)


def read_size(uow: UnitOfWork, reach: Reach, key: str) -> Size:
    """The size of an audience as it is told: to operators that of now. Missing ``no_audience``."""
    read_audience_seen(uow, reach, key)
    audience = read_audience(uow, key)
    if reach.kind == "operator":
        truth = count_sets.truth_of(uow, [(0, audience)], uow.now)
        is_done = sa.func.count().filter(truth.c.sets == "3")
        found = uow.connection.execute(sa.select(sa.func.count(), is_done).select_from(truth)).one()
        return Size(key, found[0], found[1], uow.now, 1)
    return read_told(uow, key)


def read_told(uow: UnitOfWork, key: str) -> Size:
    """The size of an audience as everybody is told it."""
    floor = _floor_of(read_setups(uow), key)
    row = uow.find(told_size, audience=key)
    return Size(key, row.people, row.reached, row.at, floor) if row else Size(key, None, None, None, floor)


def _are_missing(uow: UnitOfWork, at: datetime) -> bool:
    audience = audience_tables.audience
    told = sa.exists().where(told_size.c.audience == audience.c.key, told_size.c.at >= at)
    return uow.connection.execute(sa.select(audience.c.key).where(~told).limit(1)).first() is not None


def _numbered(uow: UnitOfWork) -> Iterator[tuple[int, Audience]]:
    """Audiences with their numbers, the new ones by key after all that ever were."""
    known = {row.audience: row.number for row in uow.connection.execute(sa.select(told_size))}
    following = max(known.values(), default=-1) + 1
    rows = uow.connection.execute(
        sa.select(audience_tables.audience).order_by(audience_tables.audience.c.key)
    )
    for audience in map(Audience.of, rows):
        if audience.key not in known:
            known[audience.key], following = following, following + 1
        yield known[audience.key], audience


def _floors(uow: UnitOfWork, audiences: count_sets.Numbered) -> list[int]:
    """By bit; of audiences that are gone it does not matter."""
    setups = read_setups(uow)
    floors = [LEAST] * (2 * max(number for number, _ in audiences) + 2)
    for number, audience in audiences:
        floors[2 * number : 2 * number + 2] = [_floor_of(setups, audience.key)] * 2
    return floors


def _floor_of(setups: Mapping[str, Setup], key: str) -> int:
    setup = setups.get(key)
    return max(LEAST, (setup.get("floor") if setup else None) or FLOOR)
