"""A teacher of LMS West, for one test or for all of a file."""

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
from tests.lti.content.picking import Picking
from tests.lti.rig import Keys
from tests.lti.tool.rig import West


@pytest.fixture
def picking(hub: Hub, key_server: Keys) -> Picking:
    """LMS West and the hub, for one test."""
    return Picking(West(hub, key_server))


@pytest.fixture(scope="module")
def picking_of(key_server: Keys) -> Iterator[Callable[[Kind], Picking]]:
    """One per kind of database for all tests of a file; not a parameter, or random order would remake it often."""
    with ExitStack() as stack:

        @cache
        def make(kind: Kind) -> Picking:
            url = create_database(kind)
            stack.callback(drop_database, url)
            settings = Settings(
                database_url=url,
                secret_key="only-for-tests-0123456789abcdefghij",
                outgoing_allow=[key_server.address.removeprefix("http://")],
            )
            hub = open_hub(settings, clock=SettableClock(datetime(2026, 5, 4, 9, tzinfo=UTC)))
            stack.callback(hub.close)
            return Picking(West(hub, key_server))

        yield make


@pytest.fixture
def shared_picking(picking_of: Callable[[Kind], Picking], database_kind: Kind) -> Picking:
    """One that many tests share: for what is refused, and so by their own assertion changes nothing."""
    picking = picking_of(database_kind)
    picking.west.keys.begin()
    return Picking(picking.west.another_browser())
