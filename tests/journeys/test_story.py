"""The story of the README, played over real servers in processes of their own."""

import pytest

from hub.testing.demo.check import Journey
from tests.journeys.play import Play


@pytest.mark.requirement("B61", "B62", "S1.06")
def test_the_story_holds_on_this_database(play: Play) -> None:
    def tell(mark: str, sentence: str) -> None:
        print(f"{mark}: {sentence}")

    Journey(play.stage, tell).play()
