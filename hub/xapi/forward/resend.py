"""Sending again what was refused once, when a person asked for it; with the same ids."""

from dataclasses import dataclass

import sqlalchemy as sa

from hub.runtime import Hub
from hub.xapi.forward import lease
from hub.xapi.forward.bodies import load_statements, take_first, with_files
from hub.xapi.forward.client import StoreClient
from hub.xapi.forward.lease import DELIVERED, DISMISSED, PARKED, WAITING, Hold
from hub.xapi.forward.outcome import Outcome, Verdict, send_batch
from hub.xapi.forward.tables import forward_parked

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a request; a single statement may have more."""
ERASED = "It is no longer stored, so it cannot be sent again."


@dataclass(frozen=True)
class Resent:
    """How many were settled, and how the receiver failed, if it did."""

    settled: int = 0
    failure: Outcome | None = None


def resend_waiting(hub: Hub, client: StoreClient, hold: Hold, batch_size: int) -> Resent:
    """Send one batch of what waits to be sent again. What is refused again is parked again, with the new reason."""
    p, limit = forward_parked, hold.store.body_limit or MAX_BODY
    with hub.reading() as uow:
        positions = list(
            uow.connection.scalars(
                sa.select(p.c.position)
                .where(p.c.store_id == hold.store.id, p.c.state == WAITING)
                .order_by(p.c.position)
                .limit(batch_size)
            )
        )
        found = load_statements(uow, positions, limit)
    if not positions:
        return Resent()
    batch = with_files(hub, take_first(found, len(found), limit))
    if not batch.statements:
        return Resent(_settle(hub, hold, positions, DISMISSED, Outcome(Verdict.REFUSED, reason=ERASED)))
    outcome = send_batch(client, hub.blobs, hold.store, batch)
    if outcome.verdict is Verdict.DOWN:
        return Resent(failure=outcome)
    if outcome.verdict is Verdict.DELIVERED:
        return Resent(_settle(hub, hold, batch.positions, DELIVERED, outcome))
    if len(batch.statements) > 1:
        return _one_by_one(hub, client, hold, batch.positions)
    return Resent(_settle(hub, hold, batch.positions, PARKED, outcome))


def _one_by_one(hub: Hub, client: StoreClient, hold: Hold, positions: list[int]) -> Resent:
    """Every one of these has been refused before, so each is asked about alone."""
    settled = 0
    for position in positions:
        with hub.reading() as uow:
            found = load_statements(uow, [position], MAX_BODY)
        batch = with_files(hub, found)
        if not batch.statements:
            continue  # erased a moment ago; the next turn sees it
        outcome = send_batch(client, hub.blobs, hold.store, batch)
        if outcome.verdict is Verdict.DOWN:
            return Resent(settled, outcome)
        state = DELIVERED if outcome.verdict is Verdict.DELIVERED else PARKED
        settled += _settle(hub, hold, [position], state, outcome)
    return Resent(settled)


def _settle(hub: Hub, hold: Hold, positions: list[int], state: str, outcome: Outcome) -> int:
    p = forward_parked
    with hub.unit_of_work() as uow:
        lease.renew(uow, hold)
        values = {"state": state, "attempts": p.c.attempts + 1, "parked_at": uow.now}
        if state != PARKED:
            values |= {"settled_at": uow.now}
        if state != DELIVERED:
            values |= {"status": outcome.status, "reason": outcome.reason}
        uow.connection.execute(
            sa.update(p)
            .where(p.c.store_id == hold.store.id, p.c.position.in_(positions), p.c.state == WAITING)
            .values(values)
        )
    return len(positions)
