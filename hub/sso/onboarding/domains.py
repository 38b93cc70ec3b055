"""Domains of a connection: claimed by its administrator, proved in the DNS or vouched for, and looked up again by themselves.

Only a domain that is proved or vouched for leads people to the connection. Several connections may prove the same one;
then people choose. A proof that has gone is told to the owners, and cut off a month later.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing, Problem
from hub.journal import Change, audit, record_changes
from hub.limits import Limit, count_request
from hub.network.systems.connections import read_connection, route_email_domain, unroute_email_domain
from hub.network.systems.mail_domains import ascii_domain, is_public
from hub.runtime import Hub
from hub.sso.limits import TooManyRequests
from hub.sso.onboarding.dns_proof import Answer, look_up, record_name, record_value
from hub.sso.onboarding.tables import domain_claim
from hub.store import UnitOfWork
from hub.store.insert import insert_once

ACTION = "domain"
MAX_DOMAINS = 100
"""Of one connection."""
AGAIN = timedelta(days=7)
LOST_AGAIN = timedelta(days=1)
OPEN_AGAIN = timedelta(hours=1)
LOST_FOR = timedelta(days=30)
"""How long a domain leads people on without its proof."""
CHECKS = Limit("domain_check", 30, 600)
"""Questions to the DNS in ten minutes, of one connection."""
ClaimState = Literal["open", "proved", "vouched", "lost"]


@dataclass(frozen=True)
class Claim:
    """A domain that a connection says is its own. ``problem`` is what the last look-up found wrong, as ``dns_proof.Found``."""

    domain: str
    connection_id: str
    token: str
    created_at: datetime
    checked_at: datetime | None
    problem: str
    proved_at: datetime | None
    lost_at: datetime | None
    vouched_at: datetime | None
    vouched_by: str | None
    check_at: datetime

    @property
    def state(self) -> ClaimState:
        """Whether it leads people: proved, vouched for and lost do, open does not."""
        if self.vouched_at:
            return "vouched"
        if self.proved_at:
            return "lost" if self.lost_at else "proved"
        return "open"

    @property
    def record_name(self) -> str:
        """Where the TXT record is to stand."""
        return record_name(self.domain)

    @property
    def record_value(self) -> str:
        """What it is to say."""
        return record_value(self.token)


def claim_domain(uow: UnitOfWork, connection_id: str, text: str, actor_id: str | None = None) -> Claim:
    """Note that a domain is to lead to this connection; it does not yet. The same again changes nothing.

    BadInput ``bad_domain`` or ``public_domain``; Conflict ``too_many_domains``.
    """
    domain = clean_domain(text)
    connection = read_connection(uow, connection_id)
    known = uow.find(domain_claim, domain=domain, connection_id=connection_id)
    if known is not None:
        return _claim(known)
    here = sa.select(sa.func.count()).where(domain_claim.c.connection_id == connection_id)
    if (uow.connection.scalar(here) or 0) >= MAX_DOMAINS:
        raise Conflict("too_many_domains", f"A connection has at most {MAX_DOMAINS} domains.")
    values = {
        "domain": domain,
        "connection_id": connection_id,
        "token": secrets.token_urlsafe(24),
        "created_at": uow.now,
        "problem": "",
        "check_at": uow.now + OPEN_AGAIN,
    }
    if insert_once(uow, domain_claim, **values):
        _note(uow, connection_id, domain, "claimed", actor_id, connection.partner_id)
    return read_domain(uow, connection_id, domain)


def clean_domain(text: str) -> str:
    """The domain as the DNS has it, from what somebody typed; BadInput ``bad_domain`` or ``public_domain``."""
    domain = ascii_domain(text.rpartition("@")[2])
    if not domain:
        raise BadInput(
            "bad_domain",
            "This is no domain of e-mail addresses.",
            "Enter what stands after the @, such as harbor-auto.example.",
            [Problem("must be like harbor-auto.example", "domain")],
        )
    if is_public(domain):
        raise BadInput(
            "public_domain",
            f"Anybody can have an address at {domain}.",
            "Enter a domain that is your company's own.",
            [Problem(f"anybody can have an address at {domain}", "domain")],
        )
    return domain


def check_domain(hub: Hub, connection_id: str, domain: str) -> tuple[Claim, Answer]:
    """Ask the DNS now and write what it says; the claim as it is then. All the network is here, outside any unit.

    Missing ``no_domain``; TooManyRequests.
    """
    with hub.reading() as uow:
        claim = read_domain(uow, connection_id, domain)
    if count_request(hub, CHECKS, connection_id) > CHECKS.times:
        raise TooManyRequests(CHECKS.seconds)
    answer = look_up(hub.settings, claim.domain, claim.token)
    with hub.unit_of_work() as uow:
        return keep_answer(uow, claim, answer.problem), answer


def keep_answer(uow: UnitOfWork, claim: Claim, problem: str) -> Claim:
    """Write what a look-up found; routes follow. A claim that was dropped in between stays dropped."""
    values: dict[str, Any] = {"checked_at": uow.now, "problem": problem, "check_at": uow.now + AGAIN}
    done = ""
    if not problem:
        done = "" if claim.proved_at and not claim.lost_at else "proved"
        values |= {"proved_at": claim.proved_at or uow.now, "lost_at": None}
    elif problem == "dns_failed" or claim.proved_at is None:
        # No answer proves nothing. Whoever has just claimed it is about to write the record.
        fresh = claim.created_at > uow.now - AGAIN
        values["check_at"] = uow.now + (OPEN_AGAIN if fresh else LOST_AGAIN)
    elif claim.lost_at is None:
        done, values["lost_at"] = "lost", uow.now
        values["check_at"] = uow.now + LOST_AGAIN
    elif claim.lost_at <= uow.now - LOST_FOR:
        done = "cut"
        values |= {"proved_at": None, "lost_at": None}
    else:
        values["check_at"] = uow.now + LOST_AGAIN
    if not _update(uow, claim, **values):
        return claim
    after = read_domain(uow, claim.connection_id, claim.domain)
    _route(uow, after)
    if done:
        _note(uow, claim.connection_id, claim.domain, done)
    return after


def vouch_for_domain(uow: UnitOfWork, connection_id: str, text: str, actor_id: str | None) -> Claim:
    """Let a domain lead to the connection on an operator's word; as ``claim_domain`` otherwise."""
    claim = claim_domain(uow, connection_id, text, actor_id)
    if claim.vouched_at is None:
        _update(uow, claim, vouched_at=uow.now, vouched_by=actor_id)
        claim = read_domain(uow, connection_id, claim.domain)
        _route(uow, claim)
        _note(uow, connection_id, claim.domain, "vouched", actor_id)
    return claim


