"""The hub as the product runs it: ``hub run`` in processes of its own."""

import base64
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.xapi.report import Line
from hub.app import open_hub
from hub.config import Settings
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.testing.serve import free_port
from hub.xapi.callers.credentials import READ_MINE, WRITE, create_credential

SECRET_KEY = "bench-only-" + "x" * 32
READY_SECONDS, STOP_SECONDS, SAMPLE_SECONDS = 60, 20, 0.5


@dataclass
class Served:
    """A running hub. ``web_peak`` is the most memory that one web process was seen with, in bytes."""

    port: int
    pid: int
    authorization: str
    connection_id: str
    web_peak: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)

    def watch_memory(self) -> None:
        """Look at the web processes again and again."""
        while not self._stopped.wait(SAMPLE_SECONDS):
            for pid in _web_processes(self.pid):
                self.web_peak = max(self.web_peak, _resident(pid))

    def memory_line(self, during: str) -> Line:
        """The most memory that a web process had."""
        return Line(f"memory of a web process, {during}", self.web_peak / 2**20, "MB", reach="under 200 MB")

    def stop_watching(self) -> None:
        """End ``watch_memory``."""
        self._stopped.set()


def make_hub(database_url: str) -> Hub:
    """This process's own way into a database."""
    return open_hub(Settings(database_url=database_url, secret_key=SECRET_KEY))


def add_sender(hub: Hub, key: str = "academy") -> tuple[str, str]:
    """A connection that may send and read; its id and the Authorization header of its credential."""
    with hub.unit_of_work() as uow:
        connection_id = create_connection(uow, key, "lms", "Academy")
        name, secret = create_credential(uow, connection_id, (WRITE, READ_MINE))
    return connection_id, "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


@contextmanager
def served(
    folder: Path, database_url: str, sender: tuple[str, str], *, processes: int = 1, worker: bool = False
) -> Iterator[Served]:
    """Run the hub on a database until the block ends."""
    port = free_port()
    settings = {
        "HUB_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HUB_LISTEN_PORT": str(port),
        "HUB_DATABASE_URL": database_url,
        "HUB_SECRET_KEY": SECRET_KEY,
        "HUB_LOG_LEVEL": "error",
        "HUB_WEB_PROCESSES": str(processes),
        "HUB_EMBEDDED_WORKER": str(worker).lower(),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "run"],
        env={**os.environ, **settings, "PYTHONPATH": str(Path.cwd())},
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    running = Served(port, process.pid, sender[1], sender[0])
    watcher = threading.Thread(target=running.watch_memory, daemon=True)
    try:
        _wait(process, port)
        watcher.start()
        yield running
    finally:
        running.stop_watching()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the hub did not start")


def _web_processes(parent: int) -> Iterator[int]:
    """Those below ``hub run`` that serve; nothing where there is no /proc."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    for pid in map(int, children.read_text().split()) if children.exists() else ():
        try:
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                yield pid
        except OSError:
            continue  # it has ended


def _resident(pid: int) -> int:
    """Resident memory in bytes; 0 for a process that has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
