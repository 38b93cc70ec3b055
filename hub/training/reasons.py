"""Why somebody has a goal, in words that name the appointment, the rule and the dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.network import tables as network
from hub.store import UnitOfWork, valid_at
from hub.training import tables


@dataclass(frozen=True)
class Reason:
    """One source of a goal. ``source_kind`` is rule or plugin, ``source_key`` the rule's key or the plugin's name.

    ``title`` is the rule's title or the plugin's own words. ``until`` is exclusive; None while nothing ends it.
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

    @property
    def role(self) -> str:
        """``Service Technician of Borealis at Riverside Motors``."""
        of_brands = f" of {' and '.join(self.brands)}" if self.brands else ""
        return f"{self.position}{of_brands} at {self.location}"

    @property
    def sentence(self) -> str:
        """``Service Technician of Borealis at Riverside, rule brake-safety, since 3 May 2026``."""
        by = f"rule {self.source_key}" if self.source_kind == "rule" else self.title
        until = f", until {_day(self.until)}" if self.until else ""
        return f"{self.role}, {by}, since {_day(self.since)}{until}"


def read_reasons(uow: UnitOfWork, goal_ids: Sequence[str]) -> dict[str, tuple[Reason, ...]]:
    """The live reasons of goals, the oldest first."""
    s, a, p = tables.goal_source, network.appointment, network.position
    location, partner = network.location, network.partner
    rows = uow.connection.execute(
        sa.select(
            s, p.c.title.label("position"), location.c.name.label("location"), partner.c.name.label("partner")
        )
        .join(a, a.c.id == s.c.appointment_id)
        .join(p, p.c.id == a.c.position_id)
        .join(location, location.c.id == a.c.location_id)
        .join(partner, partner.c.id == location.c.partner_id)
        .where(s.c.goal_id.in_(goal_ids), valid_at(s, uow.now))
        .order_by(s.c.valid_from, s.c.id)
    ).all()
    brands = _brand_names(uow, {id for row in rows for id in row.reason.get("brands", ())})
    found: dict[str, tuple[Reason, ...]] = {}
    for r in rows:
        reason = Reason(
            r.kind,
            r.source_key,
            r.version,
            r.reason.get("title") or r.reason.get("text", ""),
            r.position,
            tuple(sorted(brands[id] for id in r.reason.get("brands", ()))),
            r.location,
            r.partner,
            r.valid_from,
            r.valid_to,
            r.due_at,
        )
        found[r.goal_id] = (*found.get(r.goal_id, ()), reason)
    return found


def _brand_names(uow: UnitOfWork, ids: set[str]) -> dict[str, str]:
    brand = network.brand
    return {r.id: r.name for r in uow.connection.execute(sa.select(brand).where(brand.c.id.in_(ids)))}


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"
