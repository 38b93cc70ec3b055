"""Rows in the text that COPY reads."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from hub.store.copied import lines_of, written_as
from hub.store.types import Id, Json, Time

AT = datetime(2026, 5, 4, 9, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (sa.Text(), 'a\tb\\N\n\r"é', 'a\\tb\\\\N\\n\\r"é'),
        (sa.Text(), None, "\\N"),
        (Id(), "x\ty", "x\\ty"),
        (sa.Boolean(), False, "f"),
        (sa.Integer(), 7, "7"),
        (sa.Float(), 0.1, "0.1"),
        (sa.LargeBinary(), b"\x00\xff", "\\\\x00ff"),
        (Time(), AT, "2026-05-04T07:30:00+00:00"),
        (Json, {"a": ['"\n', None, 1 << 80]}, '{"a":["\\\\"\\\\n",null,1208925819614629174706176]}'),
        (Json, {"a": ["\t", 2]}, '{"a":["\\\\t",2]}'),
    ],
)
def test_values_are_written_as_copy_reads_them(
    kind: sa.types.TypeEngine[Any], value: object, written: str
) -> None:
    columns = [("n", written_as(sa.Integer())), ("v", written_as(kind))]
    rows = [{"n": 1, "v": value}, {"v": value, "n": 2}]
    assert lines_of(rows, columns) == f"1\t{written}\n2\t{written}\n"


def test_naive_instants_and_other_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        lines_of([{"at": datetime(2026, 5, 4)}], [("at", written_as(Time()))])  # noqa: DTZ001
    with pytest.raises(KeyError):
        lines_of([{"at": AT}, {"on": AT}], [("at", written_as(Time()))])
