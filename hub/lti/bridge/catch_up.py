"""When a platform names somebody for the first time: what that person has completed so far goes to its gradebooks."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.journal import CHANGES, Reader
from hub.lti.bridge.achievements import Recognized
from hub.lti.bridge.deliveries import release_parked
from hub.lti.bridge.pass_back import tell_gradebooks
from hub.network.identities import LTI_SUBJECT
from hub.store import UnitOfWork
from hub.training.tables import completion


def catch_up(uow: UnitOfWork, changes: Sequence[sa.Row[Any]]) -> None:
    """Send what waited for a name, and what was no news for a stranger; the handler of the reader ``pass_back_links``.

    However the name became known: by a launch, by an import or by a roster.
    """
    links = {
        (link["connection_id"], link["person_id"]): None
        for change in changes
        if change.kind == "identity_linked"
        for link in change.body["links"]
        if link["form"] == LTI_SUBJECT
    }
    for connection_id, person_id in links:
        release_parked(uow, connection_id, person_id)
        tell_gradebooks(uow, _so_far(uow, person_id), {connection_id})


pass_back_links = Reader("pass_back_links", CHANGES, catch_up)


def _so_far(uow: UnitOfWork, person_id: str) -> list[Recognized]:
    """All completions of a person, the oldest first."""
    now = f"{uow.now.isoformat(timespec='microseconds')}|"
    rows = uow.connection.execute(
        sa.select(completion.c.offering_id, completion.c.statement_id)
        .where(completion.c.person_id == person_id)
        .order_by(completion.c.completed_at, completion.c.statement_id)
    )
    return [Recognized(person_id, row.offering_id, row.statement_id, uow.now, now) for row in rows]
