"""How many rows and buffers the database touches for a request, as its own EXPLAIN ANALYZE counts them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.app import create_app
from hub.runtime import Hub

Query = tuple[str, Any]


@dataclass(frozen=True)
class Touched:
    """Means over some requests."""

    rows: float
    buffers: float


def count_touched(hub: Hub, authorization: str, paths: Sequence[str]) -> Touched:
    """Ask for each path in this process, then let the database explain all it was asked for that."""
    rows = buffers = 0.0
    for queries in _queries(hub, authorization, paths):
        with hub.engine.connect() as connection:
            for text, parameters in queries:
                (plan,) = connection.exec_driver_sql(
                    f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {text}", parameters
                ).scalar_one()
                rows += sum(scanned(plan["Plan"]))
                buffers += plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
            connection.rollback()
    return Touched(rows / len(paths), buffers / len(paths))


def _queries(hub: Hub, authorization: str, paths: Sequence[str]) -> Iterator[list[Query]]:
    """The queries on tables of each request, when it is not the first of its kind."""
    client = create_app(hub).test_client()
    headers = {"Authorization": authorization, "X-Experience-API-Version": "1.0.3"}
    seen: list[Query] = []

    def note(_c: object, _cursor: object, text: str, parameters: Any, *_: object) -> None:
        if text.lstrip().upper().startswith(("SELECT", "WITH")) and "statement" in text:
            seen.append((text, parameters))

    for path in paths:
        client.get(path, headers=headers)
        sa.event.listen(hub.engine, "before_cursor_execute", note)
        try:
            answer = client.get(path, headers=headers)
        finally:
            sa.event.remove(hub.engine, "before_cursor_execute", note)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} was answered with {answer.status_code}: {answer.text[:200]}")
        yield list(seen)
        seen.clear()


def scanned(plan: dict[str, Any]) -> Iterator[float]:
    """Rows that the scans of tables and indexes gave, and those they read and threw away."""
    if "Relation Name" in plan or "Index Name" in plan:
        thrown_away = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        yield (plan["Actual Rows"] + thrown_away) * plan["Actual Loops"]
    for below in plan.get("Plans", ()):
        yield from scanned(below)
