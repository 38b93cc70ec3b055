"""One person as somebody sees them: every appointment on this side of the wall, the managers of each dimension, and the goals
that may be seen (I22). As of any instant; reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.goals_seen import goals_seen, reached_seen, sources_seen
from hub.access.listing.read_people import ManagerSeen, PersonSeen, list_managers, read_person_seen
from hub.access.reach import Sight
from hub.network import tables as network
from hub.network.people.find_people import MAX_FOUND, FoundPerson, search_people
from hub.network.validity.as_of import attributes_at
from hub.store import UnitOfWork, valid_at
from hub.store.folded import begins, folded
from hub.training import tables as training


@dataclass(frozen=True)
class GoalLine:
    """A goal that somebody may see, as it is at an instant."""

    id: str
    title: str
    kind: str
    dimension_name: str
    due_at: datetime | None
    reached_at: datetime | None


@dataclass(frozen=True)
class PersonPage:
    """A person at an instant, with the goals that are seen."""

    person: PersonSeen
    partner: str
    managers: tuple[ManagerSeen, ...]
    goals: tuple[GoalLine, ...]
    attributes: dict[str, Any]


def read_person_page(uow: UnitOfWork, sight: Sight, person_id: str, at: datetime) -> PersonPage:
    """The person. Missing ``no_person``, also for one behind the wall.

    Attributes and employer are told to whoever sees the details of the person.
    """
    person = read_person_seen(uow, sight, person_id)
    partner = uow.find(network.partner, id=person.partner_id) if person.partner_id else None
    return PersonPage(
        person,
        partner.name if partner is not None else "",
        tuple(list_managers(uow, sight, person_id, at)),
        _goals(uow, sight, person_id, at),
        attributes_at(uow, person_id, at) if person.partner_id else {},
    )


def find_people_seen(uow: UnitOfWork, sight: Sight, words: str) -> list[FoundPerson]:
    """MAX_FOUND people at most who are seen, whose names begin so: each word begins one of the names, or the e-mail.

    E-mails and employers are searched and told only of those whose details are seen.
    """
    if sight.reach.kind == "operator":
        return search_people(uow, words)
    asked = words.split()[:5]
    if not asked:
        return []
    person, detail, partner = network.person, network.person_detail, network.partner
    query = (
        sa.select(
            person.c.id,
            detail.c.given_name,
            detail.c.family_name,
            partner.c.name,
            sight.details.label("whole"),
        )
        .join(detail, detail.c.person_id == person.c.id)
        .join(partner, partner.c.id == person.c.partner_id)
        .where(sight.people)
        .order_by(folded(detail.c.family_name), folded(detail.c.given_name), person.c.id)
        .limit(MAX_FOUND)
    )
    for word in asked:
        by_mail = sa.and_(sight.details, begins(detail.c.email, word))
        query = query.where(
            sa.or_(begins(detail.c.given_name, word), begins(detail.c.family_name, word), by_mail)
        )
    return [
        FoundPerson(row.id, f"{row.given_name} {row.family_name}".strip(), row.name if row.whole else "")
        for row in uow.connection.execute(query)
    ]


def _goals(uow: UnitOfWork, sight: Sight, person_id: str, at: datetime) -> tuple[GoalLine, ...]:
    goal, source, offering, path = training.goal, training.goal_source, training.offering, training.path
    dimension = network.dimension
    title = sa.func.coalesce(offering.c.title, path.c.title)
    rows = uow.connection.execute(
        sa.select(
            goal.c.id,
            goal.c.kind,
            reached_seen(uow, sight).label("reached_at"),
            title.label("title"),
            dimension.c.name,
            sa.func.min(source.c.due_at, type_=source.c.due_at.type).label("due_at"),
        )
        .join(source, source.c.goal_id == goal.c.id)
        .join(dimension, dimension.c.key == goal.c.dimension)
        .outerjoin(offering, sa.and_(goal.c.target_kind == "offering", offering.c.id == goal.c.target_id))
        .outerjoin(path, sa.and_(goal.c.target_kind == "path", path.c.id == goal.c.target_id))
        .where(goal.c.person_id == person_id, goals_seen(uow, sight))
        .where(valid_at(source, at), sources_seen(uow, sight, source))
        .group_by(goal.c.id, goal.c.kind, goal.c.reached_at, offering.c.title, path.c.title, dimension.c.name)
        .order_by(dimension.c.name, title, goal.c.id)
    )
    return tuple(
        GoalLine(row.id, row.title or "", row.kind, row.name, row.due_at, row.reached_at) for row in rows
    )
