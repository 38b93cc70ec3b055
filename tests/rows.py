"""How many rows there are, asked once for all tables: tests that see that nothing was written ask before and after."""

from collections import Counter
from functools import cache

import sqlalchemy as sa

from hub.runtime import Hub
from hub.store import metadata


def count_rows(hub: Hub) -> Counter[str]:
    """The number of rows of each table, by its name."""
    with hub.reading() as uow:
        counts = uow.connection.exec_driver_sql(_of_all(len(metadata.tables)))
        return Counter({str(name): int(count) for name, count in counts})


@cache
def _of_all(tables: int) -> str:
    """The query, for as many tables as are known by now: rooms bring theirs when they are imported."""
    each = [f"SELECT '{name}', (SELECT count(*) FROM \"{name}\")" for name in sorted(metadata.tables)]
    return " UNION ALL ".join(each)


def every_row(hub: Hub) -> dict[str, list[str]]:
    """Every row of each table, as text: equal to that of another moment when nothing at all was written between them."""
    with hub.reading() as uow:
        return {
            table.name: sorted(map(repr, uow.connection.execute(sa.select(table))))
            for table in metadata.sorted_tables
        }
