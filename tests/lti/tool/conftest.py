"""A hub that LMS West launches."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache

import pytest

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.runtime import Hub
from tests.databases import Kind, create_database, drop_database
from tests.lti.rig import Keys
from tests.lti.tool.rig import West


@pytest.fixture
def west(hub: Hub, key_server: Keys) -> West:
    """LMS West and the hub, for one test."""
    return West(hub, key_server)


@pytest.fixture(scope="module")
def west_of(tmp_path_factory: pytest.TempPathFactory, key_server: Keys) -> Iterator[Callable[[Kind], West]]:
    """One per kind of database for all tests of a file; not a parameter, or random order would remake it often."""
    with ExitStack() as stack:

        @cache
        def make(kind: Kind) -> West:
            url = create_database(kind)
            stack.callback(drop_database, url)
            settings = Settings(
                database_url=url,
                secret_key="only-for-tests-0123456789abcdefghij",
                outgoing_allow=[key_server.address.removeprefix("http://")],
            )
            hub = open_hub(settings, clock=SettableClock(datetime(2026, 5, 4, 9, tzinfo=UTC)))
            stack.callback(hub.close)
            return West(hub, key_server)

        yield make


@pytest.fixture
def shared(west_of: Callable[[Kind], West], database_kind: Kind) -> West:
    """One that many tests share: for messages that are refused, and so by their own assertion change nothing."""
    west = west_of(database_kind)
    west.keys.begin()
    return west.another_browser()
