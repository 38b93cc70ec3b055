"""What an erasure would do, counted by kind; nothing is changed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.lifecycle.find_mentions import find_mentions
from hub.lifecycle.subject import Subject
from hub.lti import erase_person as lti
from hub.network.people import erase_person as network
from hub.network.people.merges import absorbed_ids
from hub.notify import erase_person as notify
from hub.sso import erase_person as sso
from hub.store import UnitOfWork
from hub.training import tables as training
from hub.training.goals import decisions_of_person as decisions
from hub.xapi.erase_actor import count_of_actor
from hub.xapi.forward.views import forwards_of
from hub.xapi.tables import statement_attachment


@dataclass(frozen=True)
class ErasurePlan:
    """What would go, in rows by kind; and how many of the statements every receiving store has already, by its name."""

    counts: Mapping[str, int]
    sent_to: Mapping[str, int]


def plan_erasure(uow: UnitOfWork, subject: Subject) -> ErasurePlan:
    """Count what ``erase`` would delete. Reads every statement that names the subject."""
    counts: Counter[str] = Counter()
    sent_to: Counter[str] = Counter()
    after: int | None = 0
    while after is not None:
        found = find_mentions(uow, subject, after)
        ids = [row.id for row in found.own]
        counts.update(count_statements(uow, found.own))
        counts["completions"] += _count(uow, uow.among(training.completion.c.statement_id, ids))
        counts["statements of others without the name"] += len(found.others)
        sent_to.update(count_sent(uow, [*ids, *(row.id for row in found.others)]))
        after = found.last
    counts.update(count_of_actor(uow, subject.names, subject.person_id))
    if subject.person_id is not None:
        goal = training.goal
        counts["credits withdrawn"] += _count(
            uow, sa.and_(goal.c.person_id == subject.person_id, goal.c.reached_at.is_not(None))
        )
        for whole in (network, sso):
            counts.update(whole.count_of_person(uow, subject.person_id))
        for person_id in (subject.person_id, *absorbed_ids(uow, subject.person_id)):
            for room in (lti, notify, decisions):
                counts.update(room.count_of_person(uow, person_id))
    return ErasurePlan(dict(counts), dict(sent_to))


def count_statements(uow: UnitOfWork, rows: Iterable[sa.Row[Any]]) -> dict[str, int]:
    """Statements with their bytes and attachments."""
    some = list(rows)
    files = uow.among(statement_attachment.c.position, [row.position for row in some])
    return {
        "statements": len(some),
        "bytes of statements": sum(len(row.payload) for row in some),
        "attachments": _count(uow, files) if some else 0,
    }


def count_sent(uow: UnitOfWork, ids: Iterable[str]) -> Counter[str]:
    """How many of these statements every receiving store has confirmed, by its name."""
    return Counter(
        forwarded.name for id in ids for forwarded in forwards_of(uow, id) if forwarded.state == "delivered"
    )


def _count(uow: UnitOfWork, where: sa.ColumnElement[bool]) -> int:
    return uow.connection.scalar(sa.select(sa.func.count()).where(where)) or 0
