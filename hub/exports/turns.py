"""Whose turn it is to send a list: a lease that whoever sends renews, and that ends nobody else's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.errors import OutsideFailed
from hub.exports.queue import begin_day, begin_list, to_compare
from hub.exports.tables import export_queue, export_state, of_list
from hub.ids import new_id
from hub.store import UnitOfWork

PEOPLE = 200
LEASE = timedelta(minutes=5)
LONGEST_WAIT = 3600.0


class TurnLost(Exception):
    """Another worker sends the list by now: this one has been too slow, and must write nothing more."""


@dataclass(frozen=True)
class Turn:
    """The people whom one worker looks at for one list.

    ``news`` are those who changed, with when they were put there; ``compared``, those of the comparison that was at ``after``
    and had begun at ``compared_at``; it will be at ``then``.
    """

    plugin: str
    export: str
    lease: str
    news: Mapping[str, datetime]
    compared: tuple[str, ...]
    compared_at: datetime
    after: str | None
    then: str | None

    @property
    def people(self) -> list[str]:
        """All of them, by id."""
        return sorted({*self.news, *self.compared})


def take_turn(uow: UnitOfWork, plugin: str, export: str) -> Turn | None:
    """The next people, under a lease: those who changed before those who are compared.

    None while another sends, if the list must wait, and where there is nobody.
    """
    begin_list(uow, plugin, export)
    table = export_state
    free = sa.and_(table.c.leased_until <= uow.now, table.c.retry_at <= uow.now)
    query = sa.select(table).where(of_list(table, plugin, export), free).with_for_update(skip_locked=True)
    state = uow.connection.execute(query).one_or_none()
    if state is None:
        return None
    after = begin_day(uow, state)
    news = _news(uow, plugin, export)
    then, compared, room = after, list[str](), PEOPLE - len(news)
    if after is not None and room:
        compared = to_compare(uow, plugin, export, after, room)
        then = compared[-1] if len(compared) == room else None
    lease = new_id() if news or compared else None
    values: dict[str, Any] = {"lease": lease, "leased_until": uow.now + LEASE} if lease else {}
    if lease is None and after is not None:
        values = {"compare_after": None}
    if values:
        uow.connection.execute(sa.update(table).where(of_list(table, plugin, export)).values(values))
    if lease is None:
        return None
    begun = uow.now if after != state.compare_after else state.compared_at
    return Turn(plugin, export, lease, news, tuple(compared), begun, after, then)


def _news(uow: UnitOfWork, plugin: str, export: str) -> dict[str, datetime]:
    queue = export_queue
    query = sa.select(queue.c.person_id, queue.c.since).where(of_list(queue, plugin, export))
    rows = uow.connection.execute(query.order_by(queue.c.since, queue.c.person_id).limit(PEOPLE))
    return {row.person_id: row.since for row in rows}


def keep_turn(uow: UnitOfWork, turn: Turn, **values: object) -> None:
    """Renew the lease. TurnLost where another has it, and then nothing of this unit may be kept."""
    table = export_state
    mine = sa.and_(of_list(table, turn.plugin, turn.export), table.c.lease == turn.lease)
    renewed = sa.update(table).where(mine).values({"leased_until": uow.now + LEASE, **values})
    if uow.connection.execute(renewed).rowcount == 0:
        raise TurnLost


def end_turn(uow: UnitOfWork, turn: Turn) -> None:
    """Nobody of these waits any longer, but who was put there again meanwhile, or is to be compared from the beginning."""
    state, queue = export_state, export_queue
    unchanged = sa.and_(
        state.c.compare_after == turn.after,
        state.c.compared_at == sa.literal(turn.compared_at, state.c.compared_at.type),
    )
    then = sa.literal(turn.then, state.c.compare_after.type)
    keep_turn(
        uow,
        turn,
        lease=None,
        leased_until=uow.now,
        failures=0,
        last_error="",
        compare_after=sa.case((unchanged, then), else_=state.c.compare_after),
    )
    for since in sorted(set(turn.news.values())):
        ids = [id for id, at in turn.news.items() if at == since]
        done = sa.and_(of_list(queue, turn.plugin, turn.export), uow.among(queue.c.person_id, ids))
        uow.connection.execute(sa.delete(queue).where(done, queue.c.since == since))


def fail_turn(uow: UnitOfWork, turn: Turn, error: Exception) -> None:
    """Let the list wait, the longer the more often it has failed."""
    state = export_state
    mine = of_list(state, turn.plugin, turn.export)
    failures = (uow.connection.scalar(sa.select(state.c.failures).where(mine)) or 0) + 1
    asked = error.wait if isinstance(error, OutsideFailed) else 0.0
    wait = min(max(2.0 ** min(failures, 12), asked), LONGEST_WAIT)
    keep_turn(
        uow,
        turn,
        lease=None,
        leased_until=uow.now,
        failures=failures,
        retry_at=uow.now + timedelta(seconds=wait),
        last_error=f"{type(error).__name__}: {error}"[:2000],
    )
