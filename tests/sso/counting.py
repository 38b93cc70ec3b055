"""What PostgreSQL touches for whatever a block asks: each statement is explained a moment before it runs, and undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

EXPLAINED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


@dataclass
class Touched:
    """Rows that scans gave or threw away, buffers, and how often an index was looked into."""

    statements: int = 0
    rows: float = 0
    buffers: int = 0
    visits: float = 0

    def add(self, plan: dict[str, Any]) -> None:
        """Count one statement's plan in."""
        self.statements += 1
        self.buffers += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        self._scan(plan)

    def _scan(self, plan: dict[str, Any]) -> None:
        if "Relation Name" in plan or "Index Name" in plan:
            left_out = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
            if plan["Node Type"] != "ModifyTable":
                self.rows += (plan["Actual Rows"] + left_out) * plan["Actual Loops"]
        if "Index Name" in plan:
            self.visits += plan["Actual Loops"]
        for below in plan.get("Plans", ()):
            self._scan(below)


@contextmanager
def counting(engine: sa.Engine, *, by_index: bool = False) -> Iterator[Touched]:
    """Count until the block ends, whatever connection of this engine it uses.

    ``by_index`` asks indexes where a table is so small that the database would rather read it as a whole.
    """
    touched = Touched()

    def explain(
        connection: sa.Connection, _: object, text: str, given: Any, __: object, is_many: object
    ) -> None:
        if not text.lstrip().upper().startswith(EXPLAINED):
            return
        driver: Any = connection.connection.driver_connection
        is_alone = driver.info.transaction_status.name == "IDLE"
        driver.execute("BEGIN" if is_alone else "SAVEPOINT counted")
        if by_index:
            driver.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off")
        for parameters in given if is_many else [given]:
            told = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {text}"
            touched.add(driver.execute(told, parameters or ()).fetchone()[0][0]["Plan"])
        driver.execute("ROLLBACK" if is_alone else "ROLLBACK TO SAVEPOINT counted")

    sa.event.listen(engine, "before_cursor_execute", explain)
    try:
        yield touched
    finally:
        sa.event.remove(engine, "before_cursor_execute", explain)
