"""A hub that forwards, and a record store to forward to."""

from collections.abc import Iterator

import pytest

from hub.runtime import Hub
from tests.xapi.forward.rig import Receiver, Sender, new_sender, receiver


@pytest.fixture
def away() -> Iterator[Receiver]:
    """A receiving store in good health."""
    with receiver() as found:
        yield found


@pytest.fixture
def sender(hub: Hub, away: Receiver) -> Sender:
    """A hub that may call it."""
    found = new_sender(hub)
    found.allow(away)
    return found
