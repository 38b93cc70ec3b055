"""Receiving stores: which record stores get statements, and how the hub signs in there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import new_id
from hub.journal import STATEMENTS, Change, audit, record_changes
from hub.journal.tables import reader
from hub.sealing import Sealer
from hub.store import UnitOfWork
from hub.xapi.forward.filters import StatementFilter
from hub.xapi.forward.tables import forward_parked, receiving_store

BASIC, OAUTH2 = "basic", "oauth2"


@dataclass(frozen=True)
class StoreConfig:
    """What an operator decides about a receiving store. ``connection_id`` is the system as which it sends statements to us."""

    name: str
    endpoint: str
    version: str
    auth: str
    key: str
    token_url: str = ""
    scope: str = ""
    filter: StatementFilter = field(default_factory=StatementFilter)
    connection_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As its columns."""
        return {**vars(self), "filter": self.filter.to_json()}


@dataclass(frozen=True)
class ReceivingStore:
    """A receiving store. ``body_limit`` is the most bytes it has not found too large, if it ever found some."""

    id: str
    slug: str
    config: StoreConfig
    sealed_secret: str
    paused: bool
    created_at: datetime
    body_limit: int | None
    refused_in_a_row: int

    @property
    def reader(self) -> str:
        """The name under which ``reader`` says how far it has come."""
        return reader_name(self.slug)


def reader_name(slug: str) -> str:
    """The name of a store's row in ``reader``."""
    return f"forward:{slug}"


def add_store(
    uow: UnitOfWork,
    sealer: Sealer,
    slug: str,
    config: StoreConfig,
    secret: str,
    *,
    from_beginning: bool = False,
    actor_id: str | None = None,
) -> str:
    """Forward statements to one more store, those stored from now on or all; its id. The input is checked already."""
    id = new_id()
    position = 0 if from_beginning else STATEMENTS.safe_position(uow)
    uow.connection.execute(
        sa.insert(receiving_store).values(
            id=id,
            slug=slug,
            sealed_secret=sealer.seal(secret),
            paused=False,
            created_at=uow.now,
            refused_in_a_row=0,
            **config.to_json(),
        )
    )
    uow.connection.execute(
        sa.insert(reader).values(name=reader_name(slug), log=STATEMENTS.name, position=position, failures=0)
    )
    _record(uow, id, slug, "added", {**config.to_json(), "from": position}, actor_id)
    return id


def change_store(
    uow: UnitOfWork,
    sealer: Sealer,
    slug: str,
    config: StoreConfig,
    secret: str = "",
    *,
    actor_id: str | None = None,
) -> None:
    """Change what is decided about a store; an empty secret keeps the one it has. It is tried again at once."""
    store = find_store(uow, slug)
    values = config.to_json() | {"body_limit": None, "refused_in_a_row": 0}
    if secret:
        values["sealed_secret"] = sealer.seal(secret)
    uow.connection.execute(sa.update(receiving_store).where(receiving_store.c.id == store.id).values(values))
    try_now(uow, store)
    _record(uow, store.id, slug, "changed", {**config.to_json(), "new_secret": bool(secret)}, actor_id)


def set_paused(uow: UnitOfWork, slug: str, *, paused: bool, actor_id: str | None = None) -> bool:
    """Stop or go on where it stopped; False when it already was so. Going on tries at once."""
    store = find_store(uow, slug)
    if store.paused == paused:
        return False
    uow.connection.execute(
        sa.update(receiving_store).where(receiving_store.c.id == store.id).values(paused=paused)
    )
    if not paused:
        try_now(uow, store)
    _record(uow, store.id, slug, "paused" if paused else "resumed", {}, actor_id)
    return True


def try_now(uow: UnitOfWork, store: ReceivingStore) -> None:
    """Do not wait any longer after a failure."""
    uow.connection.execute(sa.update(reader).where(reader.c.name == store.reader).values(retry_at=None))


def remove_store(uow: UnitOfWork, slug: str, *, actor_id: str | None = None) -> None:
    """Forward to it no more, and forget its secret and what it refused. What was delivered to it stays known."""
    store = find_store(uow, slug)
    uow.connection.execute(sa.delete(forward_parked).where(forward_parked.c.store_id == store.id))
    uow.connection.execute(sa.delete(reader).where(reader.c.name == store.reader))
    uow.connection.execute(
        sa.update(receiving_store)
        .where(receiving_store.c.id == store.id)
        .values(slug=store.id, sealed_secret="", removed_at=uow.now, lease=None, leased_until=None)
    )
    _record(uow, store.id, slug, "removed", {}, actor_id)


def find_store(uow: UnitOfWork, slug: str) -> ReceivingStore:
    """The store of this name that is not removed; Missing ``no_receiving_store``."""
    row = uow.connection.execute(
        sa.select(receiving_store).where(
            receiving_store.c.slug == slug, receiving_store.c.removed_at.is_(None)
        )
    ).one_or_none()
    if row is None:
        raise Missing("no_receiving_store", "There is no such receiving store.")
    return store_of(row)


def store_of(row: sa.Row[Any]) -> ReceivingStore:
    """The store a row of its table holds."""
    config = StoreConfig(
        row.name,
        row.endpoint,
        row.version,
        row.auth,
        row.key,
        row.token_url,
        row.scope,
        StatementFilter.from_json(row.filter),
        row.connection_id,
    )
    return ReceivingStore(
        row.id,
        row.slug,
        config,
        row.sealed_secret,
        row.paused,
        row.created_at,
        row.body_limit,
        row.refused_in_a_row,
    )


def _record(
    uow: UnitOfWork, id: str, slug: str, state: str, body: Mapping[str, Any], actor_id: str | None
) -> None:
    """Remember the change and who made it; never the secret."""
    record_changes(
        uow,
        [Change("receiving_store_changed", id, {"slug": slug, "state": state, **body}, actor_id=actor_id)],
    )
    audit(uow, f"receiving_store_{state}", id, actor_id=actor_id, detail={"slug": slug})
