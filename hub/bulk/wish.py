"""What is to happen to many locations, and what that touches. Reads only."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from hub.access.explore.locations import Wanted, locations_wanted
from hub.access.reach import Sight
from hub.audiences.plans.diff import Effects
from hub.bulk.effects import Becoming, effects_at
from hub.errors import BadInput, Conflict, Problem
from hub.ids import content_hash, is_id
from hub.network import tables as network
from hub.network.structure.locations import ACTIVITIES
from hub.network.validity.dates import start_of_day
from hub.store import UnitOfWork

MOST = 5000
SAMPLES = 10
MOST_PEOPLE = 3000
"""Of so many people a plan says what becomes of their goals: it works out each of them twice."""
DoMany = Literal["close", "carry", "end_brand", "place"]
DOES: tuple[DoMany, ...] = ("close", "carry", "end_brand", "place")


@dataclass(frozen=True)
class WishForMany:
    """From the start of a day at each location, or at once: close them, let them carry or lose a brand (``to``; ``activity`` or all),
    or put them into a node (``to``)."""

    do: DoMany
    to: str = ""
    activity: str = ""
    day: date | None = None


@dataclass(frozen=True)
class BulkPlan:
    """The locations (ids, in their order), names of some, and how many appointments and people are there now or later.

    ``to`` names the brand or node; ``effects`` says what becomes of goals, None for more than MOST_PEOPLE.
    """

    wish: WishForMany
    location_ids: tuple[str, ...]
    samples: tuple[str, ...]
    appointments: int
    people: int
    to: str
    effects: Effects | None

    @property
    def hash(self) -> str:
        """Equal for equal plans."""
        wish = {**asdict(self.wish), "day": str(self.wish.day)}
        goals = self.effects and asdict(self.effects)
        said = [wish, self.location_ids, self.appointments, self.people, goals]
        return content_hash(json.dumps(said, sort_keys=True).encode())


class BulkPlanOutdated(Conflict):
    """Something is different by now; ``plan`` is the new one."""

    def __init__(self, plan: BulkPlan) -> None:
        super().__init__(
            "plan_outdated", "Something was changed meanwhile, and nothing was done.", "Look at the new plan."
        )
        self.plan = plan


def plan_many(uow: UnitOfWork, sight: Sight, wanted: Wanted, wish: WishForMany) -> BulkPlan:
    """What the wish is about. BadInput ``bad_wish`` with every problem: no location or more than MOST, no such brand or node."""
    location, a = network.location, network.appointment
    where = locations_wanted(sight, uow.now, wanted)
    query = (
        sa.select(location.c.id, location.c.name, location.c.time_zone)
        .where(*where)
        .order_by(location.c.id)
        .limit(MOST + 1)
    )
    rows = uow.connection.execute(query).all()
    problems = []
    if not 0 < len(rows) <= MOST:
        problems.append(Problem(f"these are no locations, or more than {MOST:,}", "q"))
    name, wrong = _target(uow, wish)
    if problems or wrong:
        raise BadInput("bad_wish", "This cannot be done.", "", [*problems, *wrong])
    here = sa.and_(
        a.c.location_id.in_(sa.select(location.c.id).where(*where)),
        sa.or_(a.c.valid_to.is_(None), a.c.valid_to > uow.now),
    )
    count = sa.select(sa.func.count(), sa.func.count(a.c.person_id.distinct())).where(here)
    appointments, people = uow.connection.execute(count).one()
    ids = tuple(str(row.id) for row in rows)
    effects = _effects(uow, wish, rows) if people <= MOST_PEOPLE else None
    return BulkPlan(wish, ids, tuple(row.name for row in rows[:SAMPLES]), appointments, people, name, effects)


def instant_at(wish: WishForMany, now: datetime, time_zone: str) -> datetime:
    """When it begins at a location."""
    return start_of_day(wish.day.isoformat(), time_zone) if wish.day else now


def _effects(uow: UnitOfWork, wish: WishForMany, rows: Sequence[Any]) -> Effects:
    starts = {str(row.id): instant_at(wish, uow.now, row.time_zone) for row in rows}
    return effects_at(uow, Becoming(wish.do, wish.to, wish.activity, starts))


def _target(uow: UnitOfWork, wish: WishForMany) -> tuple[str, list[Problem]]:
    """What the brand or node is called."""
    problems = []
    if wish.do not in DOES:
        problems.append(Problem("choose what is to happen", "do"))
    if wish.do == "carry" and wish.activity not in ACTIVITIES:
        problems.append(Problem("choose for what", "activity"))
    if wish.activity and wish.activity not in ACTIVITIES:
        problems.append(Problem("choose for what", "activity"))
    if wish.do == "close":
        return "", problems
    kind, table = ("node", network.node) if wish.do == "place" else ("brand", network.brand)
    row = uow.find(table, id=wish.to) if is_id(wish.to) else None
    if row is None:
        problems.append(Problem(f"there is no such {kind}", kind))
    return (row.name if row is not None else ""), problems
