"""Changing what many people do where at once: ending, moving, adding. First the plan, line by line, then exactly that.

For operators, and for partner admins about people they employ at their own locations; what somebody may not see cannot be chosen.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from hub.access.explore.field import works_in_sight
from hub.access.reach import Sight
from hub.audiences.plans.choose_many import MOST, Line, appointment_lines, named
from hub.audiences.provisioning import check_mode
from hub.errors import BadInput, Conflict, Problem
from hub.ids import content_hash, is_id
from hub.network import tables
from hub.network.importing.complete import sources_of
from hub.network.people.appointments import add_appointment, end_appointment, owners_of, transfer
from hub.network.people.person import lock_people
from hub.network.people.places import Place
from hub.network.record import lock_location
from hub.network.validity.dates import start_of_day
from hub.network.validity.intervals import holds
from hub.store import UnitOfWork, valid_at

Do = Literal["end", "move", "add"]


@dataclass(frozen=True)
class Wish:
    """What is to happen to appointments (ids), from the start of a day at the location on; without a day, from now on.

    ``move``: their people go on at ``location_id``, in ``position_id`` if it is given; ``add``: they also work there in that position, for
    ``brand_ids``.
    """

    do: Do
    appointment_ids: tuple[str, ...]
    day: date | None = None
    location_id: str = ""
    position_id: str = ""
    brand_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Every line of a wish. ``hash`` is that of the wish and of its effect."""

    wish: Wish
    lines: tuple[Line, ...]
    target: str = ""

    @property
    def changes(self) -> tuple[Line, ...]:
        """The lines to which something happens."""
        return tuple(line for line in self.lines if not line.problem)

    @property
    def hash(self) -> str:
        """Equal for equal plans."""
        wish = {**asdict(self.wish), "day": self.wish.day and self.wish.day.isoformat()}
        said = [wish, [asdict(line) for line in self.lines]]
        return content_hash(json.dumps(said, sort_keys=True).encode())


