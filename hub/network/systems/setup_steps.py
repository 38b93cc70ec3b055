"""Running one step of a setup link: in a unit of its own, and with one audit row where it is refused."""

from collections.abc import Callable
from typing import TypeVar

from hub.errors import HubError
from hub.network.systems.setup_links import ACTION
from hub.runtime import Hub
from hub.store import UnitOfWork

_Made = TypeVar("_Made")


def run_step(hub: Hub, step: Callable[[UnitOfWork], _Made]) -> _Made:
    """Run a step in a unit of its own; a refusal leaves one audit row."""

    def run() -> _Made:
        with hub.unit_of_work() as uow:
            return step(uow)

    return audited(hub, run)


def audited(hub: Hub, run: Callable[[], _Made]) -> _Made:
    """Run something; a refusal leaves one audit row."""
    try:
        return run()
    except HubError as error:
        hub.audit_refusal(ACTION, error.code)
        raise
