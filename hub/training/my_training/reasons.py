"""Why somebody has a goal, in words that name the appointment, the rule and the dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.network import tables as network
from hub.store import UnitOfWork, valid_at
from hub.training import tables
from hub.training.goals.decisions import Words, read_words
from hub.words.phrase import say


@dataclass(frozen=True)
class Reason:
    """One source of a goal. ``source_kind`` is rule, plugin, manager or self; ``source_key`` the rule's key, the plugin's name
    or the id of the decision.

    ``title`` is the rule's title, the plugin's own words, or who gave the goal. What one chose oneself rests on no appointment:
    ``position``, ``location`` and ``partner`` are empty. ``until`` is exclusive; None while nothing ends it. ``words`` are the manager's.
    """

    source_kind: str
    source_key: str
    version: str
    title: str
    position: str
    brands: tuple[str, ...]
    location: str
    partner: str
    since: datetime
    until: datetime | None
    due_at: datetime | None
    words: str = ""
    appointment_id: str | None = None

    @property
    def role(self) -> str:
        """``Service Technician of Borealis at Riverside Motors``; empty without an appointment."""
        if not self.position:
            return ""
        of_brands = f" of {' and '.join(self.brands)}" if self.brands else ""
        return f"{self.position}{of_brands} at {self.location}"

    @property
    def sentence(self) -> str:
        """``Service Technician of Borealis at Riverside, rule brake-safety, since 3 May 2026``."""
        by = {"rule": f"rule {self.source_key}", "manager": f"given by {self.title}"}
        until = f", until {_day(self.until)}" if self.until else ""
        role = f"{self.role}, " if self.role else ""
        return f"{role}{by.get(self.source_kind, self.title)}, since {_day(self.since)}{until}"


def read_reasons(uow: UnitOfWork, goal_ids: Sequence[str]) -> dict[str, tuple[Reason, ...]]:
    """The live reasons of goals, the oldest first."""
    return _read(uow, tables.goal_source, goal_ids)


def read_waived_reasons(uow: UnitOfWork, goal_ids: Sequence[str]) -> dict[str, tuple[Reason, ...]]:
    """What would ask for goals now if nobody had waived them."""
    return _read(uow, tables.waived_source, goal_ids)


def _read(uow: UnitOfWork, s: sa.Table, goal_ids: Sequence[str]) -> dict[str, tuple[Reason, ...]]:
    a, p, location, partner = network.appointment, network.position, network.location, network.partner
    rows = uow.connection.execute(
        sa.select(
            s, p.c.title.label("position"), location.c.name.label("location"), partner.c.name.label("partner")
        )
        .outerjoin(a, a.c.id == s.c.appointment_id)
        .outerjoin(p, p.c.id == a.c.position_id)
        .outerjoin(location, location.c.id == a.c.location_id)
        .outerjoin(partner, partner.c.id == location.c.partner_id)
        .where(s.c.goal_id.in_(goal_ids), valid_at(s, uow.now))
        .order_by(s.c.valid_from, s.c.id)
    ).all()
    decided = _decided(uow, rows)
    brands = _brand_names(uow, {id for row in rows for id in row.reason.get("brands", ())})
    found: dict[str, tuple[Reason, ...]] = {}
    for r in rows:
        reason = Reason(
            r.kind,
            r.source_key,
            r.version,
            _title(r, decided),
            r.position or "",
            tuple(sorted(brands[id] for id in r.reason.get("brands", ()))),
            r.location or "",
            r.partner or "",
            r.valid_from,
            r.valid_to,
            r.due_at,
            decided[r.source_key].reason if r.source_key in decided else "",
            r.appointment_id,
        )
        found[r.goal_id] = (*found.get(r.goal_id, ()), reason)
    return found


def _decided(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> dict[str, Words]:
    return read_words(uow, {row.source_key for row in rows if row.kind in ("manager", "self")})


def _title(row: sa.Row[Any], decided: Mapping[str, Words]) -> str:
    if row.kind == "self":
        return say("chosen by yourself")
    if row.kind == "manager":
        return (decided[row.source_key].by if row.source_key in decided else "") or say("a manager")
    return str(row.reason.get("title") or row.reason.get("text", ""))


def _brand_names(uow: UnitOfWork, ids: set[str]) -> dict[str, str]:
    brand = network.brand
    return {r.id: r.name for r in uow.connection.execute(sa.select(brand).where(brand.c.id.in_(ids)))}


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"
