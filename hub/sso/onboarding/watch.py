"""The watch: looks daily at what expires and tells the owners 30, 14, 7 and 1 days before; looks proofs of domains up again."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hub.limits import Limit
from hub.logging import get_logger
from hub.network.systems.connections import read_connection
from hub.network.views import names_of_connections
from hub.notify.letter import Value
from hub.runtime import Hub
from hub.sso.limits import take_turn
from hub.sso.onboarding.dns_proof import look_up
from hub.sso.onboarding.domains import LOST_FOR, Claim, due_domains, keep_answer, take_claim
from hub.sso.onboarding.expiries import SOON, look_at, look_at_own, next_connections
from hub.sso.onboarding.owners import tell_owners
from hub.sso.onboarding.tables import watched_expiry
from hub.sso.onboarding.watch_words import KINDS
from hub.store import UnitOfWork
from hub.words.phrase import say

logger = get_logger(__name__)
DAYS = (30, 14, 7, 1)
DAY = timedelta(days=1)
LOOKS = Limit("expiry_watch", 1, 20 * 3600)
"""One look a day, whichever worker takes it."""
PAUSE_SECONDS = 60.0
TELL = 100
"""Owners of so many things are told in one unit."""


def stage(expires_at: datetime, now: datetime) -> int | None:
    """Which of DAYS it is at, counted in whole days that are left; 0 once it has expired, None before the first."""
    if expires_at <= now:
        return 0
    reached = [days for days in DAYS if expires_at - now <= days * DAY]
    return min(reached) if reached else None


@dataclass
class Watch:
    """An errand of the worker, in a thread of its own, so that it delays no reader."""

    hub: Hub
    looked_at: datetime | None = None
    """When this process last saw to it that somebody looks."""

    def turn(self) -> bool:
        """Do what is due; whether there was anything."""
        now = self.hub.clock.now()
        looked = False
        if self.looked_at is None or now - self.looked_at >= DAY / 24:
            self.looked_at = now
            looked = take_turn(self.hub, LOOKS, "hub") and look(self.hub)
        return recheck_domains(self.hub) or looked

    def run(self, stop: threading.Event) -> None:
        """Do what is due until ``stop`` is set; what fails is logged and tried again."""
        while not stop.is_set():
            try:
                self.turn()
            except Exception:
                logger.exception("watch_failed")
            stop.wait(PAUSE_SECONDS)


def look(hub: Hub) -> bool:
    """Find anew everything that expires, and tell the owners; whether anybody was told."""
    look_everywhere(hub)
    told = 0
    while True:
        with hub.unit_of_work() as uow:
            handled, mails = tell_due(uow)
        told += mails
        if not handled:
            return told > 0


def look_everywhere(hub: Hub) -> None:
    """Find anew everything that expires, some connections in a unit, and tell nobody."""
    after = ""
    while True:
        with hub.unit_of_work() as uow:
            ids = next_connections(uow, after)
            if not ids:
                break
            look_at(uow, ids)
            after = ids[-1]
    with hub.unit_of_work() as uow:
        look_at_own(uow)


def tell_due(uow: UnitOfWork, limit: int = TELL) -> tuple[int, int]:
    """Tell the owners of what has come to its next stage, each stage once; how many things, and how many mails.

    Connections that are switched off are nobody's worry.
    """
    table = watched_expiry
    steps = [(table.c.expires_at <= uow.now, 0)]
    steps += [(table.c.expires_at <= uow.now + days * DAY, days) for days in sorted(DAYS)]
    at = sa.case(*steps, else_=None)
    due = sa.or_(table.c.told_days.is_(None), table.c.told_days > at)
    query = sa.select(table, at.label("at")).where(table.c.expires_at <= uow.now + SOON, due)
    rows = uow.connection.execute(query.order_by(table.c.expires_at).limit(limit)).all()
    mails = 0
    for row in rows:
        this = sa.update(table).where(table.c.key == row.key, table.c.expires_at == row.expires_at, due)
        if uow.connection.execute(this.values(told_days=row.at)).rowcount:
            mails += _tell(uow, row)
    return len(rows), mails


def recheck_domains(hub: Hub, limit: int = 20) -> bool:
    """Look up the proofs that are due; whether there were any. A worker that takes one keeps the others off it."""
    with hub.reading() as uow:
        due = due_domains(uow, limit)
    for claim in due:
        with hub.unit_of_work() as uow:
            if not take_claim(uow, claim):
                continue
        answer = look_up(hub.settings, claim.domain, claim.token)
        with hub.unit_of_work() as uow:
            after = keep_answer(uow, claim, answer.problem)
            if after.lost_at is not None and claim.lost_at is None:
                _tell_lost(uow, after)
    return bool(due)


def _tell(uow: UnitOfWork, row: sa.Row[tuple[object, ...]]) -> int:
    id: str | None = row.connection_id
    if id is not None and read_connection(uow, id).disabled:
        return 0
    name = names_of_connections(uow, [id]).get(id, "") if id else ""
    words = KINDS[row.kind]
    values: dict[str, Value] = {
        "what": say(words.words),
        "then": say(words.then),
        "change": say(words.change),
        "connection": name,
        "day": row.expires_at,
        "days": row.at,
    }
    return tell_owners(
        uow, id, "expiry", values, key=f"expiry:{row.key[:32]}:{row.expires_at:%Y%m%d}:{row.at}"
    )


def _tell_lost(uow: UnitOfWork, claim: Claim) -> None:
    connection = read_connection(uow, claim.connection_id)
    if connection.disabled or claim.lost_at is None:
        return
    values: dict[str, Value] = {
        "connection": connection.name,
        "domain": claim.domain,
        "record": claim.record_name,
        "value": claim.record_value,
        "day": claim.lost_at + LOST_FOR,
    }
    key = f"domain_lost:{claim.connection_id}:{claim.token}:{claim.lost_at:%Y%m%d%H%M}"
    tell_owners(uow, claim.connection_id, "domain_lost", values, key=key)
