"""What a client did lately: every write and refusal, and a read a minute; gone after a week."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.ids import new_id
from hub.runtime import Hub
from hub.sso.scim.caller import Caller
from hub.sso.scim.tables import scim_request
from hub.store import UnitOfWork

KEPT = timedelta(days=7)
_KNOWN = re.compile(r"/(Users|Groups|Bulk|Me|Schemas|ResourceTypes|ServiceProviderConfig|\.search)?(/.*)?")


@dataclass(frozen=True)
class Happened:
    """One request. ``code`` is empty when it was done."""

    at: datetime
    method: str
    path: str
    status: int
    code: str
    detail: str


def remember(
    hub: Hub, caller: Caller, method: str, path: str, status: int, code: str = "", detail: str = ""
) -> None:
    """Keep one request, without what it says about people."""
    with hub.unit_of_work() as uow:
        uow.insert(
            scim_request,
            id=new_id(),
            connection_id=caller.connection_id,
            at=uow.now,
            method=method[:8],
            path=without_ids(path),
            status=status,
            code=code[:40],
            detail=detail[:300],
            expires_at=uow.now + KEPT,
        )


def last_requests(uow: UnitOfWork, connection_id: str, limit: int) -> list[Happened]:
    """The newest requests of a client."""
    table = scim_request
    query = (
        sa.select(*(table.c[name] for name in Happened.__dataclass_fields__))
        .where(table.c.connection_id == connection_id)
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(limit)
    )
    return [Happened(*row) for row in uow.connection.execute(query)]


def without_ids(path: str) -> str:
    """The path with ``...`` for whatever follows the resource, such as ``/Users/...``."""
    match = _KNOWN.fullmatch(path)
    if match is None:
        return "/..."
    return f"/{match[1] or ''}" + ("/..." if match[2] and match[2] != "/" else "")
