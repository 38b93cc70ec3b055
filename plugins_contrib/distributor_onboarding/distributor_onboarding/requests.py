"""The table of requests: one for each appointment, with who asked, who decided, and when."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

COLUMNS = ("appointment_id", "person_id", "asked_by", "asked_at", "state", "decided_by", "decided_at")
TABLE = sa.table("plugin_distributor_onboarding_request", *(sa.column(name) for name in COLUMNS))
WAITING, APPROVED, DECLINED = "waiting", "approved", "declined"
CHUNK = 200


def ask(connection: sa.Connection, appointment_id: str, person_id: str, asked_by: str, at: datetime) -> bool:
    """Let somebody wait for a decision; False where that is so already, or it was approved."""
    known = read(connection, [appointment_id]).get(appointment_id)
    if known is not None and known.state != DECLINED:
        return False
    connection.execute(sa.delete(TABLE).where(TABLE.c.appointment_id == appointment_id))
    values = {
        "appointment_id": appointment_id,
        "person_id": person_id,
        "asked_by": asked_by,
        "asked_at": at.isoformat(),
        "state": WAITING,
    }
    connection.execute(sa.insert(TABLE).values(**values))
    return True


def decide(connection: sa.Connection, appointment_id: str, state: str, decided_by: str, at: datetime) -> bool:
    """Approve or decline what waits; False where nothing does: somebody else was quicker."""
    mine = sa.and_(TABLE.c.appointment_id == appointment_id, TABLE.c.state == WAITING)
    values = {"state": state, "decided_by": decided_by, "decided_at": at.isoformat()}
    return connection.execute(sa.update(TABLE).where(mine).values(**values)).rowcount == 1


def read(connection: sa.Connection, appointment_ids: Collection[str]) -> dict[str, sa.Row[Any]]:
    """The requests for these appointments, by their ids."""
    rows = connection.execute(sa.select(TABLE).where(TABLE.c.appointment_id.in_(list(appointment_ids))))
    return {row.appointment_id: row for row in rows}


def read_some(connection: sa.Connection, *, waiting: bool, after: str) -> list[sa.Row[Any]]:
    """CHUNK requests after a place: those that wait, the longest first; or the decided ones, the newest first."""
    at = TABLE.c.asked_at if waiting else TABLE.c.decided_at
    key = sa.tuple_(at, TABLE.c.appointment_id)
    query = sa.select(TABLE).limit(CHUNK)
    if waiting:
        query = query.where(TABLE.c.state == WAITING).order_by(at, TABLE.c.appointment_id)
    else:
        query = query.where(at.is_not(None)).order_by(at.desc(), TABLE.c.appointment_id.desc())
    if after:
        instant, _, appointment_id = after.partition(" ")
        last = sa.tuple_(sa.literal(instant), sa.literal(appointment_id))
        query = query.where(key > last if waiting else key < last)
    return list(connection.execute(query))


def place_of(row: sa.Row[Any], *, waiting: bool) -> str:
    """Where ``read_some`` goes on after a request."""
    return f"{row.asked_at if waiting else row.decided_at} {row.appointment_id}"


def rows_about(connection: sa.Connection, person_id: str) -> Iterator[Mapping[str, Any]]:
    """Somebody's own requests, and what they did in those of others, of whom nothing is said."""
    for row in connection.execute(sa.select(TABLE).where(TABLE.c.person_id == person_id)):
        yield {
            "request_for": row.appointment_id,
            "asked_at": row.asked_at,
            "state": row.state,
            "decided_at": row.decided_at,
        }
    for what, by, at in (
        ("asked for another", "asked_by", "asked_at"),
        ("decided", "decided_by", "decided_at"),
    ):
        theirs = sa.select(TABLE).where(TABLE.c[by] == person_id, TABLE.c.person_id != person_id)
        for row in connection.execute(theirs):
            yield {"did": what, "at": getattr(row, at)}


def erase_rows(connection: sa.Connection, person_id: str) -> tuple[int, int]:
    """How many requests of somebody went, and in how many of others they do not stand any more."""
    own = connection.execute(sa.delete(TABLE).where(TABLE.c.person_id == person_id)).rowcount
    others = 0
    for by in ("asked_by", "decided_by"):
        theirs = sa.update(TABLE).where(TABLE.c[by] == person_id).values({by: None})
        others += connection.execute(theirs).rowcount
    return own, others
