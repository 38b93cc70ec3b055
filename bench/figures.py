"""One figure and its limit, and how they are printed."""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """A measurement in ``unit``. ``limit`` is what a bare program needs for the same, in the same unit and run.

    ``goal`` is what the hub promises, where it promises something.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    limit_is: str = ""
    goal: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the limit it took."""
        return self.value / self.limit if self.limit else None


def median_milliseconds(call: Callable[[], object], times: int = 30, warm_up: int = 3) -> tuple[float, float]:
    """Median and 95th percentile of a call, in milliseconds."""
    for _ in range(warm_up):
        call()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def show(figures: Sequence[Figure], file: Path) -> None:
    """Print the figures as a table and keep them as JSON."""
    table = Table(title="Measured on this machine, now")
    for column in ("what", "value", "limit", "ratio", "goal", "limit is"):
        table.add_column(column, justify="left" if column in {"what", "limit is"} else "right")
    for f in figures:
        table.add_row(
            f.name,
            f"{f.value:,.1f} {f.unit}",
            f"{f.limit:,.1f}" if f.limit is not None else "",
            f"{f.ratio:.1f}" if f.ratio is not None else "",
            f"{f.goal:,.0f}" if f.goal is not None else "",
            f.limit_is,
        )
    Console().print(table)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        json.dumps([{**asdict(f), "ratio": f.ratio} for f in figures], indent=1), encoding="utf-8"
    )
