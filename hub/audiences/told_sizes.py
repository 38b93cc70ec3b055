"""How many people an audience or a rule is for, told to whoever may not see them one by one."""

from datetime import datetime

import sqlalchemy as sa

from hub.access.reach import Reach
from hub.access.tell_counts import Told, tell_count
from hub.audiences.assigning.reassign import people_matching
from hub.audiences.rules.conditions import AppointmentFacts, Conditions, match
from hub.audiences.rules.matches import matches
from hub.audiences.rules.reach import facts_matching
from hub.network.attributes import read_kinds
from hub.network.validity.intervals import holds
from hub.store import UnitOfWork
from hub.store.types import Id


def tell_size(uow: UnitOfWork, reach: Reach, conditions: Conditions) -> Told:
    """How many people are meant by conditions: for operators as of now, for others as ``tell_count`` says. A writing unit."""
    if reach.kind == "operator":
        found = members_at(uow, conditions, uow.now).subquery()
        return Told(uow.connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0, uow.now)
    asker = f"{reach.kind}:{reach.id}"
    return tell_count(uow, asker, conditions.to_json(), lambda at: members_at(uow, conditions, at))


def members_at(uow: UnitOfWork, conditions: Conditions, at: datetime) -> sa.Select[tuple[str]]:
    """Ids of everybody with an appointment on which the conditions hold at an instant, each once."""
    if not uow.is_sqlite:
        rows = matches(conditions, None, read_kinds(uow), at).subquery()
        return sa.select(rows.c.person_id).where(rows.c.starts <= at, rows.c.ends > at).distinct()
    found = [
        (appointments[0].person_id,)
        for appointments in facts_matching(uow, people_matching(conditions))
        if any(_holds(conditions, appointment, at) for appointment in appointments)
    ]
    listed = uow.listed({"person_id": Id()}, found)
    return sa.select(listed.c.person_id)


def _holds(conditions: Conditions, appointment: AppointmentFacts, at: datetime) -> bool:
    found = match(conditions, appointment)
    return found is not None and any(holds(during, at) for during in found.during)
