"""Reading who is certified, as far as a list may tell. Performance reviews are in none."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from hub.access.goals_seen import goals_seen, reached_seen
from hub.access.reach import OPERATOR, Reach, Sight, sight_of
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.rules.conditions import AppointmentFacts
from hub.errors import Missing
from hub.exports.certified import CertifiedPerson, Export
from hub.network import tables as network
from hub.network.validity.intervals import holds
from hub.store import UnitOfWork
from hub.training import tables as training

NOBODY = "00000000-0000-0000-0000-000000000000"
"""Before every id."""


def sight_of_export(uow: UnitOfWork, export: Export) -> Sight:
    """What a list may tell. Missing ``no_partner`` where the network files name no such partner."""
    if not export.partner:
        return sight_of(uow, OPERATOR)
    key = network.roster_key
    query = sa.select(key.c.id).where(key.c.kind == "partner", key.c.external_id == export.partner)
    partner_id = uow.connection.scalar(query)
    if partner_id is None:
        raise Missing("no_partner", f"The network files name no partner {export.partner}.")
    return sight_of(uow, Reach("partner", partner_id))


def read_certified(uow: UnitOfWork, export: Export, person_ids: Sequence[str]) -> list[CertifiedPerson]:
    """The rows of these people now: what they have reached, at each place where they work."""
    sight = sight_of_export(uow, export)
    reached = _reached(uow, sight, export, person_ids)
    facts = read_facts(uow, sorted(reached))
    people = _people(uow, sight, sorted(reached))
    now = [
        (person_id, each)
        for person_id in people
        for each in facts.get(person_id, ())
        if holds(each.during, uow.now) and sight.reach.partner_id in (None, each.partner_id)
    ]
    places = _places(uow, {each.location_id for _, each in now})
    brands = dict(uow.connection.execute(sa.select(network.brand.c.id, network.brand.c.name)).all())
    positions = dict(uow.connection.execute(sa.select(network.position.c.id, network.position.c.title)).all())
    keys = _external_ids(uow, {*people, *places, *(each.partner_id for _, each in now)})
    return [
        CertifiedPerson(
            id=f"{each.id}:{target.target_id}",
            person_id=person_id,
            person=keys.get(("person", person_id), ""),
            given_name=people[person_id].given_name,
            family_name=people[person_id].family_name,
            email=people[person_id].email or "",
            position=positions.get(each.position_id, ""),
            location=keys.get(("location", each.location_id), ""),
            location_name=places[each.location_id].name,
            partner=keys.get(("partner", each.partner_id), ""),
            partner_name=places[each.location_id].partner_name,
            brands=_brands(each, brands, uow),
            target=f"{target.target_kind}:{target.key}",
            title=target.title,
            certified_at=target.certified_at,
            until=each.during[1],
        )
        for person_id, each in now
        for target in reached[person_id]
    ]


def everybody(after: str) -> sa.Select[Any]:
    """Ids of all who have reached anything, of those that come after an id."""
    goal = training.goal
    return (
        sa.select(goal.c.person_id).where(goal.c.person_id > after, goal.c.reached_at.is_not(None)).distinct()
    )


def read_all(uow: UnitOfWork, export: Export, chunk: int = 500) -> Iterator[CertifiedPerson]:
    """The whole list, by person."""
    people, after = [NOBODY], NOBODY
    while people:
        people = list(uow.connection.scalars(everybody(after).order_by(sa.text("person_id")).limit(chunk)))
        yield from read_certified(uow, export, people)
        after = people[-1] if people else after


def _reached(
    uow: UnitOfWork, sight: Sight, export: Export, person_ids: Sequence[str]
) -> dict[str, list[Any]]:
    """What people have reached, once for each course or path, by person. It was reached when the first of its goals was."""
    goal, offering, path = training.goal, training.offering, training.path
    at = reached_seen(uow, sight)
    key = sa.func.coalesce(offering.c.key, path.c.key)
    # The aggregate stands outside: what a partner sees of a credit is a query of its own for each goal.
    seen = (
        sa.select(
            goal.c.person_id,
            goal.c.target_kind,
            goal.c.target_id,
            key.label("key"),
            sa.func.coalesce(offering.c.title, path.c.title).label("title"),
            sa.type_coerce(at, goal.c.reached_at.type).label("at"),
        )
        .outerjoin(offering, sa.and_(goal.c.target_kind == "offering", offering.c.id == goal.c.target_id))
        .outerjoin(path, sa.and_(goal.c.target_kind == "path", path.c.id == goal.c.target_id))
        .where(
            uow.among(goal.c.person_id, person_ids), goals_seen(uow, sight), goal.c.reached_at.is_not(None)
        )
        .where(_wanted(export, key))
        .subquery("reached")
    )
    columns = [seen.c[name] for name in ("person_id", "target_kind", "target_id", "key", "title")]
    query = (
        sa.select(
            *columns, sa.type_coerce(sa.func.min(seen.c.at), goal.c.reached_at.type).label("certified_at")
        )
        .where(seen.c.at.is_not(None))
        .group_by(*columns)
        .order_by(seen.c.person_id, seen.c.key)
    )
    found: dict[str, list[Any]] = {}
    for row in uow.connection.execute(query):
        found.setdefault(row.person_id, []).append(row)
    return found


def _wanted(export: Export, key: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    kind = training.goal.c.target_kind
    if not export.targets:
        return kind == "path"
    named = [target.partition(":") for target in export.targets]
    return sa.or_(
        *(
            sa.and_(kind == each, key.in_([name for one, _, name in named if one == each]))
            for each in ("offering", "path")
        )
    )


def _people(uow: UnitOfWork, sight: Sight, ids: Sequence[str]) -> dict[str, Any]:
    person, detail = network.person, network.person_detail
    query = (
        sa.select(person.c.id, detail.c.given_name, detail.c.family_name, detail.c.email)
        .join(detail, detail.c.person_id == person.c.id)
        .where(uow.among(person.c.id, ids), sight.people)
    )
    return {row.id: row for row in uow.connection.execute(query.order_by(person.c.id))}


def _places(uow: UnitOfWork, ids: set[str]) -> dict[str, Any]:
    location, partner = network.location, network.partner
    query = sa.select(location.c.id, location.c.name, partner.c.name.label("partner_name")).join(
        partner, partner.c.id == location.c.partner_id
    )
    rows = uow.connection.execute(query.where(uow.among(location.c.id, sorted(ids))))
    return {row.id: row for row in rows}


def _external_ids(uow: UnitOfWork, ids: set[str]) -> dict[tuple[str, str], str]:
    key = network.roster_key
    query = sa.select(key.c.kind, key.c.id, key.c.external_id).where(uow.among(key.c.id, sorted(ids)))
    return {(row.kind, row.id): row.external_id for row in uow.connection.execute(query)}


def _brands(facts: AppointmentFacts, names: dict[str, str], uow: UnitOfWork) -> tuple[str, ...]:
    mine = {names[each.brand_id] for each in facts.brands if holds(each.during, uow.now)}
    return tuple(sorted(mine))
