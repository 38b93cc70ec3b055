"""Steps of the measurement that run in a process of their own, so that its memory is theirs: ``python -m bench.network.steps``."""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub.app import open_hub, open_worker
from hub.config import Settings
from hub.network.importing.import_network import import_network
from hub.runtime import Hub

SECRET = "bench-only-" + "x" * 32  # of a database that is thrown away


@dataclass(frozen=True)
class Step:
    """How long it took, in seconds, and how much memory its process had at most, in MB."""

    seconds: float
    processor: float
    memory: float


def open_at(url: str) -> Hub:
    """The hub of a database."""
    return open_hub(Settings(database_url=url, secret_key=SECRET))


def run_step(name: str, url: str, files: Path) -> Step:
    """Run one of STEPS elsewhere and wait for it."""
    command = [sys.executable, "-m", "bench.network.steps", name, url, str(files)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Step(**json.loads(done.stdout.splitlines()[-1]))


def _assign(hub: Hub, files: Path) -> None:
    open_worker(hub).drain()


def _import(hub: Hub, files: Path) -> None:
    import_network(hub, files)


STEPS: dict[str, Callable[[Hub, Path], None]] = {"import": _import, "assign": _assign}


def main() -> None:
    """Run the step and print what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=list(STEPS))
    parser.add_argument("url")
    parser.add_argument("files", type=Path)
    arguments = parser.parse_args()
    hub = open_at(arguments.url)
    started, before = time.perf_counter(), time.process_time()
    STEPS[arguments.name](hub, arguments.files)
    taken, processor = time.perf_counter() - started, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    hub.close()
    print(json.dumps({"seconds": taken, "processor": processor, "memory": peak / 1024}))


if __name__ == "__main__":
    main()
