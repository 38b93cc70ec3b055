"""Starting another process that is asked the same questions, whose hashes are others."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MODULE = "hub.testing.plugin_check.other_process"


@contextmanager
def another_process() -> "Iterator[subprocess.Popen[str]]":
    """It waits at its standard input to be told what is asked."""
    seed = "2" if os.environ.get("PYTHONHASHSEED") != "2" else "3"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
