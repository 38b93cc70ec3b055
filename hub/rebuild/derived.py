"""What is derived: the tables that the two journals alone decide, each as a query that leaves out when things were noted.

Left out on purpose: personal data and the files' names of things (not in the journals), what adapters keep for their
protocols, logs, positions and the outbox. A goal that nothing asks for any more is history, and so are its credits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.access.tables import partner_admin
from hub.audiences import tables as audiences
from hub.audiences.profiles import tables as profiles
from hub.journal import tables as journal
from hub.network import tables as network
from hub.training import tables as training


@dataclass(frozen=True)
class DerivedTable:
    """One table of the derived state. ``select`` takes a dimension, or None for all; ``key`` tells its rows apart."""

    name: str
    key: tuple[str, ...]
    select: Callable[[str | None], sa.Select[Any]]
    per_dimension: bool = False


def _whole(table: sa.Table, *left_out: str) -> DerivedTable:
    columns = [column for column in table.c if column.name not in left_out]
    key = tuple(column.name for column in table.primary_key)
    return DerivedTable(table.name, key, lambda _: sa.select(*columns))


def _of_dimension(table: sa.Table, node: str = "") -> DerivedTable:
    """A table with a dimension, or whose column ``node`` leads to one."""
    key = tuple(column.name for column in table.primary_key)

    def select(dimension: str | None) -> sa.Select[Any]:
        query = sa.select(*table.c)
        if dimension is None:
            return query
        if not node:
            return query.where(table.c.dimension == dimension)
        nodes = network.node
        return query.join(nodes, nodes.c.id == table.c[node]).where(nodes.c.dimension == dimension)

    return DerivedTable(table.name, key, select, per_dimension=True)


def _asked_for(dimension: str | None) -> sa.ColumnElement[bool]:
    """Goals with a source, of one dimension or of all."""
    goal, source = training.goal, training.goal_source
    asked = goal.c.id.in_(sa.select(source.c.goal_id))
    return asked if dimension is None else sa.and_(asked, goal.c.dimension == dimension)


def _goals(dimension: str | None) -> sa.Select[Any]:
    return sa.select(training.goal).where(_asked_for(dimension))


def _sources(dimension: str | None) -> sa.Select[Any]:
    goal, source = training.goal, training.goal_source
    return sa.select(source).join(goal, goal.c.id == source.c.goal_id).where(_asked_for(dimension))


def _waived(dimension: str | None) -> sa.Select[Any]:
    goal, source = training.goal, training.waived_source
    query = sa.select(source).join(goal, goal.c.id == source.c.goal_id)
    return query if dimension is None else query.where(goal.c.dimension == dimension)


def _credits(dimension: str | None) -> sa.Select[Any]:
    """What the ledger sums up to; a credit keeps the policy it was given under, so that is history too."""
    goal, ledger = training.goal, training.credit_ledger
    what = (ledger.c.goal_id, ledger.c.statement_id, ledger.c.completed_at)
    amount = sa.func.sum(ledger.c.amount)
    return (
        sa.select(*what, amount.label("amount"))
        .join(goal, goal.c.id == ledger.c.goal_id)
        .where(_asked_for(dimension))
        .group_by(*what)
        .having(amount != 0)
    )


def _voidings(_: str | None) -> sa.Select[Any]:
    # Of two statements that void the same one, which is kept depends on the order of arrival and means nothing.
    return sa.select(journal.voiding.c.target_id, journal.voiding.c.connection_id)


_NETWORK = (
    network.partner,
    network.partner_relationship,
    network.partner_link,
    network.brand,
    network.dimension,
    network.location,
    network.location_brand,
    network.position,
    network.person,
    network.appointment,
    network.appointment_brand,
    network.attribute_kind,
    network.attribute,
    network.connection,
    network.identity_link,
    network.removed_sign_in,
    network.email_domain,
    network.role_grant,
    partner_admin,
)
_AUDIENCES = (
    audiences.audience,
    audiences.audience_plugin,
    audiences.plugin_off,
    audiences.rule,
    audiences.opinion,
    audiences.asked,
    audiences.plugin_note,
    audiences.remote_question,
    profiles.audience_profile,
    profiles.workflow_action,
)

DERIVED: tuple[DerivedTable, ...] = (
    *map(_whole, _NETWORK),
    *map(_of_dimension, (network.node, network.location_node, network.rep_assignment)),
    *map(_of_dimension, (network.manager_relation, network.position_superior, training.goal_decision)),
    _of_dimension(network.node_parent, "node_id"),
    _of_dimension(network.node_closure, "descendant_id"),
    *map(_whole, (training.offering, training.path, training.path_step, training.completion_policy)),
    *map(_whole, _AUDIENCES),
    DerivedTable("voiding", ("target_id", "connection_id"), _voidings),
    _whole(training.waiting_statement, "since"),
    _whole(training.completion),
    DerivedTable("goal", ("id",), _goals, per_dimension=True),
    DerivedTable("goal_source", ("id",), _sources, per_dimension=True),
    DerivedTable("waived_source", ("id",), _waived, per_dimension=True),
    DerivedTable("credit", ("goal_id", "statement_id"), _credits, per_dimension=True),
)
