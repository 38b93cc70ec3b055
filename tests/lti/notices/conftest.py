"""A hub with two LTI tools, of which one listens to notices."""

from collections.abc import Iterator

import pytest

from hub.config import Settings
from tests.lti.notices.listener import Listener, serve_listener
from tests.lti.rig import Keys
from tests.lti.tool.conftest import west

__all__ = ["west"]


@pytest.fixture(scope="session")
def listeners() -> Iterator[Listener]:
    """The one server of the run."""
    with serve_listener() as listener:
        yield listener


@pytest.fixture
def listener(listeners: Listener) -> Listener:
    """The listener, told nothing yet."""
    return listeners.begin()


@pytest.fixture
def settings(database_url: str, key_server: Keys, listeners: Listener) -> Settings:
    """Of a hub that may reach the tools' keys and the listener."""
    allowed = [server.address.removeprefix("http://") for server in (key_server, listeners)]
    return Settings(
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        outgoing_allow=allowed,
    )
