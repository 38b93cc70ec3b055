"""How long `hub demo` takes until people can sign in, and until a score shows as credit."""

import re
import subprocess
import sys
from pathlib import Path

from bench.figures import Figure
from bench.limits import load_files_bare

GOALS = {"S": 15.0, "M": 90.0}


def measure_readiness(size: str, folder: Path) -> Figure:
    """Seconds from the command to the line that says ready; the limit is a bare load of the same rows."""
    directory = folder / f"demo-{size}"
    command = [sys.executable, "-m", "hub.cli", "demo", "--size", size, "--directory", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                ready = re.search(r"is ready \(([\d.]+) s\)", line)
                if ready:
                    bare_seconds = load_files_bare(directory / "network", folder / f"bare-{size}.sqlite")
                    return Figure(
                        f"hub demo ready, size {size}",
                        float(ready.group(1)),
                        "s",
                        bare_seconds,
                        "the same CSV rows into bare SQLite tables",
                        goal=GOALS[size],
                    )
        finally:
            process.terminate()
            process.wait(30)
    raise RuntimeError(f"hub demo --size {size} ended before it was ready")


def measure_credit(folder: Path) -> Figure:
    """Seconds from a score sent to its credit on the page, as the demo's check saw it."""
    command = [sys.executable, "-m", "hub.cli", "demo", "--check", "--directory", str(folder / "demo")]
    output = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True).stdout
    seen = re.search(r"shows the credit ([\d.]+) s after", output)
    if seen is None:
        raise RuntimeError("the check did not say how long the credit took")
    return Figure("score sent to credit shown", float(seen.group(1)), "s", goal=1.0)
