"""Starting other people's servers as processes of their own, each with the environment its lock describes."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from hub.testing.serve import LOOPBACK, free_port

HERE = Path(__file__).parent
START_SECONDS = 60.0


@contextmanager
def node_server(script: str, log: Path, before: str = "") -> Iterator[str]:
    """Run a script of tests/interop/node; its address, once it answers. Another script may be imported ``before``."""
    node = shutil.which("node")
    assert node, "node is needed: apt-get install nodejs npm"
    assert (HERE / "node" / "node_modules").is_dir(), "make test-interop installs what these tests need"
    options = ["--import", (HERE / "node" / before).as_uri()] if before else []
    with _running([node, *options, str(HERE / "node" / script)], log) as url:
        yield url


@contextmanager
def python_server(script: str, log: Path) -> Iterator[str]:
    """Run a script of tests/interop with the packages of platform.lock; its address, once it answers."""
    python = HERE.parents[1] / ".venv-interop" / "bin" / "python"
    assert python.exists(), "make test-interop installs what these tests need"
    with _running([str(python), "-I", str(HERE / script)], log) as url:
        yield url


@contextmanager
def _running(command: Sequence[str], log: Path) -> Iterator[str]:
    url = f"http://{LOOPBACK}:{(port := free_port())}"
    environment = {"PATH": os.environ["PATH"], "HOME": str(log.parent)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, str(port)], stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=log.parent
        )
    try:
        _wait(process, url, log)
        yield url
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if session.get(f"{url}/healthz", timeout=2).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.1)
    raise RuntimeError(f"{url} did not start:\n{log.read_text(errors='replace')[-2000:]}")