class ChangePlanOutdated(Conflict):
    """Something is different by now; ``plan`` is the new one."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(
            "plan_outdated",
            "Something was changed meanwhile: this is the new plan, and nothing was done.",
            "Look at it once more, then do it.",
        )
        self.plan = plan


def plan_change_of_many(uow: UnitOfWork, sight: Sight, wish: Wish) -> Plan:
    """What the wish would do, line by line; reads only.

    BadInput ``bad_wish`` with every problem: nothing or more than MOST chosen, no such location, position or brand. Appointments that
    are not seen are left out, as if they were not there.
    """
    target, carried = _check(uow, sight, wish)
    rows, brands = _appointments(uow, sight, wish.appointment_ids)
    sources = sources_of(uow, sorted({row.person_id for row in rows}))
    zone = target.time_zone if target is not None else "UTC"
    held = _held_there(uow, wish, {row.person_id for row in rows}, _instant(uow, wish, zone))
    lost = {id for id, of_it in brands.items() if of_it - carried}
    lines = [_line(uow, row, wish, target, lost, sources, held) for row in rows]
    return Plan(wish, tuple(lines), target.name if target is not None else "")


def change_many(uow: UnitOfWork, sight: Sight, wish: Wish, plan_hash: str, *, actor_id: str) -> Plan:
    """Do what the plan with this hash said; ChangePlanOutdated when the plan is another one by now. What was done.

    NotAllowed ``mode_not_for_audience`` where a partner admin may not give somebody this position.
    """
    lock_location(uow, wish.location_id)
    lock_people(uow, owners_of(uow, wish.appointment_ids))  # at once, in the order in which everybody does
    plan = plan_change_of_many(uow, sight, wish)
    if plan.hash != plan_hash:
        raise ChangePlanOutdated(plan)
    if wish.do != "end" and sight.reach.kind == "partner":
        positions = {wish.position_id} if wish.position_id else _positions(uow, plan)
        check_mode(uow, "partner_admin", [Place(wish.location_id, each) for each in sorted(positions)])
    for line in plan.changes:
        if wish.do == "end":
            end_appointment(uow, line.appointment_id, _instant(uow, wish, line.time_zone), actor_id=actor_id)
        elif wish.do == "move":
            transfer(
                uow,
                line.appointment_id,
                wish.location_id,
                _instant(uow, wish, line.time_zone),
                position_id=wish.position_id,
                actor_id=actor_id,
            )
        else:
            start = _instant(uow, wish, line.time_zone)
            place = Place(wish.location_id, wish.position_id, "external", wish.brand_ids, start)
            add_appointment(uow, line.person_id, place, actor_id=actor_id)
    return plan


def _check(uow: UnitOfWork, sight: Sight, wish: Wish) -> tuple[Any, set[str]]:
    """The location to which it leads, and the brands it carries then."""
    problems = []
    if not 0 < len(set(wish.appointment_ids)) <= MOST:
        problems.append(Problem(f"choose 1 to {MOST}", "appointment"))
    if wish.do == "end":
        if problems:
            raise _bad(problems)
        return None, set()
    location, carried = tables.location, tables.location_brand
    found = None
    if is_id(wish.location_id):
        query = sa.select(location).where(location.c.id == wish.location_id, sight.locations)
        found = uow.connection.execute(query).one_or_none()
    at = _instant(uow, wish, found.time_zone if found is not None else "UTC")
    if found is None:
        problems.append(Problem("there is no such location", "location"))
    elif not holds((found.valid_from, found.valid_to), at):
        problems.append(Problem(f"{found.name} is closed then", "location"))
    if wish.position_id or wish.do == "add":
        known = is_id(wish.position_id) and uow.find(tables.position, id=wish.position_id)
        if not known:
            problems.append(Problem("there is no such position", "position"))
    brands = sa.select(carried.c.brand_id).where(carried.c.location_id == wish.location_id)
    there = set(uow.connection.scalars(brands.where(valid_at(carried, at)))) if found is not None else set()
    if found is not None and set(wish.brand_ids) - there:
        problems.append(Problem(f"{found.name} does not carry this brand then", "brand"))
    if problems:
        raise _bad(problems)
    return found, there


def _line(
    uow: UnitOfWork,
    row: Any,
    wish: Wish,
    target: Any,
    lost: Collection[str],
    sources: Mapping[str, str],
    held: Collection[tuple[str, str, str]],
) -> Line:
    name, at = named(row), _instant(uow, wish, (target or row).time_zone)
    problem, note = "", ""
    is_over = row.valid_to is not None and row.valid_to <= at
    if wish.do != "add" and is_over:
        problem = "over"
    elif wish.do == "move" and at <= row.valid_from:
        problem = "not_begun"
    elif wish.do == "move" and row.location_id == target.id and wish.position_id in ("", row.position_id):
        problem = "there_already"
    elif wish.do == "add" and (row.person_id, wish.location_id, wish.position_id) in held:
        problem = "does_already"
    elif wish.do != "add" and row.id in sources and sources[row.id] not in ("hub", "partner_admin"):
        note = "from_elsewhere"
    elif wish.do == "move" and row.id in lost:
        note = "loses_brands"
    return Line(*name, (target or row).time_zone, problem, note)


def _held_there(
    uow: UnitOfWork, wish: Wish, person_ids: Collection[str], at: datetime
) -> set[tuple[str, str, str]]:
    """Who has which position there at that instant or later, as (person, location, position)."""
    a = tables.appointment
    if wish.do != "add":
        return set()
    rows = uow.connection.execute(
        sa.select(a.c.person_id, a.c.location_id, a.c.position_id).where(
            uow.among(a.c.person_id, person_ids),
            a.c.location_id == wish.location_id,
            sa.or_(a.c.valid_to.is_(None), a.c.valid_to > at),
        )
    )
    return {(row[0], row[1], row[2]) for row in rows}


def _appointments(
    uow: UnitOfWork, sight: Sight, ids: Sequence[str]
) -> tuple[Sequence[Any], dict[str, set[str]]]:
    """Those that are seen, and the brands of each."""
    wanted = sorted({id for id in ids if is_id(id)})
    a, of = tables.appointment, tables.appointment_brand
    rows = uow.connection.execute(
        appointment_lines().where(uow.among(a.c.id, wanted), works_in_sight(sight))
    ).all()
    brands: dict[str, set[str]] = {}
    for row in uow.connection.execute(sa.select(of).where(uow.among(of.c.appointment_id, wanted))):
        brands.setdefault(row.appointment_id, set()).add(row.brand_id)
    return rows, brands


def _instant(uow: UnitOfWork, wish: Wish, time_zone: str) -> datetime:
    return start_of_day(wish.day.isoformat(), time_zone) if wish.day else uow.now


def _positions(uow: UnitOfWork, plan: Plan) -> set[str]:
    a = tables.appointment
    ids = [line.appointment_id for line in plan.changes]
    return set(uow.connection.scalars(sa.select(a.c.position_id).where(uow.among(a.c.id, ids))))


def _bad(problems: Sequence[Problem]) -> BadInput:
    return BadInput("bad_wish", "This cannot be done.", "", problems)
