"""Keeping one child process alive: started again when it dies, less and less eagerly, and ended with this one."""

import subprocess
import threading
import time
from collections.abc import Sequence

from hub.logging import get_logger

logger = get_logger(__name__)
STEADY_SECONDS = 5.0
"""A child that lived this long has started well: its next death counts as the first."""
FIRST_WAIT, LONGEST_WAIT = 0.25, 30.0
STOP_SECONDS = 10.0


class Supervisor:
    """Runs ``command`` from ``start`` to ``stop``. The child has a session of its own: Ctrl+C is for the parent."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, name="supervisor", daemon=True)
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the child, and a thread that watches it."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the child to end and wait for it; kill it when it does not listen."""
        with self._lock:
            self._stopping.set()
            child = self._child
        if child is not None:
            child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                logger.warning("child_killed", command=self._command)
                child.kill()
        self._thread.join()

    def _keep_alive(self) -> None:
        deaths = 0
        while True:
            with self._lock:
                if self._stopping.is_set():
                    return
                self._child = subprocess.Popen(self._command, start_new_session=True)
            started = time.monotonic()
            code = self._child.wait()
            if self._stopping.is_set():
                return
            deaths = 1 if time.monotonic() - started >= STEADY_SECONDS else deaths + 1
            wait = min(FIRST_WAIT * 2.0 ** (deaths - 1), LONGEST_WAIT)
            logger.error("child_died", command=self._command, exit_code=code, again_in_seconds=wait)
            if self._stopping.wait(wait):
                return
