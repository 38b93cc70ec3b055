"""Statements that a receiving store refused: to look at, to send again with the same ids, or to let be."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
_SHOWN = 5


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


@dataclass(frozen=True)
class ParkedChoice:
    """What sending again or letting be is about: how many statements, and the newest few."""

    count: int
    newest: tuple[ParkedStatement, ...]


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
    query = _newest_first(p.c.store_id == store.id).limit(limit + 1)
    if state:
        query = query.where(p.c.state == state)
    if is_id(words):
        query = query.where(p.c.statement_id == words.lower())
    else:
        for word in words.split():
            query = query.where(p.c.reason.icontains(word, autoescape=True))
    if before is not None:
        query = query.where(p.c.position < before)
    rows = [_parked(row) for row in uow.connection.execute(query)]
    return listed(rows, lambda row: str(row.position), limit)


def plan_parked(uow: UnitOfWork, store: ReceivingStore, statement_id: str | None = None) -> ParkedChoice:
    """What ``resend_parked`` or ``dismiss_parked`` would be about. Reads only; Missing ``nothing_parked`` as there."""
    chosen = _chosen(store, statement_id)
    query = sa.select(sa.func.count()).select_from(forward_parked).where(chosen)
    count = uow.connection.scalar(query) or 0
    if not count:
        raise _nothing()
    newest = uow.connection.execute(_newest_first(chosen).limit(_SHOWN))
    return ParkedChoice(count, tuple(_parked(row) for row in newest))


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
    chosen = _chosen(store, statement_id)
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


def _chosen(store: ReceivingStore, statement_id: str | None) -> sa.ColumnElement[bool]:
    """One parked statement of a store, or all. Missing ``nothing_parked`` for what is no id."""
    p = forward_parked
    chosen = sa.and_(p.c.store_id == store.id, p.c.state == PARKED)
    if statement_id is None:
        return chosen
    if not is_id(statement_id):
        raise _nothing()
    return sa.and_(chosen, p.c.statement_id == statement_id.lower())


def _newest_first(chosen: sa.ColumnElement[bool]) -> sa.Select[Any]:
    p = forward_parked
    return (
        sa.select(p, statement.c.verb, statement.c.object_id)
        .outerjoin(statement, statement.c.position == p.c.position)
        .where(chosen)
        .order_by(p.c.position.desc())
    )


def _parked(row: sa.Row[Any]) -> ParkedStatement:
    return ParkedStatement(
        row.position,
        row.statement_id,
        row.state,
        row.status,
        row.reason,
        row.attempts,
        row.parked_at,
        row.settled_at,
        row.verb or "",
        row.object_id or "",
    )


def _nothing() -> Missing:
    return Missing("nothing_parked", "Nothing like this is parked at this receiving store.")
