"""Writing many rows at once, the same way on SQLite and PostgreSQL."""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import UnitOfWork

Row = dict[str, object]
Item = TypeVar("Item")
OnConflict = Literal["fail", "keep", "update"]
IDS_PER_QUERY = 2_000


def insert_rows(
    uow: UnitOfWork, table: sa.Table, rows: Sequence[Row], on_conflict: OnConflict = "fail"
) -> None:
    """Insert rows that all have the same columns. Where one with the same primary key is there: fail, keep or update it."""
    if on_conflict == "fail":
        uow.execute_many(sa.insert(table), list(rows))
        return
    if not rows:
        return
    names = list(rows[0])
    insert = sqlite.insert(table) if uow.is_sqlite else postgresql.insert(table)
    key = [column.name for column in table.primary_key]
    rest = {name: insert.excluded[name] for name in names if name not in key}
    if on_conflict == "update" and rest:
        insert = insert.on_conflict_do_update(index_elements=key, set_=rest)
    else:
        insert = insert.on_conflict_do_nothing()
    if uow.is_sqlite:
        uow.connection.execute(insert, rows)
    else:
        uow.connection.execute(insert.from_select(names, _as_arrays(table, names, rows)))


def _as_arrays(table: sa.Table, names: Sequence[str], rows: Sequence[Row]) -> sa.Select[tuple[object, ...]]:
    """The rows as one parameter per column: PostgreSQL takes them several times quicker than one statement per row."""
    arrays = [
        sa.cast(sa.literal([row[name] for row in rows], array), array)
        for name, array in ((name, postgresql.ARRAY(table.c[name].type)) for name in names)
    ]
    unnested = sa.func.unnest(*arrays).table_valued(*names).render_derived()
    return sa.select(*(unnested.c[name] for name in names))


def replace_rows(
    uow: UnitOfWork, owner: sa.Column[str], owner_ids: Sequence[str], rows: Sequence[Row]
) -> None:
    """Let these be all rows of the column's table that belong to these owners."""
    for ids in in_batches(owner_ids, IDS_PER_QUERY):
        uow.connection.execute(sa.delete(owner.table).where(uow.among(owner, ids)))
    insert_rows(uow, owner.table, rows)


def in_batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in runs of at most ``size``, because databases limit the parameters of a query."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
