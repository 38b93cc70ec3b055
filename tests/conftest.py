"""What all tests share: a database of each kind, a hub on it, a clock that stands still, and no way out."""

import gc
import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog

from hub.clock import SettableClock
from hub.config import Settings
from hub.ids import new_id
from hub.runtime import Hub
from tests.apps import give_back
from tests.databases import (
    RUN_FOLDER,
    Kind,
    begin_run,
    close_connections,
    create_database,
    drop_database,
    end_run,
)
from tests.outside_world import block_outside_traffic
from tests.shortcuts import Keys, copy_instead_of_migrating, write_sql_once

STAGE = re.compile(r"stage-\w+")
"""In the ids of tests on a stage: which of them. See tests/journeys/play.py."""

# A shared machine is slow at times; what must be fast is measured in bench/.
hypothesis.settings.register_profile("hub", deadline=None, print_blob=True)
hypothesis.settings.load_profile("hub")


def pytest_configure(config: pytest.Config) -> None:
    """Start from settings nobody has set in the shell, and make the run's folder."""
    for name in [name for name in os.environ if name.startswith("HUB_") and not name.startswith("HUB_TEST_")]:
        del os.environ[name]
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[structlog.processors.add_log_level, plain]
    )  # drawing tracebacks takes long
    if not hasattr(config, "workerinput"):
        begin_run()
    os.environ["HUB_STORAGE_URL"] = f"file:{os.environ[RUN_FOLDER]}/files/of-all"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    close_connections()
    if not hasattr(config, "workerinput"):
        end_run()


def pytest_collection_finish() -> None:
    """All modules and tests are there, and stay: the garbage collector need not look through them again and again."""
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failure: nothing that CI needs may be missing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped") and session.exitstatus == 0:
        reporter.write_line("Tests were skipped, which CI does not allow.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give all tests on one stage of the demo to one worker, so that each stage is set up once.

    ``xdist_group`` would say so, but groups nothing with pytest 9.2 (github.com/pytest-dev/pytest-xdist/issues/1386).
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]

    class StageScheduling(LoadGroupScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            stage = STAGE.search(nodeid)
            return stage[0] if stage else super()._split_scope(nodeid)

    return StageScheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def _installed_plugins_are_read_once() -> Iterator[None]:
    """Each hub asks which there are, and reading that of all packages takes as long as making its database."""
    original = metadata.entry_points
    read = cache(lambda _, group: original(group=group))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metadata, "entry_points", lambda *, group: read(tuple(sys.path), group))
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_outside_traffic() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        block_outside_traffic(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _keys() -> Iterator[Keys]:
    with pytest.MonkeyPatch.context() as patch:
        write_sql_once(patch)
        yield Keys()


@pytest.fixture(autouse=True)
def _shortcuts(_keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for what lives longer than a test: a hub and its partner must not get the same key."""
    _keys.begin_test(monkeypatch)
    copy_instead_of_migrating(monkeypatch)


@pytest.fixture(autouse=True)
def _own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a folder of its own for attachments and course packages, made when something is put there."""
    monkeypatch.setenv("HUB_STORAGE_URL", f"file:{os.environ[RUN_FOLDER]}/files/{new_id()}")


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of database; a test that uses it, or anything built on it, runs once per kind."""
    kind: Kind = request.param
    return kind


@pytest.fixture
def new_database(database_kind: Kind, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Makes one more database of this kind: ``new_database()``, or ``new_database(migrated=False)`` for an empty one."""
    made: list[str] = []

    def create(*, migrated: bool = True) -> str:
        made.append(create_database(database_kind, migrated=migrated))
        return made[-1]

    yield create
    for url in made:
        drop_database(url)


@pytest.fixture
def database_url(new_database: Callable[..., str]) -> str:
    """The SQLAlchemy address of a migrated database of this test's own."""
    return new_database()


@pytest.fixture
def clock() -> SettableClock:
    """The hub's clock: Monday, 4 May 2026, 09:00 UTC, until the test moves it."""
    return SettableClock(datetime(2026, 5, 4, 9, tzinfo=UTC))


@pytest.fixture
def settings(database_url: str) -> Settings:
    """The settings of the hub under test."""
    return Settings(database_url=database_url, secret_key="only-for-tests-0123456789abcdefghij")


@pytest.fixture
def hub(settings: Settings, clock: SettableClock) -> Iterator[Hub]:
    """A hub on a database of this test's own, once per kind of database."""
    from hub.app import open_hub  # here: tests of one room need not wait for all rooms to be imported

    opened = open_hub(settings, clock=clock)
    yield opened
    opened.close()
    give_back(opened)
