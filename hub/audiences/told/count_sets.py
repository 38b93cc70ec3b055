"""In which audiences everybody was at an instant, and who had reached all that is asked there: two bits for each audience."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.profiles.tallies import goals_at, is_in, members_in_sets
from hub.audiences.rules.matches import MEMORY
from hub.audiences.rules.reach import chunks_of_people
from hub.audiences.rules.rule import Audience
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.store.types import Id

Numbered = Sequence[tuple[int, Audience]]
"""Audiences and their numbers: of number 3, bit 6 is set for who is in it, and bit 7 for who has reached all that is asked."""
Sets = list[tuple[str, str]]
"""Ids of people, and the bits as a decimal number."""


def count_one_by_one(uow: UnitOfWork, audiences: Numbered, at: datetime) -> Sets:
    """Everybody in any of the audiences; for SQLite, whose numbers have 64 bits."""
    found: Sets = []
    everybody = sa.select(network.appointment.c.person_id).distinct().subquery()
    for person_ids in chunks_of_people(uow, everybody):
        facts = read_facts(uow, person_ids)
        goals = goals_at(uow, [a.id for mine in facts.values() for a in mine], at)
        for person_id in person_ids:
            sets = 0
            for number, audience in audiences:
                mine = [a for a in facts.get(person_id, ()) if is_in(audience, a, at, None)]
                states = {state for a in mine for state in goals.get(a.id, {}).values()}
                sets |= (bool(mine) + 2 * (states == {"completed"})) << 2 * number
            if sets:
                found.append((person_id, str(sets)))
    return found


def sets_in_sql(uow: UnitOfWork, audiences: Numbered, at: datetime) -> sa.Subquery:
    """The same as rows (person_id, sets) of PostgreSQL, in one query."""
    uow.connection.exec_driver_sql(MEMORY)
    each = []
    for number, audience in audiences:
        found = members_in_sets(uow, audience, at)
        is_asked = found.c.goal_id.is_not(None)
        is_done = sa.func.coalesce(sa.func.bool_and(found.c.is_reached).filter(is_asked), sa.false())
        bits = sa.case((is_done, _number(3 << 2 * number)), else_=_number(1 << 2 * number))
        each.append(sa.select(found.c.person_id, bits.label("bits")).group_by(found.c.person_id))
    every = sa.union_all(*each).subquery("every")
    sets = sa.cast(sa.func.sum(every.c.bits), sa.Text).label("sets")
    return sa.select(every.c.person_id, sets).group_by(every.c.person_id).subquery("truth")


def truth_of(uow: UnitOfWork, audiences: Numbered, at: datetime) -> sa.FromClause:
    """The same as a table to ask, on both databases."""
    if uow.is_sqlite:
        return listed(uow, count_one_by_one(uow, audiences, at))
    return sets_in_sql(uow, audiences, at)


def listed(uow: UnitOfWork, found: Sets) -> sa.FromClause:
    """The same of what was counted one by one."""
    return uow.listed({"person_id": Id(), "sets": sa.Text()}, found)


def _number(value: int) -> sa.ColumnElement[Decimal]:
    return sa.cast(sa.literal(str(value)), sa.Numeric)
