"""Two gradebooks on loopback, and a hub that may call them."""

from collections.abc import Iterator

import pytest

from hub.config import Settings
from hub.runtime import Hub
from tests.lti.bridge.gradebook import Gradebook, serve_gradebook
from tests.lti.bridge.rig import Bridge


@pytest.fixture(scope="session")
def west_book() -> Iterator[Gradebook]:
    """The gradebook of LMS West."""
    with serve_gradebook() as book:
        yield book


@pytest.fixture(scope="session")
def east_book() -> Iterator[Gradebook]:
    """The gradebook of LMS East."""
    with serve_gradebook() as book:
        yield book


@pytest.fixture
def settings(database_url: str, west_book: Gradebook, east_book: Gradebook) -> Settings:
    """The settings of a hub that may call the gradebooks."""
    return Settings(
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        outgoing_allow=[book.address.removeprefix("http://") for book in (west_book, east_book)],
    )


@pytest.fixture
def bridge(hub: Hub, west_book: Gradebook, east_book: Gradebook) -> Iterator[Bridge]:
    """Two courses, two people, two gradebooks, for one test."""
    made = Bridge(hub, west_book, east_book)
    yield made
    for book in (west_book, east_book):
        if book.hanging:
            book.hanging.set()
