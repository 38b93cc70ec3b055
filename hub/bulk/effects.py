"""What becomes of goals when something happens to many locations: worked out from facts as they are and as they would be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.plans.diff import Effects
from hub.audiences.plans.effects import Reckoning
from hub.audiences.rules.conditions import AppointmentFacts, CarriedBrand, Placed
from hub.audiences.rules.reach import chunks_of_people
from hub.network import tables as network
from hub.network.validity.intervals import Interval, overlap, subtract
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Becoming:
    """What happens (see ``WishForMany``) at each location, by id, and when it begins there."""

    do: str
    to: str
    activity: str
    starts: Mapping[str, datetime]


def effects_at(uow: UnitOfWork, becoming: Becoming) -> Effects:
    """Goals of everybody who works there, now or ever. Reads only; it costs what they are."""
    a = network.appointment
    there = sa.select(a.c.person_id).where(uow.among(a.c.location_id, sorted(becoming.starts))).distinct()
    places = _places(uow, becoming) if becoming.do == "place" else {}
    reckoning = Reckoning(uow, ())
    for person_ids in chunks_of_people(uow, there.subquery()):
        facts = read_facts(uow, person_ids)
        named = _naming_brand(uow, becoming, facts) if becoming.do == "carry" else frozenset()
        then = {
            person_id: [
                changed
                for each in appointments
                if (changed := _then(each, becoming, places, each.id in named)) is not None
            ]
            for person_id, appointments in facts.items()
        }
        reckoning.add(person_ids, facts, then)
    return reckoning.result()


def _then(
    facts: AppointmentFacts, becoming: Becoming, places: Mapping[str, Sequence[Placed]], names_brand: bool
) -> AppointmentFacts | None:
    """One appointment as it would be; None for one that would never hold."""
    start = becoming.starts.get(facts.location_id)
    if start is None:
        return facts
    over: Interval = (start, None)
    if becoming.do == "place":
        return replace(facts, places=places.get(facts.location_id, ()))
    if becoming.do == "close":
        left = subtract((facts.during,), (over,))
        return replace(facts, during=left[0]) if left else None
    if becoming.do == "carry" and not names_brand:
        return facts
    brands = []
    for each in facts.brands:
        is_it = each.brand_id == becoming.to and becoming.activity in ("", each.activity)
        rest = subtract((each.during,), (over,)) if is_it else (each.during,)
        brands += [replace(each, during=during) for during in rest]
    if becoming.do == "carry":
        brands = _with(brands, CarriedBrand(becoming.to, becoming.activity, over))
    return replace(facts, brands=brands)


def _with(brands: Sequence[CarriedBrand], more: CarriedBrand) -> list[CarriedBrand]:
    """The brands and another; where the same was carried right before, it is one with that."""
    result = []
    for each in brands:
        same = (each.brand_id, each.activity) == (more.brand_id, more.activity)
        if same and each.during[1] == more.during[0]:
            more = replace(more, during=(each.during[0], more.during[1]))
        else:
            result.append(each)
    return [*result, more]


def _naming_brand(
    uow: UnitOfWork, becoming: Becoming, facts: Mapping[str, Sequence[AppointmentFacts]]
) -> frozenset[str]:
    """Which appointments have the brand set, whether their location carries it or not."""
    of = network.appointment_brand
    ids = sorted(each.id for some in facts.values() for each in some)
    found = sa.select(of.c.appointment_id).where(
        uow.among(of.c.appointment_id, ids), of.c.brand_id == becoming.to
    )
    return frozenset(uow.connection.scalars(found))


def _places(uow: UnitOfWork, becoming: Becoming) -> dict[str, list[Placed]]:
    """Under which nodes the locations would stand."""
    ln, closure = network.location_node, network.node_closure
    node = uow.find(network.node, id=becoming.to)
    placed: list[tuple[str, str, Interval]] = [
        (location_id, becoming.to, (start, None)) for location_id, start in becoming.starts.items()
    ]
    for row in uow.connection.execute(
        sa.select(ln).where(uow.among(ln.c.location_id, sorted(becoming.starts)))
    ):
        during: Interval = (row.valid_from, row.valid_to)
        over: Interval = (becoming.starts[row.location_id], None)
        rest = subtract((during,), (over,)) if row.dimension == node.dimension else (during,)
        placed += [(row.location_id, row.node_id, each) for each in rest]
    above: dict[str, list[tuple[str, Interval]]] = {}
    below = sorted({node_id for _, node_id, _ in placed})
    for row in uow.connection.execute(sa.select(closure).where(uow.among(closure.c.descendant_id, below))):
        above.setdefault(row.descendant_id, []).append((row.ancestor_id, (row.valid_from, row.valid_to)))
    nodes: dict[tuple[str, Interval], set[str]] = {}
    for location_id, node_id, during in placed:
        for ancestor_id, while_below in above.get(node_id, ()):
            if both := overlap(during, while_below):
                nodes.setdefault((location_id, both), set()).add(ancestor_id)
    found: dict[str, list[Placed]] = {}
    for (location_id, both), ids in nodes.items():
        found.setdefault(location_id, []).append(Placed(frozenset(ids), both))
    return found
