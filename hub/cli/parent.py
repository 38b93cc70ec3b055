"""Ending with the process that started this one, also when that was killed and could tell nobody."""

import os
import threading
import time
from collections.abc import Callable

POLL_SECONDS = 0.25


def when_parent_ends(react: Callable[[], None]) -> None:
    """Call ``react`` once, from a thread, as soon as this process has another parent than now."""
    threading.Thread(target=_watch, args=(os.getppid(), react), name="parent", daemon=True).start()


def _watch(parent: int, react: Callable[[], None]) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    react()
