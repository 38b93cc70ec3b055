"""Statements that a receiving store refused: to look at, to send again with the same ids, or to let be."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import is_id
from hub.journal import audit
from hub.journal.listed import ROWS, Listed, listed
from hub.journal.tables import statement
from hub.store import UnitOfWork
from hub.xapi.forward.lease import DISMISSED, PARKED, WAITING
from hub.xapi.forward.stores import ReceivingStore, try_now
from hub.xapi.forward.tables import forward_parked

STATES = (PARKED, WAITING, "delivered", DISMISSED)


@dataclass(frozen=True)
class ParkedStatement:
    """One refusal; ``state`` is parked, waiting (to be sent again), delivered or dismissed. Verb and object are empty once erased."""

    position: int
    statement_id: str
    state: str
    status: int
    reason: str
    attempts: int
    parked_at: datetime
    settled_at: datetime | None
    verb: str
    object_id: str


def list_parked(
    uow: UnitOfWork,
    store: ReceivingStore,
    *,
    state: str = "",
    words: str = "",
    before: int | None = None,
    limit: int = ROWS,
) -> Listed[ParkedStatement]:
    """What a store refused, the newest first; narrowed to a state, and to a statement id or words of the reason."""
    p = forward_parked
    query = (
        sa.select(p, statement.c.verb, statement.c.object_id)
        .outerjoin(statement, statement.c.position == p.c.position)
        .where(p.c.store_id == store.id)
        .order_by(p.c.position.desc())
        .limit(limit + 1)
    )
    if state:
        query = query.where(p.c.state == state)
    if is_id(words):
        query = query.where(p.c.statement_id == words.lower())
    else:
        for word in words.split():
            query = query.where(p.c.reason.icontains(word, autoescape=True))
    if before is not None:
        query = query.where(p.c.position < before)
    rows = [
        ParkedStatement(
            r.position,
            r.statement_id,
            r.state,
            r.status,
            r.reason,
            r.attempts,
            r.parked_at,
            r.settled_at,
            r.verb or "",
            r.object_id or "",
        )
        for r in uow.connection.execute(query)
    ]
    return listed(rows, lambda row: str(row.position), limit)


def resend_parked(
    uow: UnitOfWork, store: ReceivingStore, statement_id: str | None = None, *, actor_id: str | None = None
) -> int:
    """Send one parked statement again, or all of the store's, with the same ids; how many. Missing ``nothing_parked``."""
    return _set_state(uow, store, statement_id, WAITING, "forward_resent", actor_id)


def dismiss_parked(
    uow: UnitOfWork, store: ReceivingStore, statement_id: str | None = None, *, actor_id: str | None = None
) -> int:
    """Let one parked statement be, or all of the store's: they will not be sent. How many. Missing ``nothing_parked``."""
    return _set_state(uow, store, statement_id, DISMISSED, "forward_dismissed", actor_id)


def _set_state(
    uow: UnitOfWork,
    store: ReceivingStore,
    statement_id: str | None,
    state: str,
    action: str,
    actor_id: str | None,
) -> int:
    p = forward_parked
    chosen = sa.and_(p.c.store_id == store.id, p.c.state == PARKED)
    if statement_id is not None:
        if not is_id(statement_id):
            raise _nothing()
        chosen = sa.and_(chosen, p.c.statement_id == statement_id.lower())
    values: dict[str, object] = {"state": state}
    if state == DISMISSED:
        values["settled_at"] = uow.now
    changed = int(uow.connection.execute(sa.update(p).where(chosen).values(values)).rowcount)
    if not changed:
        raise _nothing()
    if state == WAITING:
        try_now(uow, store)
    detail = {"slug": store.slug, "count": changed}
    audit(uow, action, statement_id or store.id, actor_id=actor_id, detail=detail)
    return changed


def _nothing() -> Missing:
    return Missing("nothing_parked", "Nothing like this is parked at this receiving store.")
