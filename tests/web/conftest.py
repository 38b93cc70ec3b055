"""Pages are tested on a small network with people of every kind."""

import pytest

from hub.runtime import Hub
from tests.web.world import World, build_world


@pytest.fixture
def world(hub: Hub) -> World:
    """The network, and an application on it."""
    return build_world(hub)
