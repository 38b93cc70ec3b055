"""Programs ask about a network of two partners."""

import pytest

from hub.runtime import Hub
from tests.rest.programs import Network, build_network


@pytest.fixture
def network(hub: Hub) -> Network:
    """The network, and an application on it."""
    return build_network(hub)
