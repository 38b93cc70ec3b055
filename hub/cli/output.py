"""How commands show what they do: bars on a terminal, plain lines anywhere else; tables that fit."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from hub.audiences.plans.diff import Effects

LINE_SECONDS = 5.0
"""How often at most a step says how far it is, where there is no terminal."""
_WIDE = 200


def end_dry_run() -> None:
    """The last line of a dry run."""
    click.echo("\nThis was a dry run: nothing was changed.")


class Steps:
    """Told what is being done, how much of it is done, and how much there is. Bars go to standard error."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bars = (
            Progress(
                TextColumn("{task.description:<24}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self._console,
            )
            if self._console.is_terminal
            else None
        )
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, float] = {}
        self._finished: set[str] = set()
        if self._bars:
            self._bars.start()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Show it."""
        if self._bars is None:
            self._say(step, done, total)
            return
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(step, total=total)
        self._bars.update(self._tasks[step], completed=done, total=total)

    def close(self) -> None:
        """Leave the bars as they are and give the terminal back; more than once does no harm."""
        if self._bars:
            self._bars.stop()

    def _say(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done >= total and step not in self._finished:
            self._finished.add(step)
            click.echo(f"{step}: {done:,}", err=True)
        elif done < total and now - self._said.setdefault(step, now) >= LINE_SECONDS:
            self._said[step] = now
            click.echo(f"{step}: {done:,} of {total:,}", err=True)


@contextmanager
def progress_bars() -> Iterator[Steps]:
    """Show the progress of long work until the block ends."""
    steps = Steps()
    try:
        yield steps
    finally:
        steps.close()


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; off a terminal in full width, so that nothing is cut."""
    on_terminal = sys.stdout.isatty()
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False, width=None if on_terminal else _WIDE).print(table)


def words_of_outcome(effects: "Effects") -> str:
    """``3 credits at once, 0 taken back; 12 people written to; plugins told 3 times.``"""
    outcome = effects.outcome
    if outcome is None:
        return "Credits and mails are not counted: it is about too many people."
    return (
        f"{outcome.credits:,} credits at once, {outcome.revoked:,} taken back; {outcome.messages:,} people written to; "
        f"plugins told {outcome.calls:,} times."
    )
