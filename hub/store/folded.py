"""Texts as searches compare them: in lower case, in the same order on both databases."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_LAST_CHARACTER = "\U0010ffff"


class _Folded(FunctionElement[str]):
    """A text in lower case, in the order of its characters' numbers: so that an index finds how it begins."""

    type = sa.Text()
    name = "folded"
    inherit_cache = True


@compiles(_Folded)
def _fold(element: _Folded, compiler: SQLCompiler, **kw: Any) -> str:
    return f"lower({compiler.process(element.clauses, **kw)})"


@compiles(_Folded, "postgresql")
def _fold_on_postgres(element: _Folded, compiler: SQLCompiler, **kw: Any) -> str:
    return f'lower({compiler.process(element.clauses, **kw)}) COLLATE "C"'


def folded(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """A text as searches compare it."""
    return _Folded(column)


def begins(column: sa.ColumnElement[str], words: str) -> sa.ColumnElement[bool]:
    """Whether a text begins with these words, whatever the case, as an index on ``folded(column)`` finds it."""
    place = folded(column)
    return sa.and_(place >= folded(sa.literal(words)), place < folded(sa.literal(words + _LAST_CHARACTER)))
