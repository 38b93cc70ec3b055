"""Signing in for real: providers on loopback, a hub that may call them and keeps the machine's time."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hub.clock import SettableClock
from hub.config import Settings
from hub.runtime import Hub
from hub.testing.keys import new_key, private_pem
from tests.sso.rig import (
    BORIS,
    IMPOSTOR,
    NAMESAKE,
    TESS,
    Browser,
    Idp,
    Record,
    add_person,
    connect,
    for_one_test,
    run_idp,
)


@pytest.fixture(scope="session")
def key_pem() -> str:
    """One RSA key for all providers: making one takes longer than most of these tests."""
    return private_pem(new_key())


@pytest.fixture(scope="session")
def riverside_server(key_pem: str) -> Iterator[Idp]:
    with run_idp("riverside", (TESS, BORIS), key_pem) as idp:
        yield idp


@pytest.fixture(scope="session")
def lakeside_server(key_pem: str) -> Iterator[Idp]:
    with run_idp("lakeside", (IMPOSTOR, NAMESAKE), key_pem, logout=True) as idp:
        yield idp


@pytest.fixture
def riverside(riverside_server: Idp) -> Idp:
    return for_one_test(riverside_server)


@pytest.fixture
def lakeside(lakeside_server: Idp) -> Idp:
    return for_one_test(lakeside_server)


@pytest.fixture
def clock() -> SettableClock:
    """Starts now, because the providers stamp their tokens with the machine's time."""
    return SettableClock(datetime.now(UTC))


@pytest.fixture
def settings(database_url: str, riverside: Idp, lakeside: Idp) -> Settings:
    hosts = [idp.issuer.removeprefix("http://") for idp in (riverside, lakeside)]
    return Settings(
        database_url=database_url, secret_key="only-for-tests-0123456789abcdefghij", outgoing_allow=hosts
    )


@pytest.fixture
def tess(hub: Hub, riverside: Idp, lakeside: Idp) -> str:
    """Tess works for Riverside and is known there; both providers are connected."""
    connect(hub, riverside)
    connect(hub, lakeside)
    return add_person(hub, TESS, riverside)


@pytest.fixture
def browser(hub: Hub, tess: str) -> Browser:
    return Browser(hub)


@pytest.fixture
def record(hub: Hub, browser: Browser) -> Record:
    """What was written before the test began."""
    return Record(hub)
