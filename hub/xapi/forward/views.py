"""What pages and commands show of forwarding. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.journal.tables import reader, statement, statement_id
from hub.store import UnitOfWork
from hub.xapi.forward.filters import StatementFilter
from hub.xapi.forward.lease import PARKED, WAITING
from hub.xapi.forward.select import select_stretch
from hub.xapi.forward.stores import ReceivingStore, find_store, store_of
from hub.xapi.forward.tables import forward_parked, forward_receipt, receiving_store

MAX_COUNTED = 20_000
"""Statements that a dry run looks at."""
_COUNTED_AT_ONCE = 2_000
_SHOWN = 50


@dataclass(frozen=True)
class StoreState:
    """A store and how it is. ``behind`` counts statements of the journal that it has yet to look at, whether or not they
    pass its filter; ``waiting_for`` is the age of the oldest of them.
    """

    store: ReceivingStore
    behind: int
    waiting_for: timedelta
    parked: int
    resending: int
    moved_at: datetime | None
    failures: int
    retry_at: datetime | None
    last_error: str
    worker: str


@dataclass(frozen=True)
class Forwarded:
    """What became of one statement at one store: delivered, parked, waiting, dismissed, on its way, or filtered (not for it)."""

    store_id: str
    name: str
    state: str
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class Counted:
    """Of so many past statements, the latest there are, so many pass a filter. ``since`` is when the oldest was stored."""

    looked_at: int
    passed: int
    since: datetime | None


def list_stores(
    uow: UnitOfWork, words: str = "", after: str = "", limit: int = _SHOWN
) -> tuple[list[StoreState], str]:
    """Receiving stores by slug whose slug, name or endpoint has every word; and where to go on, if there are more."""
    s = receiving_store
    query = sa.select(s).where(s.c.removed_at.is_(None), s.c.slug > after).order_by(s.c.slug).limit(limit + 1)
    for word in words.split():
        query = query.where(
            sa.or_(
                *(column.icontains(word, autoescape=True) for column in (s.c.slug, s.c.name, s.c.endpoint))
            )
        )
    found = [store_of(row) for row in uow.connection.execute(query)]
    shown = found[:limit]
    return _states(uow, shown), shown[-1].slug if len(found) > limit else ""


def read_store(uow: UnitOfWork, slug: str) -> StoreState:
    """One store and how it is; Missing ``no_receiving_store``."""
    return _states(uow, [find_store(uow, slug)])[0]


def count_parked(uow: UnitOfWork) -> dict[str, int]:
    """How many statements are parked, by the slug of the store."""
    p, s = forward_parked, receiving_store
    query = (
        sa.select(s.c.slug, sa.func.count())
        .join(s, s.c.id == p.c.store_id)
        .where(p.c.state == PARKED)
        .group_by(s.c.slug)
        .order_by(s.c.slug)
    )
    return {row[0]: row[1] for row in uow.connection.execute(query)}


def forwards_of(uow: UnitOfWork, id: str) -> list[Forwarded]:
    """What became of a statement at every receiving store, removed ones too where they got it; by name.

    Nothing is kept per delivered statement: each batch that a store confirmed left one receipt, which says what was in it.
    So the answer does not depend on today's filter.
    """
    position = uow.connection.scalar(
        sa.select(statement_id.c.position).where(statement_id.c.id == id.lower())
    )
    if position is None:
        return []
    p = forward_parked
    refused = {
        row.store_id: row for row in uow.connection.execute(sa.select(p).where(p.c.position == position))
    }
    rows = uow.connection.execute(
        sa.select(receiving_store, reader.c.position.label("reached"))
        .outerjoin(reader, reader.c.name == sa.literal("forward:") + receiving_store.c.slug)
        .order_by(receiving_store.c.name, receiving_store.c.id)
    ).all()
    found = []
    for row in rows:
        delivered_at = _delivered_at(uow, row.id, position)
        if row.id in refused:
            known = refused[row.id]
            at = known.settled_at or known.parked_at
            found.append(Forwarded(row.id, row.name, known.state, at, known.reason))
        elif delivered_at is not None:
            found.append(Forwarded(row.id, row.name, "delivered", delivered_at))
        elif row.removed_at is None:
            state = "on its way" if position > row.reached else "filtered"
            found.append(Forwarded(row.id, row.name, state))
    return found


def count_matching(uow: UnitOfWork, filter: StatementFilter, not_from: str | None = None) -> Counted:
    """A dry run: how many of the latest MAX_COUNTED statements would have gone out."""
    end = uow.connection.scalar(sa.select(sa.func.max(statement.c.position))) or 0
    first = (
        uow.connection.execute(
            sa.select(statement.c.position, statement.c.stored)
            .order_by(statement.c.position.desc())
            .limit(1)
            .offset(MAX_COUNTED - 1)
        ).one_or_none()
        or uow.connection.execute(
            sa.select(statement.c.position, statement.c.stored).order_by(statement.c.position).limit(1)
        ).one_or_none()
    )
    if first is None:
        return Counted(0, 0, None)
    looked_at = uow.connection.scalar(
        sa.select(sa.func.count()).select_from(statement).where(statement.c.position >= first.position)
    )
    passed = _count_passing(uow, filter, first.position - 1, end, not_from)
    return Counted(looked_at or 0, passed, first.stored)


def count_ahead(uow: UnitOfWork, store: ReceivingStore) -> Counted:
    """A dry run: of the first MAX_COUNTED statements that a store has yet to look at, so many go out when it goes on."""
    after = uow.connection.scalar(sa.select(reader.c.position).where(reader.c.name == store.reader)) or 0
    ahead = (
        sa.select(statement.c.position, statement.c.stored)
        .where(statement.c.position > after)
        .order_by(statement.c.position)
        .limit(MAX_COUNTED)
        .subquery()
    )
    looked_at, end, since = uow.connection.execute(
        sa.select(sa.func.count(), sa.func.max(ahead.c.position), sa.func.min(ahead.c.stored))
    ).one()
    config = store.config
    passed = _count_passing(uow, config.filter, after, end or 0, config.connection_id)
    return Counted(looked_at, passed, since)


def _count_passing(
    uow: UnitOfWork, filter: StatementFilter, after: int, end: int, not_from: str | None
) -> int:
    passed = 0
    while after < end:
        stretch = select_stretch(uow, filter, after, end, not_from=not_from, limit=_COUNTED_AT_ONCE)
        passed += len(stretch.positions)
        after = stretch.upto
    return passed


def _delivered_at(uow: UnitOfWork, store_id: str, position: int) -> datetime | None:
    r = forward_receipt
    receipt = uow.connection.execute(
        sa.select(r)
        .where(r.c.store_id == store_id, r.c.last_position >= position)
        .order_by(r.c.last_position)
        .limit(1)
    ).one_or_none()
    if receipt is None or position < receipt.first_position:
        return None
    held = not receipt.offsets or position - receipt.first_position in receipt.offsets
    return receipt.delivered_at if held else None


def _states(uow: UnitOfWork, stores: list[ReceivingStore]) -> list[StoreState]:
    ids = [store.id for store in stores]
    places = {
        row.name: row
        for row in uow.connection.execute(
            sa.select(reader).where(reader.c.name.in_([store.reader for store in stores]))
        )
    }
    end = uow.connection.scalar(sa.select(sa.func.max(statement.c.position))) or 0
    refused = _counts(uow, ids)
    states = []
    for store in stores:
        place = places[store.reader]
        states.append(
            StoreState(
                store,
                max(0, end - place.position),
                _age(uow, place.position),
                refused.get((store.id, PARKED), 0),
                refused.get((store.id, WAITING), 0),
                place.moved_at,
                place.failures,
                place.retry_at,
                place.last_error or "",
                place.worker or "",
            )
        )
    return states


def _counts(uow: UnitOfWork, ids: list[str]) -> Mapping[tuple[str, str], int]:
    p = forward_parked
    rows = uow.connection.execute(
        sa.select(p.c.store_id, p.c.state, sa.func.count())
        .where(p.c.store_id.in_(ids), p.c.state.in_([PARKED, WAITING]))
        .group_by(p.c.store_id, p.c.state)
    )
    return {(store_id, state): count for store_id, state, count in rows}


def _age(uow: UnitOfWork, position: int) -> timedelta:
    oldest = uow.connection.scalar(
        sa.select(statement.c.stored)
        .where(statement.c.position > position)
        .order_by(statement.c.position)
        .limit(1)
    )
    return uow.now - oldest if oldest else timedelta()
