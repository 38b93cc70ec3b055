"""The reader ``workflow_mails``: workflows that tell something write to whoever looks after the person (B34).

What is read at once goes into one mail for each workflow and manager, so that a thousand people who come in by one file make a few.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from hub.access.managers import managers_of
from hub.audiences.profiles.tables import workflow_action
from hub.audiences.profiles.workflows import WORKFLOW_ACTED
from hub.errors import BadInput
from hub.journal import CHANGES, Reader
from hub.logging import get_logger
from hub.network import tables as network
from hub.network.views import names_of_people
from hub.notify.send_mail import send_mail
from hub.store import UnitOfWork

logger = get_logger(__name__)
LETTER = "workflow"
SHOWN = 20
"""So many people are named; of more, how many."""


def tell_managers(uow: UnitOfWork, changes: Sequence[sa.Row[Any]]) -> None:
    """Write what workflows had to tell; the handler of the reader. What moved to another record is not told again."""
    told = {c.subject_id: c.body for c in changes if c.kind == WORKFLOW_ACTED and "tell" in c.body}
    if not told:
        return
    # By now two records may be one: who is meant stands in the table.
    action = workflow_action
    rows = uow.connection.execute(
        sa.select(action).where(uow.among(action.c.id, list(told))).order_by(action.c.id)
    ).all()
    letters: dict[tuple[str, ...], list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        body = told[row.id]
        for manager_id in _managers(uow, row, body["tell"]["dimension"]):
            about = (row.audience, row.workflow, str(row.version), manager_id)
            letters[about].append(row)
    names = names_of_people(uow, {row.person_id for row in rows})
    for (*_, manager_id), mine in sorted(letters.items()):
        _write(uow, manager_id, told[mine[0].id]["tell"], [row.id for row in mine], _named(mine, names))


workflow_mails = Reader(
    "workflow_mails", CHANGES, tell_managers, batch=500, kinds=frozenset({WORKFLOW_ACTED})
)


def _managers(uow: UnitOfWork, row: sa.Row[Any], dimension: str | None) -> Collection[str]:
    """Who looks after the person when the appointment has begun, at the latest."""
    a = network.appointment
    began = uow.connection.scalar(sa.select(a.c.valid_from).where(a.c.id == row.appointment_id))
    at = max(uow.now, began) if began else uow.now
    found = managers_of(uow, row.person_id, at, a.c.id == row.appointment_id)
    return sorted({each.person_id for each in found if dimension in (None, each.dimension)})


def _named(rows: Sequence[sa.Row[Any]], names: Any) -> list[str]:
    return sorted({row.person_id: names.get(row.person_id, "") for row in rows}.values())


def _write(
    uow: UnitOfWork, manager_id: str, tell: dict[str, Any], action_ids: Sequence[str], people: Sequence[str]
) -> None:
    values = {
        "words": tell["words"],
        "why": tell["told_by"],
        "people": list(people[:SHOWN]),
        "more": max(0, len(people) - SHOWN),
    }
    try:
        send_mail(uow, manager_id, LETTER, values, key=f"{LETTER}:{min(action_ids)}:{manager_id}")
    except BadInput as error:  # somebody without an address; the others get theirs
        logger.warning("workflow_mail_not_sent", reason=error.code)
