"""The names that a why tree needs, each kind looked up once."""

from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa

from hub.audiences.rules.conditions import AppointmentFacts, Conditions
from hub.audiences.rules.explain import Names
from hub.audiences.rules.rule import Rule, SwitchedPlugin
from hub.network import tables as network
from hub.network.attributes import read_kinds
from hub.store import UnitOfWork


def read_names(
    uow: UnitOfWork,
    facts: Collection[AppointmentFacts],
    rules: Sequence[Rule],
    switched: Sequence[SwitchedPlugin],
    everything: bool,
) -> Names:
    """Of what these appointments are, and what rules and audiences ask of them; ``everything`` as in ``Names``."""
    asked: list[Conditions] = [r.conditions for r in rules] + [s.audience.conditions for s in switched]
    wanted: Sequence[tuple[sa.Table, str, Iterable[str]]] = (
        (
            network.position,
            "title",
            [*(f.position_id for f in facts), *(i for c in asked for i in c.positions)],
        ),
        (
            network.brand,
            "name",
            [*(b.brand_id for f in facts for b in f.brands), *(i for c in asked for i in c.brands)],
        ),
        (network.node, "name", [i for c in asked for i in c.nodes]),
        (network.partner, "name", [*(f.partner_id for f in facts), *(i for c in asked for i in c.partners)]),
        (network.location, "name", [f.location_id for f in facts]),
    )
    by_id: dict[str, str] = {}
    for table, column, ids in wanted:
        named = sa.select(table.c.id, table.c[column]).where(uow.among(table.c.id, sorted(set(ids))))
        by_id |= {row[0]: row[1] for row in uow.connection.execute(named)}
    return Names(by_id, {key: kind.title for key, kind in read_kinds(uow).items()}, everything)
