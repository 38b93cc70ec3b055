"""A web application that tells what it got, behind the gate: ``granian --interface rsgi --factory tests.cli.gated:gateway``."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hub.cli.gateway import Gateway

LARGEST = 2_000_000
SECONDS = 1.0
SLOWEST = 10_000_000
THREADS = 2
LONG = 5_000_000
VERY_LONG = 20_000_000
"""More than the buffers of a connection take."""
UNDER_WAY = 5_000_000
ANSWER_SECONDS = 1.0


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """WSGI."""
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/long":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (b"x" * 100_000 for _ in range(LONG // 100_000))
    if environ["PATH_INFO"] == "/very-long":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (b"x" * 100_000 for _ in range(VERY_LONG // 100_000))
    if environ["PATH_INFO"] == "/open-files":
        start_response("200 OK", [("Content-Type", "text/plain")])
        opened = [
            each for each in Path("/proc/self/fd").iterdir() if each.is_symlink() and int(each.name) > 2
        ]
        links = [str(each.readlink()) for each in opened]
        return [str(sum(link.endswith("(deleted)") for link in links)).encode()]
    if environ["PATH_INFO"] == "/empty":
        start_response("204 No Content", [("X-Told", "one"), ("X-Told", "two")])
        return []
    told: dict[str, Any] = {name: value for name, value in environ.items() if isinstance(value, str)}
    told |= {"length": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]


def gateway() -> Gateway:
    """The application, so impatient that a test can wait for it."""
    return Gateway(application, THREADS, lambda *_: LARGEST, SECONDS, SLOWEST, UNDER_WAY, ANSWER_SECONDS)
