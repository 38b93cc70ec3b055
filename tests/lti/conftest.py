"""A hub with two LTI tools whose keys are served on loopback."""

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
from tests.lti.rig import Keys, Rig, serve_keys


@pytest.fixture(scope="session")
def key_server() -> Iterator[Keys]:
    """The tools' JWKS, served over real HTTP."""
    with serve_keys() as keys:
        yield keys


@pytest.fixture
def settings(database_url: str, key_server: Keys) -> Settings:
    """The settings of a hub that may fetch the tools' keys."""
    return _settings(database_url, key_server)


@pytest.fixture
def rig(hub: Hub, key_server: Keys) -> Rig:
    """Two tools, three people, three courses, for one test."""
    return Rig(hub, key_server)


@pytest.fixture(scope="module")
def rig_of(tmp_path_factory: pytest.TempPathFactory, key_server: Keys) -> Iterator[Callable[[Kind], Rig]]:
    """One rig per kind of database for all tests of a file; not a parameter, or random order would remake it often."""
    with ExitStack() as stack:

        @cache
        def make(kind: Kind) -> Rig:
            url = create_database(kind)
            stack.callback(drop_database, url)
            clock = SettableClock(datetime(2026, 5, 4, 9, tzinfo=UTC))
            hub = open_hub(_settings(url, key_server), clock=clock)
            stack.callback(hub.close)
            return Rig(hub, key_server)

        yield make


@pytest.fixture
def shared(rig_of: Callable[[Kind], Rig], database_kind: Kind) -> Rig:
    """A rig that many tests share: for inputs that are refused, and so by their own assertion change nothing."""
    rig = rig_of(database_kind)
    rig.keys.begin()
    rig.sign_in("ann")
    return rig


def _settings(database_url: str, key_server: Keys) -> Settings:
    return Settings(
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        outgoing_allow=[key_server.address.removeprefix("http://")],
    )
