"""A world in which a learner has a goal, evidence for it, and much else in the journal."""

from collections.abc import Iterator

import pytest

from tests.databases import Kind
from tests.journeys.eventful import BEGINNING
from tests.journeys.world import World, new_world


@pytest.fixture
def world(database_kind: Kind) -> Iterator[World]:
    """The eventful beginning, a hundred days ago."""
    with new_world(database_kind) as made:
        for happening in BEGINNING:
            happening.happen(made)
        made.drain()
        made.clock.advance(days=100)
        yield made
