"""The whole way: West launches the hub, the course is done in North, and the score stands in West's gradebook."""

from typing import Any

import pytest

from hub.config import Settings
from hub.lti.platform_keys import published_keys
from hub.lti.tool.platforms import update_platform
from hub.lti.vocabulary import AGS_ENDPOINT_CLAIM, AGS_SCOPES
from hub.runtime import Hub
from tests.lti.bridge.gradebook import Gradebook
from tests.lti.rig import Keys
from tests.lti.tool.rig import ANN, West


@pytest.fixture
def settings(database_url: str, west_book: Gradebook, key_server: Keys) -> Settings:
    """The settings of a hub that may call the gradebook and the platform's keys."""
    return Settings(
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        outgoing_allow=[each.address.removeprefix("http://") for each in (west_book, key_server)],
    )


@pytest.fixture
def west(hub: Hub, key_server: Keys, west_book: Gradebook) -> West:
    west_book.begin(published_keys(hub))
    west = West(hub, key_server)
    with hub.unit_of_work() as uow:
        update_platform(uow, west.west.connection_id, token_url=f"{west_book.address}/token")
    west.world.link("ann", "north")
    return west


def launch(west: West, book: Gradebook) -> None:
    endpoint = {"scope": list(AGS_SCOPES), "lineitem": book.item_url() + "?type=1", "lineitems": book.address}
    claims: dict[str, Any] = {AGS_ENDPOINT_CLAIM: endpoint}
    answer = west.launch(west.target("brakes"), **claims)
    assert answer.status_code == 303, answer.text


def complete(west: West) -> None:
    score = {"raw": 7, "min": 0, "max": 10, "scaled": 0.7}
    west.world.send("ann", "brakes", lms="north", result={"completion": True, "score": score})


def test_a_score_earned_after_the_launch_arrives(west: West, west_book: Gradebook) -> None:
    launch(west, west_book)
    complete(west)
    west.world.drain()
    (post,) = west_book.posts
    assert (post.told["userId"], post.points, post.query) == (ANN, (70, 100), "type=1")


def test_another_launch_does_not_send_it_again(west: West, west_book: Gradebook) -> None:
    launch(west, west_book)
    complete(west)
    west.world.drain()
    launch(west, west_book)
    west.world.drain()
    assert west_book.attempts == 1
