"""Running a simulated system: in a thread for tests, or as a process of its own for the demo."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click
import requests
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from hub.testing.configuration import C, OutsideConfig, dump_config, load_config

LOOPBACK = "127.0.0.1"
START_TIMEOUT = 30.0
STOP_TIMEOUT = 5.0


@dataclass(frozen=True)
class Spawned:
    """A simulated system that runs as a process: its address, its process id and the file with its output."""

    base_url: str
    pid: int
    log: Path


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write no line per request: the output of a demo stays readable."""


@contextmanager
def serve(app: Flask | Callable[[str], Flask], port: int = 0) -> Iterator[str]:
    """Run `app` in a thread on the loopback address and yield its base URL, without a slash at the end.

    `app` may be a function from the base URL to the app, for systems that must know their own address: the port
    is taken before the function is called. Port 0 takes any free one.
    """
    server = _bind(port)
    base_url = f"http://{LOOPBACK}:{server.server_port}"
    try:
        server.app = app if isinstance(app, Flask) else app(base_url)
    except BaseException:
        server.server_close()
        raise
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield base_url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def spawn(module: str, config: OutsideConfig, port: int) -> Iterator[Spawned]:
    """Run ``python -m module`` with `config` on `port` and yield once its /healthz answers.

    The process ends with the block, and also when this process dies. Raises RuntimeError with the end of its
    output when it does not answer within 30 seconds.
    """
    with spawn_together([(module, config, port)]) as (spawned,):
        yield spawned


@contextmanager
def spawn_together(systems: Sequence[tuple[str, OutsideConfig, int]]) -> Iterator[tuple[Spawned, ...]]:
    """Run several systems, given as (module, config, port), as ``spawn`` does, and yield once all of them answer."""
    with ExitStack() as running:
        started = [running.enter_context(_process(*system)) for system in systems]
        for process, spawned in started:
            _wait_until_healthy(process, spawned.base_url, spawned.log)
        yield tuple(spawned for _, spawned in started)


@contextmanager
def _process(
    module: str, config: OutsideConfig, port: int
) -> Iterator[tuple[subprocess.Popen[bytes], Spawned]]:
    with tempfile.TemporaryDirectory(prefix="outside-") as directory:
        config_file = Path(directory, "config.json")
        config_file.touch(mode=0o600)
        config_file.write_text(dump_config(config), encoding="utf-8")
        log = Path(directory, "output.txt")
        command = [sys.executable, "-m", module, "--port", str(port), "--config", str(config_file)]
        command += ["--end-with", str(os.getpid())]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process, Spawned(f"http://{LOOPBACK}:{port}", process.pid, log)
        finally:
            _stop(process)


def free_port() -> int:
    """A loopback port that was free a moment ago, for systems that must know each other's address before they start."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def run_as_process(
    config_class: type[C], create: Callable[[C], Flask], arguments: Sequence[str] | None = None
) -> None:
    """The command line of one simulated system: ``--port N --config FILE.json``; returns when it is told to stop.

    Prints one line when it is ready to answer.
    """
    parser = argparse.ArgumentParser(description=create.__doc__)
    parser.add_argument(
        "--port", type=int, required=True, help="port on the loopback address; 0 takes a free one"
    )
    parser.add_argument("--config", type=Path, required=True, help="JSON file with the configuration")
    parser.add_argument(
        "--end-with", type=int, default=0, metavar="PID", help="stop when this parent is gone"
    )
    options = parser.parse_args(arguments)
    server = _bind(options.port)
    base_url = f"http://{LOOPBACK}:{server.server_port}"
    server.app = create(load_config(config_class, options.config, base_url))
    signal.signal(signal.SIGTERM, _interrupt)
    if options.end_with:
        threading.Thread(target=_end_with, args=(options.end_with,), daemon=True).start()
    click.echo(f"ready: {server.app.jinja_env.globals['system_name']} at {base_url}")
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def _bind(port: int) -> BaseWSGIServer:
    placeholder = Flask("hub.testing", static_folder=None)
    return make_server(LOOPBACK, port, placeholder, threaded=True, request_handler=_QuietHandler)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end_with(parent: int) -> None:
    """End this process when `parent` is no longer its parent, so that a killed demo leaves no server behind."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def _wait_until_healthy(process: subprocess.Popen[bytes], base_url: str, log: Path) -> None:
    """Its own "ready" line comes first: /healthz alone may be answered by another process that holds the port."""
    deadline = time.monotonic() + START_TIMEOUT
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < deadline and process.poll() is None:
            if b"ready:" in log.read_bytes() and session.get(f"{base_url}/healthz", timeout=2).ok:
                return
            time.sleep(0.05)
    raise RuntimeError(f"{base_url} did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
