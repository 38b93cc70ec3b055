"""Audiences with their members, and rules, as a program sees them. Reads only.

Operators see all of it. A partner sees what may concern it: audiences and live rules that are not for other partners alone, without
their conditions, which may name others; and of the members its own people, in appointments at its own locations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.listing.pages_of import Asked, Page
from hub.access.reach import Reach, sight_of
from hub.audiences import tables
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.reassign import people_matching
from hub.audiences.rules.conditions import AppointmentFacts, Conditions, match
from hub.audiences.rules.rule import Audience, Rule, read_rules
from hub.errors import Missing
from hub.network import tables as network
from hub.network.validity.intervals import holds
from hub.store import UnitOfWork
from hub.store.folded import begins

LOOKED_AT = 1000
"""So many who may belong to an audience are looked at for one page; a page may be short, and still not be the last."""
CHUNK = 250


@dataclass(frozen=True)
class AudienceSeen:
    """An audience. ``conditions`` and ``provisioning`` are None for partners."""

    key: str
    name: str
    conditions: dict[str, Any] | None
    provisioning: tuple[str, ...] | None


@dataclass(frozen=True)
class MemberSeen:
    """Somebody in an audience, by these appointments."""

    person_id: str
    given_name: str
    family_name: str
    appointment_ids: tuple[str, ...]


@dataclass(frozen=True)
class RuleSeen:
    """A rule. ``conditions`` is None for partners."""

    key: str
    title: str
    status: str
    version: int
    dimension: str
    kind: str
    target_kind: str
    target_id: str
    due_days: int | None
    look_back_days: int | None
    valid_from: datetime
    valid_to: datetime | None
    conditions: dict[str, Any] | None


def list_audiences(uow: UnitOfWork, reach: Reach, asked: Asked) -> Page[AudienceSeen]:
    """Audiences by their keys."""
    rows = uow.connection.execute(sa.select(tables.audience).order_by(tables.audience.c.key)).all()
    seen = [_audience(one, reach) for one in map(Audience.of, rows) if _concerns(one.conditions, reach)]
    return _page(seen, asked)


def read_audience_seen(uow: UnitOfWork, reach: Reach, key: str) -> AudienceSeen:
    """One audience. Missing ``no_audience``, also for one that is for other partners alone."""
    return _audience(_find_audience(uow, reach, key), reach)


def list_rules(
    uow: UnitOfWork, reach: Reach, asked: Asked, *, dimension: str = "", status: str = ""
) -> Page[RuleSeen]:
    """Rules by their keys."""
    seen = [_rule(rule, reach) for rule in read_rules(uow) if _may_see(rule, reach)]
    wanted = [rule for rule in seen if dimension in ("", rule.dimension) and status in ("", rule.status)]
    return _page(sorted(wanted, key=lambda rule: rule.key), asked)


def read_rule_seen(uow: UnitOfWork, reach: Reach, key: str) -> RuleSeen:
    """One rule. Missing ``no_rule``, also for one that is for other partners alone."""
    found = next((rule for rule in read_rules(uow) if rule.key == key and _may_see(rule, reach)), None)
    if found is None:
        raise Missing("no_rule", "There is no such rule.")
    return _rule(found, reach)


def list_members(
    uow: UnitOfWork, reach: Reach, key: str, at: datetime, asked: Asked, words: str = ""
) -> Page[MemberSeen]:
    """Who is in an audience at an instant, if ``words`` are given those whose given or family name begins with them.

    Missing ``no_audience``. LOOKED_AT says why a page may be short.
    """
    conditions = _find_audience(uow, reach, key).conditions
    found: list[MemberSeen] = []
    after, looked_at = asked.after, 0
    while looked_at < LOOKED_AT:
        ids = _candidates(uow, reach, conditions, after, words)
        facts = read_facts(uow, ids) if ids else {}
        names = _names(uow, ids)
        for person_id in ids:
            mine = [each.id for each in facts.get(person_id, ()) if _is_in(conditions, each, reach, at)]
            if mine and len(found) == asked.limit:
                return Page(tuple(found), found[-1].person_id)
            if mine:
                found.append(MemberSeen(person_id, *names.get(person_id, ("", "")), tuple(sorted(mine))))
        if len(ids) < CHUNK:
            return Page(tuple(found))
        after, looked_at = ids[-1], looked_at + len(ids)
    return Page(tuple(found), after)


def _find_audience(uow: UnitOfWork, reach: Reach, key: str) -> Audience:
    row = uow.find(tables.audience, key=key)
    audience = Audience.of(row) if row is not None else None
    if audience is None or not _concerns(audience.conditions, reach):
        raise Missing("no_audience", "There is no such audience.")
    return audience


def _concerns(conditions: Conditions, reach: Reach) -> bool:
    return reach.kind == "operator" or not conditions.partners or reach.id in conditions.partners


def _may_see(rule: Rule, reach: Reach) -> bool:
    return reach.kind == "operator" or (rule.status == "live" and _concerns(rule.conditions, reach))


def _audience(audience: Audience, reach: Reach) -> AudienceSeen:
    whole = reach.kind == "operator"
    return AudienceSeen(
        audience.key,
        audience.name,
        audience.conditions.to_json() if whole else None,
        audience.provisioning if whole else None,
    )


def _rule(rule: Rule, reach: Reach) -> RuleSeen:
    return RuleSeen(
        rule.key,
        rule.title,
        rule.status,
        rule.version,
        rule.dimension,
        rule.kind,
        rule.target_kind,
        rule.target_id,
        rule.due_days,
        rule.look_back_days,
        rule.valid_from,
        rule.valid_to,
        rule.conditions.to_json() if reach.kind == "operator" else None,
    )


def _page(items: Sequence[Any], asked: Asked) -> Page[Any]:
    """Of things that are few: they are configured, one by one."""
    rest = [item for item in items if item.key > asked.after]
    kept = tuple(rest[: asked.limit])
    return Page(kept, kept[-1].key if len(rest) > asked.limit else None)


def _candidates(uow: UnitOfWork, reach: Reach, conditions: Conditions, after: str, words: str) -> list[str]:
    a, person = network.appointment, network.person
    query = people_matching(conditions)
    if words:
        detail = network.person_detail
        named = sa.or_(begins(detail.c.given_name, words), begins(detail.c.family_name, words))
        query = query.where(a.c.person_id.in_(sa.select(detail.c.person_id).where(named)))
    if reach.kind != "operator":
        sight = sight_of(uow, reach)
        query = query.where(sight.appointments, a.c.person_id.in_(sa.select(person.c.id).where(sight.people)))
    if after:
        query = query.where(a.c.person_id > after)
    return list(uow.connection.scalars(query.order_by(a.c.person_id).limit(CHUNK)))


def _is_in(conditions: Conditions, facts: AppointmentFacts, reach: Reach, at: datetime) -> bool:
    if reach.kind == "partner" and facts.partner_id != reach.id:
        return False
    found = match(conditions, facts)
    return found is not None and any(holds(interval, at) for interval in found.during)


def _names(uow: UnitOfWork, person_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    detail = network.person_detail
    rows = uow.connection.execute(
        sa.select(detail.c.person_id, detail.c.given_name, detail.c.family_name).where(
            uow.among(detail.c.person_id, person_ids)
        )
    )
    return {row.person_id: (row.given_name, row.family_name) for row in rows}
