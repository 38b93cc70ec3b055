"""The processes below `hub run`, found by their parent; only what a test started is ever killed."""

import os
import signal
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Running(NamedTuple):
    pid: int
    parent: int
    command: str


def web_processes(hub_run: int) -> list[int]:
    """The processes that serve pages and protocols."""
    return [p.pid for p in _children(hub_run) if "spawn_main" in p.command]


def worker_processes(hub_run: int) -> list[int]:
    """The worker beside them: one, or none while it is being started again."""
    return [p.pid for p in _children(hub_run) if "worker --end-with" in p.command]


def kill(pids: Iterable[int]) -> None:
    """SIGKILL: no process can prepare for it. One that has just ended by itself is none to kill."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _children(parent: int) -> list[Running]:
    everything = _from_proc() if PROC.is_dir() else _from_ps()
    return [p for p in everything if p.parent == parent]


def _from_proc() -> Iterator[Running]:
    for folder in PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            stat = (folder / "stat").read_text()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        parent = stat.rpartition(")")[2].split()[1]  # the name before it may hold spaces
        yield Running(int(folder.name), int(parent), command)


def _from_ps() -> Iterator[Running]:
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,command="], capture_output=True, text=True, check=True
    )
    for line in listed.stdout.splitlines():
        pid, parent, command = line.split(None, 2)
        yield Running(int(pid), int(parent), command)
