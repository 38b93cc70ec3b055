"""Checking one plugin: in a process of its own, which may hang or die without harm."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.errors import Missing
from hub.testing.plugin_check.finding import Finding, Place

SECONDS = 90
"""After which a check is given up; one takes a few."""
MODULE = "hub.testing.plugin_check.child"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Report:
    """What a check of one plugin came to."""

    plugin: str
    version: str
    folder: Path
    findings: Sequence[Finding]

    @property
    def errors(self) -> list[Finding]:
        """What must be mended."""
        return [finding for finding in self.findings if finding.is_error]

    @property
    def advice(self) -> list[Finding]:
        """What could be better."""
        return [finding for finding in self.findings if not finding.is_error]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "plugin": self.plugin,
            "version": self.version,
            "folder": str(self.folder),
            "passed": not self.errors,
            "findings": [finding.as_json() for finding in self.findings],
        }


def check_plugin(
    given: str,
    progress: Progress = lambda step: None,
    cache: Path | None = None,
    seconds: float = SECONDS,
    postgres: str = "",
) -> Report:
    """Check the plugin in a folder or file, or an installed one by its name. Missing where there is none.

    ``cache`` is a folder that keeps a migrated database from one check to the next; ``postgres`` the address of an empty
    database, in which the migrations are tried too.
    """
    with tempfile.TemporaryDirectory(prefix="hub-check-") as folder:
        lines, ended, said = _run([given, str(cache or folder), postgres], seconds, progress)
    missing = next((line["missing"] for line in lines if "missing" in line), None)
    if missing:
        raise Missing("no_plugin", *missing)
    about = next(
        (line for line in lines if "plugin" in line), {"plugin": given, "version": "", "folder": "."}
    )
    findings = [_read(line["finding"]) for line in lines if "finding" in line]
    if not any("done" in line for line in lines):
        step = next((line["step"] for line in reversed(lines) if "step" in line), "")
        findings.append(_broken(step, ended, said, seconds))
    return Report(about["plugin"], about["version"], Path(about["folder"]), findings)


def _run(
    arguments: Sequence[str], seconds: float, progress: Progress
) -> tuple[list[dict[str, Any]], int | None, str]:
    """What the process told, how it ended (None when it had to be ended), and the last it said."""
    read, write = os.pipe()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", MODULE, str(write), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[write],
            env={**os.environ, "PYTHONHASHSEED": "1"},
            start_new_session=True,
        )
        os.close(write)
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        lines = []
        try:
            with os.fdopen(read, encoding="utf-8") as told:
                for line in told:
                    lines.append(json.loads(line))
                    if "step" in lines[-1]:
                        progress(lines[-1]["step"])
            ended: int | None = process.wait()
        finally:
            hung = not timer.is_alive()
            timer.cancel()
            process.kill()
            process.wait()
        output.seek(0)
        said = output.read().decode(errors="replace").strip()
    return lines, None if hung else ended, said


def _read(told: dict[str, Any]) -> Finding:
    place = Place(told["path"], told["line"], told["hook"])
    return Finding(told["code"], told["problem"], told["mend"], place)


def _broken(step: str, ended: int | None, said: str, seconds: float) -> Finding:
    if ended is None:
        return Finding(
            "hangs",
            f"The check was given up after {seconds:.0f} s, at the step \u201c{step}\u201d.",
            "Something waits for ever, where a call cannot be interrupted: look for locks and loops.",
        )
    return Finding(
        "ends-process",
        f"The process ended with {ended} at the step \u201c{step}\u201d: {said[-400:] or 'it said nothing'}",
        "Raise an error of hub.api where something cannot go on: the process serves everybody.",
    )
