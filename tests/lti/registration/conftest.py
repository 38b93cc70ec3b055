"""A hub at which systems are connected, and a platform on loopback for it to call."""

import _socket
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from hub.config import Settings
from hub.runtime import Hub
from tests.lti.registration.desk import Desk, Outside, serve_outside


@pytest.fixture(scope="session")
def outside_server() -> Iterator[Outside]:
    """One server for all tests."""
    with serve_outside() as outside:
        yield outside


@pytest.fixture
def outside(outside_server: Outside) -> Outside:
    """The platform as a test finds it."""
    return outside_server.begin()


@pytest.fixture
def settings(database_url: str, outside_server: Outside) -> Settings:
    """The settings of a hub that may call the platform."""
    return Settings(
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        outgoing_allow=[outside_server.address.removeprefix("http://")],
    )


@pytest.fixture
def desk(hub: Hub) -> Desk:
    """Two partners, no connections."""
    return Desk(hub)


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Addresses that somebody tried to connect to; no such attempt gets anywhere."""
    tried: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        tried.append(address[:2])
        raise ConnectionRefusedError("refused by the test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What DNS answers, by name; numbers mean what the system says."""
    answers: dict[str, str] = {}

    def lookup(host: str, port: Any, *args: Any, **kwargs: Any) -> Any:
        return _socket.getaddrinfo(
            answers.get(host, host), port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST
        )

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return answers
