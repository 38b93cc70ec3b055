"""The demo on each kind of database, set up once: the hub, two identity providers and two LMSs, as processes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.app import open_hub
from hub.config import load_settings
from hub.testing.demo.hub_process import running_hub
from hub.testing.demo.outside_systems import Ports
from hub.testing.demo.stage import set_stage
from hub.testing.demo.story import date_of_story
from tests.databases import Kind, create_database, drop_database
from tests.journeys.learners import Learners
from tests.journeys.play import Play, on_databases


@pytest.fixture(scope="session")
def _plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Kind], Play]]:
    """The play on a kind of database, set up when a test first asks for it and kept until the end of the run."""
    plays: dict[Kind, Play] = {}
    with ExitStack() as running:

        def find(kind: Kind) -> Play:
            if kind not in plays:
                plays[kind] = _set_up(kind, tmp_path_factory.mktemp(f"stage-{kind}"), running)
            return plays[kind]

        yield find


@pytest.fixture(params=on_databases("sqlite", "postgres"))
def play(request: pytest.FixtureRequest, _plays: Callable[[Kind], Play]) -> Play:
    """The demo with the hub running on a database of this kind; tests must not touch each other's people."""
    play = _plays(request.param)
    if not play.process.is_running:  # a test that kills it has failed
        play.process.start()
    return play


@pytest.fixture(scope="session")
def _learners() -> dict[str, Learners]:
    return {}


@pytest.fixture
def learners(play: Play, _learners: dict[str, Learners]) -> Learners:
    """People outside the story, each for one test."""
    if play.stage.hub_url not in _learners:
        _learners[play.stage.hub_url] = Learners(play)
    return _learners[play.stage.hub_url]


def _set_up(kind: Kind, folder: Path, running: ExitStack) -> Play:
    database_url = create_database(kind)
    running.callback(drop_database, database_url)
    today = date_of_story(datetime.now(UTC))
    stage = running.enter_context(
        set_stage(
            folder, Ports.free(), size="S", seed=1, today=today, database_url=database_url, progress=_quietly
        )
    )
    hub = open_hub(load_settings(stage.settings_file))
    running.callback(hub.close)
    return Play(stage, running.enter_context(running_hub(stage)), hub)


def _quietly(step: str, done: int, total: int) -> None:
    """Tests show no progress."""
