"""Dimensions: the sides of the field, each with trees, representatives and managers of its own (B21)."""

from typing import Any

from hub.errors import BadInput, Conflict, Missing
from hub.network import tables
from hub.store import UnitOfWork

GENERAL = "general"
"""Built in, for goals that belong to no side of the field: without nodes, representatives and managers."""


def find_dimension(uow: UnitOfWork, key: str) -> Any:
    """The row of a dimension of the field, to say something new in it.

    Missing ``no_dimension``; BadInput ``built_in`` for the hub's own; Conflict ``dimension_closed``.
    """
    if key == GENERAL:
        raise BadInput(
            "built_in",
            f"The dimension {GENERAL} is built in: it has no nodes, representatives or managers.",
            "Choose another dimension.",
        )
    row = uow.find(tables.dimension, key=key)
    if row is None:
        raise Missing("no_dimension", f"There is no dimension {key}.")
    if row.closed_at is not None and row.closed_at <= uow.now:
        raise Conflict("dimension_closed", f"{row.name} is closed.", "Open it again first.")
    return row
