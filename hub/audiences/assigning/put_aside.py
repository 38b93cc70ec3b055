"""Who cannot be worked out holds nobody else up: found among the others, put aside with the error, tried again when asked to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.audiences import tables
from hub.errors import Missing
from hub.ids import is_id
from hub.journal import audit
from hub.logging import get_logger
from hub.network import tables as network
from hub.store import UnitOfWork

logger = get_logger(__name__)
TRIED_AGAIN = "assignment_tried_again"
MAX_ERROR = 1_000
NOBODYS_OWN = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.InternalError,
    sa.exc.ProgrammingError,
    sa.exc.TimeoutError,
)
"""Trouble of the database or of the schema: it passes, or holds everybody up whoever is put aside."""


@dataclass(frozen=True)
class PutAside:
    """Somebody whose goals stay as they were because working them out fails. ``error``: how, when it was tried last."""

    person_id: str
    name: str
    error: str
    failed_at: datetime


def each_for_themselves(
    uow: UnitOfWork, person_ids: Sequence[str], work: Callable[[Sequence[str]], None]
) -> dict[str, str]:
    """Do the work for all these people; the errors of those for whom it fails alone, by id: of them nothing is written.

    Trouble of the database itself, and what fails for each of several people, is nobody's own and goes on as it is.
    """
    failed: dict[str, Exception] = {}
    _split(uow, person_ids, work, failed)
    if 1 < len(person_ids) == len(failed):
        raise failed[person_ids[0]]
    for id, error in failed.items():
        logger.error("reassign_failed", person_id=id, exc_info=error)
    return {
        id: f"{type(error).__name__}: {error}"[:MAX_ERROR].replace("\0", "") for id, error in failed.items()
    }


def _split(
    uow: UnitOfWork,
    person_ids: Sequence[str],
    work: Callable[[Sequence[str]], None],
    failed: dict[str, Exception],
) -> None:
    try:
        with uow.connection.begin_nested():
            work(person_ids)
    except NOBODYS_OWN:
        raise
    except Exception as error:  # noqa: BLE001  (kept, and logged or raised once it is known whose it is)
        if len(person_ids) == 1:
            failed[person_ids[0]] = error
            return
        half = len(person_ids) // 2
        _split(uow, person_ids[:half], work, failed)
        _split(uow, person_ids[half:], work, failed)


def put_aside(uow: UnitOfWork, failed: Mapping[str, str]) -> None:
    """Let these people, by id with the error, wait no longer."""
    queue = tables.reassign_queue
    for id, error in failed.items():
        values = {"error": error, "failed_at": uow.now}
        uow.connection.execute(sa.update(queue).where(queue.c.person_id == id).values(**values))


def list_put_aside(uow: UnitOfWork, limit: int = 50) -> list[PutAside]:
    """Those who failed last, the newest first."""
    queue, detail = tables.reassign_queue, network.person_detail
    rows = uow.connection.execute(
        sa.select(queue, detail.c.given_name, detail.c.family_name)
        .outerjoin(detail, detail.c.person_id == queue.c.person_id)
        .where(queue.c.error.is_not(None))
        .order_by(queue.c.failed_at.desc(), queue.c.person_id)
        .limit(limit)
    )
    return [
        PutAside(
            row.person_id,
            f"{row.given_name or ''} {row.family_name or ''}".strip(),
            row.error,
            row.failed_at,
        )
        for row in rows
    ]


def count_put_aside(uow: UnitOfWork) -> int:
    """How many people were put aside."""
    queue = tables.reassign_queue
    aside = sa.select(sa.func.count()).select_from(queue).where(queue.c.error.is_not(None))
    return uow.connection.scalar(aside) or 0


def try_again(uow: UnitOfWork, person_id: str | None = None, *, actor_id: str | None = None) -> int:
    """Let somebody who was put aside, or everybody, wait again; how many. Missing ``no_person`` for who was not."""
    queue = tables.reassign_queue
    who = sa.true() if person_id is None else queue.c.person_id == person_id
    values = {"error": None, "failed_at": None, "since": uow.now}
    again = sa.update(queue).where(queue.c.error.is_not(None), who).values(**values)
    count = uow.connection.execute(again).rowcount if person_id is None or is_id(person_id) else 0
    if person_id is not None and not count:
        raise Missing("no_person", "Nobody like this was put aside.")
    if count:
        detail = {} if person_id else {"people": count}
        audit(uow, TRIED_AGAIN, person_id or "", actor_id=actor_id, detail=detail)
    return count
