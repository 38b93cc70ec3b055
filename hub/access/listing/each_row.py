"""Many small changes in one unit, each for itself: what is refused leaves no trace and hinders none of the others."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from hub.errors import HubError
from hub.store import UnitOfWork

Row = TypeVar("Row")
Result = TypeVar("Result")


def each_row(
    uow: UnitOfWork, rows: Sequence[Row], change: Callable[[Row], Result]
) -> Iterator[Result | HubError]:
    """What ``change`` gave for each row, in order, or why it was refused."""
    for row in rows:
        savepoint = uow.connection.begin_nested()
        try:
            result = change(row)
        except HubError as error:
            savepoint.rollback()
            yield error
        else:
            savepoint.commit()
            yield result
