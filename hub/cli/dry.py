"""A hub whose writing units happen and are then undone: for commands that show what would come of something."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

from hub.plugin_data.storage import lend_storage
from hub.runtime import Hub
from hub.store import UnitOfWork


class _Undone(Exception):
    """Ends a unit as if it had failed."""


@dataclass(frozen=True)
class DryHub(Hub):
    """Reads what is; what it writes is there until the end of the unit in which it is written."""

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """A writing unit that is rolled back at its end."""
        try:
            with super().unit_of_work() as uow:
                yield uow
                raise _Undone
        except _Undone:
            pass

    @contextmanager
    def at_once(self) -> Iterator[UnitOfWork]:
        """The same: nothing stays."""
        with self.unit_of_work() as uow:
            yield uow


def dry(hub: Hub) -> DryHub:
    """The same hub, with nothing coming of what it does in its own database, nor of what its plugins do there from now on."""
    undone = DryHub(**{field.name: getattr(hub, field.name) for field in fields(hub)})
    lend_storage(undone)
    return undone
