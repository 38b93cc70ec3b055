"""A hub whose record store two systems may use."""

import pytest

from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.xapi.callers.credentials import ALL
from tests.xapi.rig import Store, open_store


@pytest.fixture
def store(hub: Hub) -> Store:
    """The record store as LMS South sees it, in xAPI 1.0.3."""
    with hub.unit_of_work() as uow:
        connection_id = create_connection(uow, "south", "lms", "LMS South")
    return open_store(hub, connection_id)


@pytest.fixture
def store_2(hub: Hub, store: Store) -> Store:
    """The same system, speaking xAPI 2.0."""
    return open_store(hub, store.connection_id, version="2.0.0")


@pytest.fixture
def other_store(hub: Hub) -> Store:
    """The record store as another system sees it."""
    with hub.unit_of_work() as uow:
        connection_id = create_connection(uow, "north", "lms", "LMS North")
    return open_store(hub, connection_id)


@pytest.fixture
def trusted_store(hub: Hub, store: Store) -> Store:
    """LMS South with a credential that may do everything, in xAPI 1.0.3."""
    return open_store(hub, store.connection_id, (ALL,))


@pytest.fixture
def trusted_store_2(hub: Hub, store: Store) -> Store:
    """The same, speaking xAPI 2.0."""
    return open_store(hub, store.connection_id, (ALL,), version="2.0.0")


@pytest.fixture
def other_trusted_store(hub: Hub, other_store: Store) -> Store:
    """Another system that may do everything."""
    return open_store(hub, other_store.connection_id, (ALL,))
