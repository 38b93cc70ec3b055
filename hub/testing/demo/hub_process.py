"""The hub of a stage in processes of its own, started and stopped as an operator does it."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from hub.errors import OutsideFailed


class Place(Protocol):
    """Where a hub runs: the demo's stage, or less."""

    @property
    def directory(self) -> Path:
        """Where its log goes, and what is temporary."""

    @property
    def settings_file(self) -> Path:
        """Its settings."""

    @property
    def hub_url(self) -> str:
        """Where it answers."""


READY_SECONDS = 90
STOP_SECONDS = 15


class HubProcess:
    """One ``hub`` command with the stage's settings: ``run``, or ``worker`` for one more worker.

    Its output is added to ``hub-COMMAND.log`` in the stage's directory.
    """

    def __init__(self, stage: Place, command: str = "run") -> None:
        self.stage = stage
        self.log = stage.directory / f"hub-{command}.log"
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the process that was started last."""
        if self._process is None:
            raise RuntimeError("nothing was started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; ``run`` is waited for. OutsideFailed with the end of its log when the hub does not answer."""
        folder = str(self.stage.directory)
        # With what is temporary in the stage's directory too, a hub that is killed leaves nothing behind.
        environment = {**os.environ, "HUB_CONFIG": str(self.stage.settings_file), "TMPDIR": folder}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hub.cli", self._command],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if self._command == "run":
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until the hub answers; OutsideFailed with the end of its log when it ends, or takes too long."""
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self.is_running:
            try:
                with urllib.request.urlopen(f"{self.stage.hub_url}/healthz", timeout=2) as answer:  # noqa: S310  (our own loopback)
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(0.05)
        log = self.log.read_text(encoding="utf-8", errors="replace")
        raise OutsideFailed("hub_not_ready", f"The hub did not start:\n{log[-2000:]}", f"See {self.log}.")

    def stop(self) -> None:
        """Ask it to end and wait for it; kill it when it does not listen. Nothing happens when it is not running."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_hub(stage: Place, command: str = "run") -> Iterator[HubProcess]:
    """Run the hub until the block ends."""
    hub = HubProcess(stage, command)
    try:
        hub.start()
        yield hub
    finally:
        hub.stop()
