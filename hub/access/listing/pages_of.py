"""Long lists, page by page: each page goes on behind the id where the one before ended, whatever came or went meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
MAX_PAGE = 200


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list. ``next``: where the next page goes on; None on the last."""

    items: tuple[T, ...]
    next: str | None = None


@dataclass(frozen=True)
class Asked:
    """Which page is wanted: at most ``limit`` items behind the id ``after``; from the beginning where that is empty."""

    after: str = ""
    limit: int = 50


def part_of(query: sa.Select[Any], key: sa.ColumnElement[Any], asked: Asked) -> sa.Select[Any]:
    """The rows of a page, and one more that tells whether there is another; by ``key``, which is unique."""
    if asked.after:
        query = query.where(key > asked.after)
    return query.order_by(key).limit(asked.limit + 1)


def page_of(rows: Sequence[Any], asked: Asked, key: Callable[[Any], str]) -> tuple[Sequence[Any], str | None]:
    """The rows that belong to the page, and where the next goes on."""
    kept = rows[: asked.limit]
    return kept, key(kept[-1]) if len(rows) > asked.limit else None
