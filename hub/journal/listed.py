"""Lists that are read in pages, without counting: each page says where the next one begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

ROWS = 50

Row = TypeVar("Row")


@dataclass(frozen=True)
class Listed(Generic[Row]):
    """At most ROWS rows, the newest first. ``older`` is the ``before`` of the next ones, None after the last."""

    rows: tuple[Row, ...]
    older: str | None


def listed(rows: Sequence[Row], key: Callable[[Row], str], limit: int = ROWS) -> Listed[Row]:
    """A page from ``limit`` rows and, where there are more, one beyond."""
    shown = tuple(rows[:limit])
    return Listed(shown, key(shown[-1]) if len(rows) > limit else None)
