"""Which columns hold what is sealed: those that say so, by a name that begins with ``sealed_`` or in their comment."""

import re
from collections.abc import Iterator

import sqlalchemy as sa

_SAYS_SO = re.compile(r"\bsealed\b")


def sealed_columns(metadata: sa.MetaData) -> Iterator[sa.Column[str]]:
    """Every such column of text, in order of tables. An empty text or null in one of them is nothing sealed."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            says_so = column.name.startswith("sealed_") or _SAYS_SO.search(column.comment or "")
            if says_so and isinstance(column.type, sa.String):
                yield column
