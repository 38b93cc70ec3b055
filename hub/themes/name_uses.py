"""For whom a theme is, as people write it: partners and locations by their names, or as the network files call them."""

from collections.abc import Iterable

import sqlalchemy as sa

from hub.audiences.tables import audience
from hub.errors import BadInput, Problem
from hub.network import tables as network
from hub.network.importing.roster_keys import find_ids
from hub.store import UnitOfWork
from hub.store.folded import folded
from hub.themes.theme import Scope, Use

_TABLES = {"partner": network.partner, "location": network.location}


def find_uses(uow: UnitOfWork, scope: Scope, lines: Iterable[str]) -> frozenset[Use]:
    """The partners or locations that these lines name. BadInput ``bad_theme`` with each that is none, or several."""
    names = [line.strip() for line in lines if line.strip()]
    by_key = find_ids(uow, scope, names)
    table, found, problems = _TABLES[scope], set(), []
    for name in names:
        called = sa.select(table.c.id).where(folded(table.c.name) == folded(sa.literal(name))).limit(2)
        ids = [by_key[name]] if name in by_key else list(uow.connection.scalars(called))
        if len(ids) == 1:
            found.add(Use(scope, ids[0]))
        else:
            problems.append(Problem(f"{'several are' if ids else 'none is'} called {name}", f"{scope}s"))
    if problems:
        raise BadInput("bad_theme", "This cannot be a theme.", "", problems)
    return frozenset(found)


def brand_names(uow: UnitOfWork) -> dict[str, str]:
    """Every brand to choose from: names by id, in their order."""
    brand = network.brand
    rows = uow.connection.execute(sa.select(brand).order_by(brand.c.name, brand.c.id))
    return {row.id: row.name for row in rows}


def audience_names(uow: UnitOfWork) -> dict[str, str]:
    """Every audience to choose from: names by key, in their order."""
    rows = uow.connection.execute(sa.select(audience).order_by(audience.c.name, audience.c.key))
    return {row.key: row.name for row in rows}
