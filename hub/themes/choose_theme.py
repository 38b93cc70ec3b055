"""Whose pages, mails and certificates look how: what is nearest to a person's appointments decides, where it says one thing (B11)."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import match
from hub.audiences.rules.rule import read_audience
from hub.network import tables as network
from hub.network.validity.in_force import in_force
from hub.network.validity.intervals import holds
from hub.store import UnitOfWork, valid_at
from hub.store.driver import Question
from hub.themes import tables
from hub.themes.theme import SCOPES, Theme, theme_of_row


def theme_of(uow: UnitOfWork, person_id: str) -> Theme | None:
    """The theme of a person now; None for the hub's own look.

    A location's theme goes before those of audiences, brands, the partner and the hub. Where appointments say different things
    at one level, that level decides nothing: who works for two brands sees neither's.
    """
    rows = _ASKED.ask_all(uow.connection, person_id=person_id, now=uow.now)
    return _nearest(uow, person_id, rows)


def theme_of_strangers(uow: UnitOfWork) -> Theme | None:
    """The look of pages for nobody in particular."""
    row = uow.find(tables.theme_use, scope="hub", subject="")
    return None if row is None else theme_of_row(uow.find(tables.theme, key=row.theme))


def _nearest(uow: UnitOfWork, person_id: str, rows: Sequence[Any]) -> Theme | None:
    themes = {row.key: theme_of_row(row) for row in rows}
    for scope in SCOPES if themes else ():
        said = {(row.subject, row.key) for row in rows if row.scope == scope}
        if scope == "audience":
            said = _of_audiences(uow, person_id, said | _of_profiles(uow, themes.keys()))
        keys = {key for _, key in said}
        if len(keys) == 1:
            return themes[keys.pop()]
    return None


def _of_profiles(uow: UnitOfWork, known: Collection[str]) -> set[tuple[str, str]]:
    """Audiences and their themes, as their profiles have it."""
    named = ((audience, setup.get("theme")) for audience, setup in read_setups(uow).items())
    return {(audience, theme) for audience, theme in named if theme in known}


def _of_audiences(uow: UnitOfWork, person_id: str, said: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of audiences that the person is in now."""
    appointments = read_facts(uow, [person_id]).get(person_id, ()) if said else ()
    found = set()
    for audience, theme in said if appointments else ():
        conditions = read_audience(uow, audience).conditions
        matches = filter(None, (match(conditions, facts) for facts in appointments))
        if any(holds(interval, uow.now) for each in matches for interval in each.during):
            found.add((audience, theme))
    return found


def _asked(now: Any, person_id: Any) -> sa.Select[Any]:
    """Every theme, with scope and subject where it may be the person's."""
    a, location, use = network.appointment, network.location, tables.theme_use
    of, carried = network.appointment_brand, network.location_brand
    mine = sa.and_(a.c.person_id == person_id, in_force(a, now))
    brands = (
        sa.select(_text(of.c.brand_id))
        .join(a, a.c.id == of.c.appointment_id)
        .join(carried, sa.and_(carried.c.location_id == a.c.location_id, carried.c.brand_id == of.c.brand_id))
        .where(mine, valid_at(carried, now))
    )
    partners = sa.select(_text(location.c.partner_id)).join(a, a.c.location_id == location.c.id).where(mine)
    of_scope = {
        "location": sa.select(_text(a.c.location_id)).where(mine),
        "brand": brands,
        "partner": partners,
    }
    near = [sa.and_(use.c.scope == scope, use.c.subject.in_(ids)) for scope, ids in of_scope.items()]
    mine_or_wide = sa.or_(use.c.scope == "audience", use.c.scope == "hub", *near)
    joined = tables.theme.outerjoin(use, sa.and_(use.c.theme == tables.theme.c.key, mine_or_wide))
    query = sa.select(tables.theme, use.c.scope, use.c.subject).select_from(joined)
    return query.order_by(tables.theme.c.key, use.c.scope, use.c.subject)


def _text(id: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    return sa.cast(id, sa.String(36))


_ASKED = Question(_asked(*(sa.bindparam(name) for name in ("now", "person_id"))))
