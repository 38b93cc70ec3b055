"""Planning a change of the network that touches many: what it would do to locations, appointments and goals, and doing exactly that.

Reads only: facts are read as they are and put together as they would be, and goals are worked out from both.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast

import sqlalchemy as sa

from hub.audiences.assigning.read_facts import places_of, read_facts
from hub.audiences.plans.diff import Effects
from hub.audiences.plans.effects import Reckoning
from hub.audiences.rules.conditions import AppointmentFacts, Placed
from hub.audiences.rules.reach import chunks_of_people
from hub.errors import BadInput, Conflict
from hub.ids import content_hash, is_id
from hub.journal.plain import canonical_json
from hub.network import tables as network
from hub.network.people.appointments import end_appointment, owners_of
from hub.network.people.person import lock_people
from hub.network.record import a_time, find_row, lock_location, lock_network
from hub.network.structure.apply_nodes import ever_above, ever_below, read_branches
from hub.network.structure.field import move_node, moved_node, read_node
from hub.network.structure.locations import close_location, end_brand, read_location
from hub.network.structure.trees import Above, closure_of, read_branch
from hub.network.validity.intervals import Interval, subtract
from hub.store import UnitOfWork

if TYPE_CHECKING:
    from hub.runtime import Hub

Do = Literal["move_node", "close_location", "end_brand", "end_appointments"]


@dataclass(frozen=True)
class NetworkWish:
    """What is to happen from an instant on (now), to one thing (its id) or to several appointments.

    ``move_node``: to another parent (``to``; None for a root), for good or ``until``; ``end_brand``: ``to`` is the brand, in one
    ``activity`` or all; the others take ids alone.
    """

    do: Do
    ids: tuple[str, ...]
    to: str | None = None
    at: datetime | None = None
    until: datetime | None = None
    activity: str = ""


@dataclass(frozen=True)
class NetworkPlan:
    """How many locations, appointments in force then or later and people it touches, and what becomes of goals."""

    wish: NetworkWish
    locations: int
    appointments: int
    people: int
    effects: Effects

    @property
    def hash(self) -> str:
        """16 hex digits: the same for the same wish with the same effect."""
        wish = {name: str(value) for name, value in asdict(self.wish).items()}
        told = [wish, self.locations, self.appointments, self.people, asdict(self.effects)]
        return content_hash(canonical_json(told))[:16]


class NetworkPlanOutdated(Conflict):
    """What was planned is not what would be done now; ``plan`` is what would be."""

    def __init__(self, plan: NetworkPlan) -> None:
        super().__init__(
            "plan_outdated",
            "What this would change is not what you have seen; nothing was changed.",
            f"Look at what it would do now (plan {plan.hash}), and decide again.",
        )
        self.plan = plan


def plan_network_change(uow: UnitOfWork, wish: NetworkWish) -> NetworkPlan:
    """What the wish would do; raises what doing it would, and writes nothing. It costs what lies under it.

    BadInput ``bad_wish``; Missing ``no_node``, ``no_location``, ``no_appointment``; BadInput and Conflict as the services say.
    """
    if not wish.ids or (wish.do != "end_appointments" and len(wish.ids) > 1):
        raise BadInput("bad_wish", "Choose what it is about: one thing, or some appointments.")
    during = a_time(uow, wish.at, wish.until)
    change = _CHANGES[wish.do](uow, wish, during)
    a, start = network.appointment, during[0]
    here = change.touches
    ahead = sa.or_(a.c.valid_to.is_(None), a.c.valid_to > start)
    count = sa.select(
        sa.func.count(a.c.location_id.distinct()), sa.func.count(), sa.func.count(a.c.person_id.distinct())
    ).where(here, ahead)
    at_them, appointments, people = uow.connection.execute(count).one()
    locations = change.locations if change.locations is not None else at_them
    reckoning = Reckoning(uow, ())
    for person_ids in chunks_of_people(uow, sa.select(a.c.person_id).where(here).distinct().subquery()):
        facts = read_facts(uow, person_ids)
        reckoning.add(person_ids, facts, _become(facts, change))
    return NetworkPlan(wish, locations, appointments, people, reckoning.result())


def make_network_change(
    hub: "Hub",
    wish: NetworkWish,
    plan_hash: str | None = None,
    *,
    actor_id: str | None = None,
    note: Callable[[UnitOfWork, NetworkPlan], None] = lambda *_: None,
) -> NetworkPlan:
    """Do it in one unit; what was done. With a hash only what the plan with that hash said, else NetworkPlanOutdated.

    It is planned anew in that unit, behind the locks of whoever would change the same. Goals follow as soon as a worker gets
    to them. ``note`` is called in the unit with what is done.
    """
    with hub.unit_of_work() as uow:
        _lock(uow, wish)
        plan = plan_network_change(uow, wish)
        note(uow, plan)
        if plan_hash is not None and plan.hash != plan_hash:
            raise NetworkPlanOutdated(plan)
        at, id = wish.at, wish.ids[0]
        if wish.do == "move_node":
            move_node(uow, id, wish.to, at, wish.until, actor_id=actor_id)
        elif wish.do == "close_location":
            close_location(uow, id, at, actor_id=actor_id)
        elif wish.do == "end_brand":
            end_brand(uow, id, wish.to or "", at, activity=wish.activity, actor_id=actor_id)
        else:
            for each in sorted(set(wish.ids)):
                end_appointment(uow, each, at, actor_id=actor_id)
    return plan


def _lock(uow: UnitOfWork, wish: NetworkWish) -> None:
    """What the services lock one after the other, at once and in the order in which everybody does."""
    if wish.do != "end_appointments":
        lock_network(uow)
    if wish.do == "close_location" and wish.ids:
        lock_location(uow, wish.ids[0], closing=True)
    if wish.do == "end_appointments":
        lock_people(uow, owners_of(uow, wish.ids))


@dataclass(frozen=True)
class _Change:
    """``touches`` finds the appointments; the rest says what is different: times that are over, and other places."""

    touches: sa.ColumnElement[bool]
    locations: int | None = None
    over: Interval | None = None
    brands: tuple[str, str] | None = None
    ids: frozenset[str] = frozenset()
    places: Mapping[str, Sequence[Placed]] | None = None


def _become(
    facts: Mapping[str, Sequence[AppointmentFacts]], change: _Change
) -> dict[str, list[AppointmentFacts]]:
    becoming: dict[str, list[AppointmentFacts]] = {}
    for person_id, appointments in facts.items():
        becoming[person_id] = [then for each in appointments if (then := _then(each, change)) is not None]
    return becoming


def _then(facts: AppointmentFacts, change: _Change) -> AppointmentFacts | None:
    """One appointment as it would be; None for one that would never hold."""
    if change.places is not None:
        places = change.places.get(facts.location_id)
        return facts if places is None else replace(facts, places=places)
    if change.over is None or not {facts.id, facts.location_id} & change.ids:
        return facts
    if change.brands is None:
        left = subtract((facts.during,), (change.over,))
        return replace(facts, during=left[0]) if left else None
    brand_id, activity = change.brands
    brands = []
    for each in facts.brands:
        ends = each.brand_id == brand_id and activity in ("", each.activity)
        rest = subtract((each.during,), (change.over,)) if ends else (each.during,)
        brands += [replace(each, during=during) for during in rest]
    return replace(facts, brands=brands)


def _move(uow: UnitOfWork, wish: NetworkWish, during: Interval) -> _Change:
    body = moved_node(uow, read_node(uow, wish.ids[0]), wish.to, during)
    below = ever_below(uow, [body["id"]])
    parents = {each["parent_id"] for each in body["parents"]}
    above = ever_above(uow, below | parents)
    branches = {**read_branches(uow, below | above), body["id"]: read_branch(cast("Any", body))}
    closure: dict[str, frozenset[Above]] = {id: closure_of(id, branches, {}) for id in below}
    placed, a = network.location_node, network.appointment
    in_them = uow.among(placed.c.node_id, sorted(below))
    there = sa.select(placed.c.location_id).where(in_them)
    located: set[str] = set(uow.connection.scalars(there))
    ahead = sa.or_(placed.c.valid_to.is_(None), placed.c.valid_to > during[0])
    count = uow.connection.scalar(
        sa.select(sa.func.count(placed.c.location_id.distinct())).where(in_them, ahead)
    )
    return _Change(a.c.location_id.in_(there), count or 0, places=places_of(uow, located, closure))


def _close(uow: UnitOfWork, wish: NetworkWish, during: Interval) -> _Change:
    body = read_location(uow, wish.ids[0])
    here = network.appointment.c.location_id == body["id"]
    return _Change(here, 1, over=(during[0], None), ids=frozenset([body["id"]]))


def _end_brand(uow: UnitOfWork, wish: NetworkWish, during: Interval) -> _Change:
    body = read_location(uow, wish.ids[0])
    brand = find_row(uow, network.brand, wish.to or "", "brand")
    a, of = network.appointment, network.appointment_brand
    carrying = sa.exists().where(of.c.appointment_id == a.c.id, of.c.brand_id == brand.id)
    ids, what = frozenset([body["id"]]), (str(brand.id), wish.activity)
    return _Change(
        sa.and_(a.c.location_id == body["id"], carrying), 1, over=(during[0], None), brands=what, ids=ids
    )


def _end(uow: UnitOfWork, wish: NetworkWish, during: Interval) -> _Change:
    a = network.appointment
    for id in wish.ids:
        if not is_id(id):
            find_row(uow, a, id, "appointment")
    here = uow.among(a.c.id, sorted(set(wish.ids)))
    known = set(uow.connection.scalars(sa.select(a.c.id).where(here)))
    for id in sorted(set(wish.ids) - known):
        find_row(uow, a, id, "appointment")
    return _Change(here, over=(during[0], None), ids=frozenset(known))


_CHANGES = {"move_node": _move, "close_location": _close, "end_brand": _end_brand, "end_appointments": _end}
