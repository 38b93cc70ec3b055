"""The same questions in another process: ``python -m hub.testing.plugin_check.other_process`` reads them from its input."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hub.testing.plugin_check.asking import digests
from hub.testing.plugin_check.finding import Findings
from hub.testing.plugin_check.receiver import Outside
from hub.testing.plugin_check.subject import Subject
from hub.testing.plugin_check.trial import Trial, load_class
from hub.testing.plugin_check.watching import Watch
from hub.testing.plugin_check.way_out import ToTheOutside

SECONDS = 20
KNOWN = ("random-in-ask", "clock-in-ask", "keeps-state", "raises", "too-slow", "ends-process")
"""With one of these, it is no wonder that answers differ."""


def ask_elsewhere(trial: Trial, process: "subprocess.Popen[str]") -> None:
    """Let the other process begin, while this one goes on."""
    subject = trial.subject
    told = {
        "name": subject.name,
        "points_to": subject.points_to,
        "folder": str(subject.folder),
        "files": [str(path) for path in subject.files],
        "search_path": str(subject.search_path or ""),
        "settings": trial.settings,
        "given": subject.given,
        "address": trial.outside.address,
    }
    if process.stdin is not None and trial.hooks("ask", "show"):
        try:
            process.stdin.write(json.dumps(told, default=str) + "\n")
            process.stdin.flush()
        except OSError:
            return  # it is gone, which is seen when it is asked for its answers


def compare(trial: Trial, process: "subprocess.Popen[str]") -> None:
    """Note where it answered something else."""
    mine = trial.hooks("ask", "show")
    if not mine or trial.findings.has(*KNOWN):
        return
    try:
        said = process.communicate(timeout=SECONDS)[0]
        elsewhere = json.loads(said.splitlines()[-1]) if said else {}
    except (subprocess.TimeoutExpired, ValueError):
        elsewhere = {}
    for hook, digest in digests(trial).items():
        if elsewhere.get(hook) != digest:
            trial.findings.add(
                "not-deterministic",
                "Another process gave another answer to the same question.",
                "Sort sets before you go through them, use no hash() and no id(), and answer from the arguments alone.",
                trial.place(hook),
            )


def _main() -> None:
    out = os.dup(1)
    os.dup2(2, 1)  # what the plugin prints is nobody's answer
    line = sys.stdin.readline()
    if not line:
        return
    told: dict[str, Any] = json.loads(line)
    files = tuple(Path(path) for path in told["files"])
    subject = Subject(told["name"], told["points_to"], Path(told["folder"]), files, given=told["given"])
    if told["search_path"]:
        sys.path.insert(0, told["search_path"])
    http, outside = ToTheOutside(told["address"]), Outside(told["address"])
    findings = Findings(subject.folder)
    trial = Trial(subject, findings, load_class(subject), outside, Watch(subject), http, told["settings"])
    os.write(out, json.dumps(digests(trial)).encode())


if __name__ == "__main__":
    _main()
