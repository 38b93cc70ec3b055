"""Workers whose plugins hang or leak: they end and begin anew, and facts are neither lost nor doubled."""

import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.cli.stuck import BEGIN_ANEW
from hub.clock import SystemClock
from hub.config import Settings
from hub.journal import tables as journal
from hub.journal.aside import list_aside
from hub.journal.timings import read_lately
from hub.runtime import Hub
from hub.training import tables as training
from tests.packages import installed, write_plugin
from tests.world import World

SECONDS = 60
SLEEPER = """
import time
from hub.api import hookimpl
from hub.hooks import contract

contract.LIMITS["ask"] = 0.5  # what a test can wait for

class Plugin:
    hub_api = "1.1"

    @hookimpl
    def recognize_completion(self, statement, offering):
        while True:
            try:
                time.sleep(3600)
            except BaseException:
                pass
"""
LEAKER = """
from hub.api import hookimpl

class Plugin:
    hub_api = "1.1"
    kept = []

    @hookimpl
    def recognize_completion(self, statement, offering):
        self.kept.append(bytearray(b"x") * 600 * 2**20)
"""
GIL_HOLDER = """
import re
import time
from hub.api import hookimpl
from hub.hooks import watch

watch.FROZEN_SECONDS = 2.0

class Plugin:
    hub_api = "1.1"

    @hookimpl
    def recognize_completion(self, statement, offering):
        time.sleep(1)  # in which the watch reads the time above
        re.match("(a+)+$", "a" * 60 + "b")
"""


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann, a course, and the plan of Ann; time passes."""
    hub = dataclasses.replace(hub, clock=SystemClock())
    world = World(hub).begin()
    world.add(brands=["A"], positions=["technician"])
    world.add_location("Riverside", brands={"A": ["service"]})
    world.add_courses("south", "brakes")
    world.add_person("ann")
    world.appoint("ann", "technician", "Riverside", brands=["A"], since=datetime(2026, 1, 1, tzinfo=UTC))
    world.link("ann")
    world.drain()
    return world


@pytest.fixture
def work(
    world: World, settings: Settings, tmp_path: Path
) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Starts ``hub worker`` with these plugins on, the module of each as it is written here."""
    started: list[subprocess.Popen[bytes]] = []
    packages = ExitStack()

    def start(megabytes: int = 0, **sources: str) -> "subprocess.Popen[bytes]":
        folder = tmp_path / f"run-{len(started)}"
        folder.mkdir()
        file = folder / "hub.toml"
        file.touch(mode=0o600)
        names = [*sources, "standard_completion"]
        file.write_text(
            f'database_url = "{settings.database_url.get_secret_value()}"\n'
            f'secret_key = "{settings.secret_key.get_secret_value()}"\n'
            f"plugins = {names!r}\nworker_megabytes = {megabytes}\n"
        )
        packages.enter_context(installed(*(write_plugin(folder, *each) for each in sources.items())))
        with (folder / "log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "hub.cli", "--config", str(file), "worker"],
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
    packages.close()


def until(holds: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def completions(world: World) -> int:
    with world.hub.reading() as uow:
        return len(uow.connection.execute(sa.select(training.completion)).all())


def reader_error(world: World) -> str:
    with world.hub.reading() as uow:
        r = journal.reader
        return uow.connection.scalar(sa.select(r.c.last_error).where(r.c.name == "recognize")) or ""


Work = Callable[..., "subprocess.Popen[bytes]"]


def test_worker_whose_plugin_hangs_ends_and_the_next_finds_it_set_aside(world: World, work: Work) -> None:
    world.send("ann", "brakes")
    process = work(sleeper=SLEEPER)
    assert process.wait(SECONDS) == BEGIN_ANEW
    with world.hub.reading() as uow:
        (aside,) = list_aside(uow)
    assert (aside.plugin, aside.hook) == ("sleeper", "recognize_completion")
    assert "could not be interrupted" in aside.reason
    assert completions(world) == 0
    process = work(sleeper=SLEEPER)
    until(lambda: "sleeper is set aside" in reader_error(world), "it says that it is set aside")
    assert process.poll() is None
    process.terminate()
    process.wait()
    work()
    until(lambda: completions(world) == 1, "what it held up is recognized without it")


def test_worker_that_outgrows_its_limit_begins_anew_and_does_nothing_twice(world: World, work: Work) -> None:
    world.send("ann", "brakes")
    process = work(megabytes=500, leaker=LEAKER)
    assert process.wait(SECONDS) == BEGIN_ANEW
    assert completions(world) == 1
    with world.hub.reading() as uow:
        seen = read_lately(uow)["leaker", "recognize_completion"]
    assert seen.grown_bytes > 500 * 2**20
    assert "started anew" in seen.last_error
    process = work(megabytes=500, leaker=LEAKER)
    world.send("ann", "brakes")
    assert process.wait(SECONDS) == BEGIN_ANEW
    assert completions(world) == 2


def test_worker_that_is_frozen_by_c_ends(world: World, work: Work) -> None:
    world.send("ann", "brakes")
    process = work(holder=GIL_HOLDER)
    assert process.wait(SECONDS) == 1
    assert completions(world) == 0
    work()
    until(lambda: completions(world) == 1, "nothing is lost")
