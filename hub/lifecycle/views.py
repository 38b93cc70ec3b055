"""What the pages and commands show of rules. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from hub.lifecycle.rules import Rule
from hub.network import tables as network
from hub.network.views import names_of_connections
from hub.store import UnitOfWork


@dataclass(frozen=True)
class RuleWords:
    """A rule, and whose and which statements it is about, in words."""

    rule: Rule
    of: str


@dataclass(frozen=True)
class PartnerName:
    """A partner to choose."""

    id: str
    name: str


def words_of_rules(uow: UnitOfWork, rules: Sequence[Rule]) -> list[RuleWords]:
    """The rules in words."""
    connections = names_of_connections(uow, [rule.connection_id for rule in rules])
    partner = network.partner
    ids = [rule.partner_id for rule in rules if rule.partner_id]
    found = uow.connection.execute(sa.select(partner.c.id, partner.c.name).where(partner.c.id.in_(ids)))
    partners = {row.id: row.name for row in found}
    words = []
    for rule in rules:
        parts = [f"{rule.verb}" if rule.verb else "every verb"]
        if rule.connection_id:
            parts.append(f"from {connections.get(rule.connection_id, rule.connection_id)}")
        if rule.partner_id:
            parts.append(f"of {partners.get(rule.partner_id, rule.partner_id)}")
        words.append(RuleWords(rule, ", ".join(parts)))
    return words


def list_partners(uow: UnitOfWork) -> list[PartnerName]:
    """Partners that own a system, by name."""
    partner, connection = network.partner, network.connection
    owning = sa.select(connection.c.partner_id).where(connection.c.partner_id.is_not(None))
    rows = uow.connection.execute(
        sa.select(partner.c.id, partner.c.name).where(partner.c.id.in_(owning)).order_by(partner.c.name)
    )
    return [PartnerName(row.id, row.name) for row in rows]
