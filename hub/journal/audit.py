"""The audit trail: who did what, or was refused and why. Ids and codes only, never personal data or secrets."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from hub.ids import new_id
from hub.journal import tables
from hub.store import UnitOfWork

MAX_SUBJECT = 200
LOOKER: ContextVar[str | None] = ContextVar("looker", default=None)
"""Who really acts, while somebody looks at the pages of another person: what is written meanwhile is theirs."""


def audit(
    uow: UnitOfWork,
    action: str,
    subject_id: str = "",
    *,
    refused: str = "",
    actor_id: str | None = None,
    partner_id: str | None = None,
    connection_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one row. ``refused`` is the reason code of a refusal, empty for what was done.

    A refused request rolls its own unit back; its row is written in a unit of its own (``Hub.audit_refusal``). Of
    ``subject_id``, which may be what somebody typed, MAX_SUBJECT characters are kept, without NUL, which PostgreSQL has not.
    """
    uow.insert(
        tables.audit,
        id=new_id(),
        at=uow.now,
        action=action,
        outcome="refused" if refused else "done",
        reason=refused,
        actor_id=LOOKER.get() or actor_id,
        partner_id=partner_id,
        connection_id=connection_id,
        subject_id=subject_id.replace("\0", "")[:MAX_SUBJECT],
        detail=dict(detail or {}),
    )
