"""One running hub: its settings, database, clock, plugins and way out, handed to whoever needs them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from hub.clock import Clock
from hub.config import Settings
from hub.hooks import Hooks
from hub.http import OutgoingHttp
from hub.journal import audit
from hub.sealing import Sealer
from hub.store import UnitOfWork, at_once, glance, unit_of_work
from hub.store.blobs import BlobStore


@dataclass(frozen=True)
class Hub:
    """Everything that lives as long as the process. ``hub.app.open_hub`` makes one."""

    settings: Settings
    engine: sa.Engine
    clock: Clock
    hooks: Hooks
    http: OutgoingHttp
    sealer: Sealer

    @cached_property
    def blobs(self) -> BlobStore:
        """Where attachments and course packages lie."""
        return BlobStore(self.settings)

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """A writing unit: all of it happens, or nothing."""
        with unit_of_work(self.engine, self.clock, self.settings, self.hooks, writes=True) as uow:
            yield uow

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """A reading unit: it sees what is committed and cannot write."""
        with unit_of_work(self.engine, self.clock, self.settings, self.hooks, writes=False) as uow:
            yield uow

    @contextmanager
    def glance(self) -> Iterator[UnitOfWork]:
        """For one query that needs no others around it, such as whose request this is: the quickest way to ask it."""
        with glance(self.engine, self.clock, self.settings, self.hooks) as uow:
            yield uow

    @contextmanager
    def at_once(self) -> Iterator[UnitOfWork]:
        """For one statement that writes and stays whatever comes after it: the quickest way to run it."""
        with at_once(self.engine, self.clock, self.settings, self.hooks) as uow:
            yield uow

    def audit_refusal(
        self,
        action: str,
        reason: str,
        subject_id: str = "",
        *,
        actor_id: str | None = None,
        partner_id: str | None = None,
        connection_id: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the one audit row of a refused request, in a unit of its own."""
        with self.unit_of_work() as uow:
            audit(
                uow,
                action,
                subject_id,
                refused=reason,
                actor_id=actor_id,
                partner_id=partner_id,
                connection_id=connection_id,
                detail=detail,
            )

    def close(self) -> None:
        """Give the database connections back."""
        self.engine.dispose()
