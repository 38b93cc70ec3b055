"""What was measured, as a table and as JSON."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Line:
    """A figure in its unit, the median of ``runs``. ``own`` and ``reference`` are what bare programs reached beside it.

    ``reach`` is what the hub promises, in words; ``ratio`` is to what it refers to.
    """

    work: str
    value: float
    unit: str
    own: float | None = None
    reference: float | None = None
    ratio: float | None = None
    reach: str = ""
    runs: tuple[float, ...] = ()


@dataclass
class Report:
    """Lines and facts about the machine and the run."""

    facts: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def show(self, file: Path) -> None:
        """Print the table and write the file."""
        console = Console(width=150)
        for name, value in self.facts.items():
            console.print(f"{name}: {value}", highlight=False)
        table = Table(title="The record store and its limits, measured on this machine, now")
        for column in ("work", "value", "own tables", "reference", "ratio", "reach", "runs"):
            table.add_column(column, justify="left" if column in {"work", "reach", "runs"} else "right")
        for line in self.lines:
            table.add_row(
                line.work,
                f"{line.value:,.1f} {line.unit}" if line.value < 100 else f"{line.value:,.0f} {line.unit}",
                "" if line.own is None else f"{line.own:,.0f}",
                "" if line.reference is None else f"{line.reference:,.0f}",
                "" if line.ratio is None else f"{line.ratio:.2f}",
                line.reach,
                " ".join(f"{run:,.0f}" for run in line.runs),
            )
        console.print(table)
        file.parent.mkdir(parents=True, exist_ok=True)
        content = {"facts": self.facts, "lines": [asdict(line) for line in self.lines]}
        file.write_text(json.dumps(content, indent=1, default=str), encoding="utf-8")


def against(
    work: str, hub: Sequence[float], own: Sequence[float], reference: Sequence[float], reach: str
) -> Line:
    """A rate beside its limits. The ratio is the median of each round's own, for a machine's speed changes."""
    ratios = [h / r for h, r in zip(hub, reference, strict=True)]
    return Line(
        work,
        statistics.median(hub),
        "/s",
        statistics.median(own),
        statistics.median(reference),
        statistics.median(ratios),
        reach,
        tuple(hub),
    )