def drop_domain(uow: UnitOfWork, connection_id: str, domain: str, actor_id: str | None = None) -> None:
    """Let a domain lead to the connection no longer, and forget its proof; Missing ``no_domain``."""
    claim = read_domain(uow, connection_id, domain)
    _note(uow, connection_id, claim.domain, "dropped", actor_id)
    unroute_email_domain(uow, connection_id, claim.domain)
    here = (domain_claim.c.connection_id == connection_id, domain_claim.c.domain == claim.domain)
    uow.connection.execute(sa.delete(domain_claim).where(*here))


def read_domain(uow: UnitOfWork, connection_id: str, domain: str) -> Claim:
    """The claim of this connection; Missing ``no_domain``."""
    row = uow.find(domain_claim, domain=domain, connection_id=connection_id)
    if row is None:
        raise Missing("no_domain", "The connection has no such domain.")
    return _claim(row)


def list_domains(uow: UnitOfWork, connection_id: str) -> list[Claim]:
    """All domains of a connection by name."""
    query = sa.select(domain_claim).where(domain_claim.c.connection_id == connection_id)
    return [_claim(row) for row in uow.connection.execute(query.order_by(domain_claim.c.domain))]


def due_domains(uow: UnitOfWork, limit: int = 50) -> list[Claim]:
    """Domains to look up now, the longest waiting first: none that an operator vouched for, and none given up on long ago."""
    table = domain_claim
    alive = sa.or_(table.c.proved_at.is_not(None), table.c.created_at > uow.now - LOST_FOR)
    query = sa.select(table).where(table.c.check_at <= uow.now, table.c.vouched_at.is_(None), alive)
    rows = uow.connection.execute(query.order_by(table.c.check_at).limit(limit))
    return [_claim(row) for row in rows]


def take_claim(uow: UnitOfWork, claim: Claim) -> bool:
    """Let no other worker look this one up meanwhile; whether it was still to be had."""
    table = domain_claim
    this = (table.c.domain == claim.domain, table.c.connection_id == claim.connection_id)
    taken = sa.update(table).where(*this, table.c.check_at == claim.check_at)
    return uow.connection.execute(taken.values(check_at=uow.now + OPEN_AGAIN)).rowcount == 1


def _route(uow: UnitOfWork, claim: Claim) -> None:
    if claim.state == "open":
        unroute_email_domain(uow, claim.connection_id, claim.domain)
    else:
        route_email_domain(uow, claim.connection_id, claim.domain)


def _update(uow: UnitOfWork, claim: Claim, **values: Any) -> bool:
    """Write columns; whether the claim, with this token, was still there."""
    table = domain_claim
    this = (table.c.domain == claim.domain, table.c.connection_id == claim.connection_id)
    updated = uow.connection.execute(
        sa.update(table).where(*this, table.c.token == claim.token).values(**values)
    )
    return updated.rowcount == 1


def _note(
    uow: UnitOfWork,
    connection_id: str,
    domain: str,
    done: str,
    actor_id: str | None = None,
    partner_id: str | None = None,
) -> None:
    body = {"domain": domain, "connection_id": connection_id, "done": done}
    record_changes(uow, [Change("domain_claim_changed", connection_id, body)])
    detail = {"done": done, "domain": domain}
    partner_id = partner_id or read_connection(uow, connection_id).partner_id
    audit(
        uow,
        ACTION,
        connection_id,
        actor_id=actor_id,
        partner_id=partner_id,
        connection_id=connection_id,
        detail=detail,
    )


def _claim(row: Any) -> Claim:
    return Claim(**{name: getattr(row, name) for name in Claim.__dataclass_fields__})
