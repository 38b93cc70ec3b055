"""Ending with the process that started this one, also when that was killed and could tell nobody."""

import os
import threading
import time
from collections.abc import Callable

POLL_SECONDS = 0.25


def when_parent_ends(parent: int, react: Callable[[], None]) -> None:
    """Call ``react`` once, from a thread, as soon as this process has another parent than ``parent``.

    The parent says who it is: asked only here, a process whose parent has already gone would wait for its adopter.
    """
    threading.Thread(target=_watch, args=(parent, react), name="parent", daemon=True).start()


def _watch(parent: int, react: Callable[[], None]) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    react()
