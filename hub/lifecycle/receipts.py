"""Receipts of erasures: what was deleted, when and by whom, without a word about whom it was."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import content_hash, is_id
from hub.journal.plain import canonical_json
from hub.lifecycle import tables
from hub.store import UnitOfWork

MAX_LISTED = 50
UNSEALED = ("hash", "traces_removed_at")
"""Of the document, what its hash is not about."""


@dataclass(frozen=True)
class Receipt:
    """One erasure. ``person_id`` is the tombstone that stays, None for an actor the hub did not know.

    ``counts`` are rows by kind; ``sent_to`` says how many of the statements each receiving store had already, by its name.
    ``hash`` is the SHA-256 of all the rest as canonical JSON, empty until the erasure is finished. Only
    ``traces_removed_at`` is not in it: when the database's files were rid of the deleted bytes, which a worker does later;
    None while that is still to do.
    """

    id: str
    person_id: str | None
    actor_id: str | None
    began_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]
    sent_to: Mapping[str, int]
    hash: str = ""
    traces_removed_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The receipt as a document, with its hash."""
        return {
            **asdict(self),
            "began_at": self.began_at.isoformat(),
            "finished_at": _told(self.finished_at),
            "traces_removed_at": _told(self.traces_removed_at),
        }

    @property
    def is_genuine(self) -> bool:
        """Whether it says what it said when it was written."""
        return self.hash == seal_receipt(self).hash


def seal_receipt(receipt: Receipt) -> Receipt:
    """The receipt with the hash of what it says."""
    told = {name: value for name, value in receipt.as_json().items() if name not in UNSEALED}
    return replace(receipt, hash=content_hash(canonical_json(told)))


def receipt_of(row: sa.Row[Any]) -> Receipt:
    """A receipt from a row of the table."""
    return Receipt(
        row.id,
        row.person_id,
        row.actor_id,
        row.began_at,
        row.finished_at,
        dict(row.counts),
        dict(row.sent_to),
        row.receipt_hash,
        row.traces_removed_at,
    )


def list_receipts(uow: UnitOfWork) -> list[Receipt]:
    """The last MAX_LISTED erasures, unfinished ones too, the newest first."""
    table = tables.erasure
    rows = uow.connection.execute(sa.select(table).order_by(table.c.id.desc()).limit(MAX_LISTED))
    return [receipt_of(row) for row in rows]


def read_receipt(uow: UnitOfWork, erasure_id: str) -> Receipt:
    """One receipt; Missing when there is none."""
    table = tables.erasure
    row = (
        uow.connection.execute(sa.select(table).where(table.c.id == erasure_id)).one_or_none()
        if is_id(erasure_id)
        else None
    )
    if row is None:
        raise Missing("no_receipt", "There is no such erasure.")
    return receipt_of(row)


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
