"""``hub run`` as a process: it serves, keeps its children alive, and takes them with it when it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from hub.cli import main
from hub.errors import Conflict
from hub.testing.serve import free_port
from tests.journeys.processes import web_processes, worker_processes

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


class Running:
    """A ``hub run``, and what it printed."""

    def __init__(self, settings_file: Path, *arguments: str) -> None:
        self.port = free_port()
        self.log = settings_file.with_suffix(".log")
        command = [sys.executable, "-m", "hub.cli", "--config", str(settings_file), "run"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), *arguments], stdout=log, stderr=subprocess.STDOUT
            )

    def answers(self) -> bool:
        """Whether it serves."""
        with requests.Session() as session:
            session.trust_env = False
            try:
                return session.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).ok
            except requests.RequestException:
                return False

    def children(self) -> list[int]:
        """Its web processes and its worker."""
        return web_processes(self.process.pid) + worker_processes(self.process.pid)


def until(holds: Callable[[], object], what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def start(settings_file: Path) -> Iterator[Callable[..., Running]]:
    """Starts ``hub run`` and waits until it serves."""
    started: list[Running] = []

    def run(*arguments: str) -> Running:
        started.append(Running(settings_file, *arguments))
        until(started[-1].answers, f"it does not answer: {started[-1].log.read_text()}")
        return started[-1]

    yield run
    for running in started:
        running.process.kill()
        running.process.wait()


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_it_serves_with_a_worker_and_stops_cleanly(start: Callable[..., Running]) -> None:
    running = start()
    until(lambda: len(running.children()) == 2, "web process and worker")
    children = running.children()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0
    assert gone(children)
    log = running.log.read_text()
    assert f"The hub listens on http://127.0.0.1:{running.port}, with a worker beside it." in log
    assert "worker_stopped" in log
    assert "Traceback" not in log
    assert "GET /healthz" not in log


def test_without_a_worker_there_is_none_and_ctrl_c_stops_it(start: Callable[..., Running]) -> None:
    running = start("--no-worker")
    assert worker_processes(running.process.pid) == []
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0
    assert "`hub worker` must run elsewhere" in running.log.read_text()


def test_its_children_end_with_it_even_when_it_is_killed(start: Callable[..., Running]) -> None:
    running = start()
    until(lambda: len(running.children()) == 2, "web process and worker")
    children = running.children()
    running.process.kill()
    running.process.wait()
    until(lambda: gone(children), "the children end")


def test_children_that_are_killed_are_started_again(start: Callable[..., Running]) -> None:
    running = start()
    until(lambda: len(running.children()) == 2, "web process and worker")
    for which in (worker_processes, web_processes, web_processes):
        [killed] = which(running.process.pid)
        os.kill(killed, signal.SIGKILL)
        until(lambda: (now := which(running.process.pid)) and now != [killed], f"a new one after {killed}")  # noqa: B023
        until(running.answers, "it serves again")
    assert running.process.poll() is None


def test_a_port_that_is_taken_is_told(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hub.cli import run

    monkeypatch.setattr(run, "BUSY_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Conflict, match="Address already in use"):
            run.find_port("127.0.0.1", port)
        result = CliRunner().invoke(main, ["--config", str(settings_file), "run", "--port", str(port)])
    assert result.exit_code == 1
    assert f"The hub cannot listen on 127.0.0.1:{port}" in result.stderr
    assert "--port" in result.stderr


def test_a_worker_alone_stops_when_it_is_told(settings_file: Path) -> None:
    command = [sys.executable, "-m", "hub.cli", "--config", str(settings_file), "worker"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert b"worker_started" in process.stderr.readline()
        process.terminate()
        assert b"worker_stopped" in process.stderr.read()
        assert process.wait(60) == 0
