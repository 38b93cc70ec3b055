"""Which statements a piece of work runs: walls and costs are seen by them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from hub.runtime import Hub


@contextmanager
def statements(hub: Hub) -> Iterator[list[str]]:
    """The statements that run meanwhile, in their order."""
    ran: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        ran.append(statement)

    sa.event.listen(hub.engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        sa.event.remove(hub.engine, "before_cursor_execute", note)
