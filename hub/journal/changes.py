"""The journal of changes: roster, configuration, decisions of people and answers of plugins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.ids import new_id
from hub.journal import tables
from hub.journal.logs import CHANGES
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Change:
    """A fact about the world or about a decision, as a full snapshot of its subject. No personal data, only ids."""

    kind: str
    subject_id: str
    body: Mapping[str, Any]
    person_id: str | None = None
    actor_id: str | None = None


def record_changes(uow: UnitOfWork, changes: Iterable[Change]) -> None:
    """Append changes to the journal, in their order."""
    CHANGES.announce_append(uow)
    changes = list(changes)
    uow.recorded.update(c.kind for c in changes)
    uow.execute_many(
        sa.insert(tables.change),
        [
            {
                "id": new_id(),
                "kind": c.kind,
                "subject_id": c.subject_id,
                "person_id": c.person_id,
                "actor_id": c.actor_id,
                "at": uow.now,
                "body": c.body,
            }
            for c in changes
        ],
    )
