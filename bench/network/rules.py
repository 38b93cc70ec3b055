"""Two hundred rules of the shapes that people write, over a catalogue of a hundred courses."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Rule, set_rule
from hub.network import tables as network
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import find_target, set_offerings

COURSES, RULES = 100, 200
SINCE = datetime(2024, 1, 1, tzinfo=UTC)
_FOR_MANY = 3


def add_rules(hub: Hub) -> None:
    """Make the courses and the rules."""
    with hub.unit_of_work() as uow:
        lms = create_connection(uow, "academy", "lms", "Academy")
        courses = [
            CatalogueRow(key, key, f"Course {key}", f"https://academy.example/{key}", minutes=20)
            for key in map(_course, range(COURSES))
        ]
        set_offerings(uow, lms, courses)
        words = _Words(uow)
        for number in range(RULES):
            set_rule(uow, rule(uow, number, words.conditions(number)))


def rule(uow: UnitOfWork, number: int, conditions: Conditions) -> Rule:
    """A rule for one of the courses."""
    return Rule(
        key=f"rule-{number}",
        title=f"Rule {number}",
        dimension=("sales", "service", "parts", "general")[number % 4],
        kind="brand",
        target_kind="offering",
        target_id=find_target(uow, "offering", _course(number % COURSES)),
        conditions=conditions,
        valid_from=SINCE,
        due_days=60,
    )


def _course(number: int) -> str:
    return f"course-{number}"


class _Words:
    """What conditions can name, in an order of its own."""

    def __init__(self, uow: UnitOfWork) -> None:
        position, node = network.position, network.node
        self._positions = _ids(uow, sa.select(position.c.id).order_by(position.c.title))
        self._brands = _ids(uow, sa.select(network.brand.c.id).order_by(network.brand.c.name))
        self._nodes = _ids(uow, sa.select(node.c.id).order_by(node.c.name, node.c.id))

    def conditions(self, number: int) -> Conditions:
        """Each fourth asks for brands, for a class, for a node or for tenure; a few are for nearly everybody."""
        positions = (_nth(self._positions, number),)
        brands = (_nth(self._brands, number),)
        if number < _FOR_MANY:
            return Conditions(audience_class="external", brands=brands)
        if number % 4 == 0:
            return Conditions(positions=positions, brands=brands)
        if number % 4 == 1:
            return Conditions(
                positions=(*positions, _nth(self._positions, number * 7 + 1)), audience_class="external"
            )
        if number % 4 == 2:
            return Conditions(positions=positions, nodes=(_nth(self._nodes, number * 13),))
        return Conditions(positions=positions, tenure_at_most=365)


def _ids(uow: UnitOfWork, query: sa.Select[Any]) -> list[str]:
    return list(uow.connection.scalars(query))


def _nth(ids: Sequence[str], number: int) -> str:
    return ids[number % len(ids)]
