"""The web server of ``hub run``: granian, with the hub's settings."""

import contextlib
import multiprocessing
import time
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from hub.config import Settings
from hub.logging import get_logger

logger = get_logger(__name__)
STOP_SECONDS = 10
STEADY_SECONDS = 60.0
"""A server that ran this long had started well."""
ATTEMPTS = 5
CONNECTIONS = 512
"""Connections that a web process serves at a time; the next ones wait at the system's door."""


def serve_web(settings: Settings, host: str, port: int) -> bool:
    """Serve until SIGINT or SIGTERM; False when the web processes died again and again right after their start.

    granian starts a web process anew when it dies, but gives up when that happens twice in a few seconds. Then the
    whole server is started anew, a little later each time.
    """
    # Web processes are started afresh instead of copied, so that no connection or lock of this one is shared.
    multiprocessing.set_start_method("spawn", force=True)
    failures = 0
    while True:
        server = _server(settings, host, port)
        started = time.monotonic()
        with contextlib.suppress(SystemExit):  # granian's way to say that it gave up
            server.serve()
        if server.interrupt_signal:
            return True
        failures = 1 if time.monotonic() - started >= STEADY_SECONDS else failures + 1
        if failures >= ATTEMPTS:
            logger.error("web_server_gave_up", attempts=failures)
            return False
        logger.error("web_server_died", again_in_seconds=2.0 ** (failures - 2))
        time.sleep(2.0 ** (failures - 2))


def _server(settings: Settings, host: str, port: int) -> Any:
    return Server(
        "hub.cli.wsgi:gateway",
        factory=True,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,  # what proxies speak to what stands behind them; the gateway reads bodies as it frames them
        address=host,
        port=port,
        workers=settings.web_processes,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.error,
        log_dictconfig={"loggers": {"_granian": {"propagate": True}}},  # to where the hub's own logs go
        log_access=False,
    )
