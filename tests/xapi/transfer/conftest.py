"""A hub with statements, its record store, and a second hub that is empty."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from tests.xapi.rig import Store, open_store


@pytest.fixture
def other_hub(new_database: Callable[..., str], clock: SettableClock, tmp_path: Path) -> Iterator[Hub]:
    """An empty hub of its own, on the same kind of database."""
    settings = Settings(
        database_url=new_database(),
        secret_key="only-for-tests-0123456789abcdefghij",
        storage_url=f"file:{tmp_path}/other-files",
        public_url="http://127.0.0.1:8001",
    )
    opened = open_hub(settings, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def there(other_hub: Hub) -> Store:
    """The record store of the empty hub, as one system sees it."""
    with other_hub.unit_of_work() as uow:
        connection_id = create_connection(uow, "archive", "lms", "Archive")
    return open_store(other_hub, connection_id)
