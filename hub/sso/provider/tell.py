"""Telling the systems behind the hub that a web session is over (OpenID Connect Back-Channel Logout 1.0)."""

from collections import Counter
from collections.abc import Collection

import sqlalchemy as sa

from hub.journal.outbox import Effect, enqueue_all
from hub.sso.provider.tables import oidc_client, oidc_grant
from hub.store import UnitOfWork

OIDC_LOGOUT = "oidc_logout"
"""The kind of delivery that ``hub.sso.provider.send_logout`` sends."""


def tell_clients(uow: UnitOfWork, session_ids: Collection[str]) -> int:
    """End what clients were given during these web sessions, and tell those that want to know; how many were told.

    ``session_ids`` are those of ``web_session.id``; the rows may be gone already. Access and refresh tokens are refused
    from this unit on, logout tokens follow from the outbox, one per client and session. Doing it again does nothing.
    """
    if not session_ids:
        return 0
    return end_grants(uow, uow.among(oidc_grant.c.session_id, list(session_ids)))


def plan_telling(uow: UnitOfWork, session_ids: Collection[str]) -> dict[str, int]:
    """How often ``tell_clients`` would tell of these sessions, by the connection that is told. Reads only."""
    grant = oidc_grant
    rows = uow.connection.execute(
        sa.select(grant.c.client_id, grant.c.sid)
        .where(uow.among(grant.c.session_id, list(session_ids)), grant.c.ended_at.is_(None))
        .distinct()
    ).all()
    wanting = _wanting(uow, {row.client_id for row in rows})
    return dict(Counter(wanting[row.client_id] for row in rows if row.client_id in wanting))


def end_grants(uow: UnitOfWork, which: sa.ColumnElement[bool]) -> int:
    """The same for a choice of grants."""
    ended = uow.connection.execute(
        sa.update(oidc_grant)
        .where(which, oidc_grant.c.ended_at.is_(None))
        .values(ended_at=uow.now)
        .returning(oidc_grant.c.client_id, oidc_grant.c.sid, oidc_grant.c.id)
    ).all()
    if not ended:
        return 0
    wanting = _wanting(uow, {row.client_id for row in ended})
    told = {(row.client_id, row.sid): row.id for row in ended if row.client_id in wanting}
    enqueue_all(
        uow,
        [
            Effect(
                OIDC_LOGOUT,
                wanting[client_id],
                f"{OIDC_LOGOUT}:{client_id}:{sid}",
                {"client_id": client_id, "sid": sid, "grant_id": grant_id},
            )
            for (client_id, sid), grant_id in sorted(told.items())
        ],
    )
    return len(told)


def _wanting(uow: UnitOfWork, client_ids: Collection[str]) -> dict[str, str]:
    """Connections by client, of those among these clients that are told."""
    client = oidc_client
    rows = uow.connection.execute(
        sa.select(client.c.client_id, client.c.connection_id).where(
            uow.among(client.c.client_id, list(client_ids)), client.c.logout_url != "", ~client.c.disabled
        )
    )
    return {row.client_id: row.connection_id for row in rows}
