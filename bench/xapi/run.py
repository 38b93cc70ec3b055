"""What every part of one run shares."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.xapi.databases import Server
from bench.xapi.report import Report


@dataclass(frozen=True)
class Run:
    """One run: where it keeps its databases, how thorough it is, and where its figures go."""

    report: Report
    folder: Path
    server: Server
    processes: int
    rounds: int
    quick: bool
    statements: int = 0
    started: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Tell whoever waits how far it is."""
        print(f"[{time.monotonic() - self.started:6.1f} s] {text}", flush=True)
