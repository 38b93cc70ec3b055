"""``hub demo``: the whole story on this machine, in real servers on loopback."""

import shutil
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from hub.cli.output import progress_bars
from hub.errors import Conflict
from hub.testing.demo.check import Journey
from hub.testing.demo.hub_process import running_hub
from hub.testing.demo.outside_systems import Ports
from hub.testing.demo.stage import Stage, set_stage
from hub.testing.demo.story import LOCAL_PASSWORD, PASSWORD, PEOPLE, TOMAS, date_of_story
from hub.testing.demo.walk import StepFailed

console = Console(highlight=False, soft_wrap=True)


@click.command()
@click.option(
    "--size", type=click.Choice(["S", "M", "L"]), default="S", show_default=True, help="Size of the network."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed makes another network.")
@click.option(
    "--port",
    type=int,
    default=8000,
    show_default=True,
    help="Port of the hub; the others follow from 101 above.",
)
@click.option("--directory", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True)
@click.option("--database", default="", help="A database address instead of a fresh SQLite file.")
@click.option("--check", is_flag=True, help="Play the story on free ports, print what was seen, and stop.")
def demo(size: str, seed: int, port: int, directory: Path, database: str, check: bool) -> None:
    """Start the hub, three identity providers and three LMSs with a generated network, and stay up."""
    started = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    if check:
        directory = directory.with_name(directory.name + "-check")
    ports = Ports.free() if check else Ports.beside(port)
    if busy := ports.busy():
        raise Conflict(
            "port_busy",
            f"The demo needs ports that are in use: {', '.join(map(str, busy))}.",
            "Stop what runs there, or let the demo use others: hub demo --port 9000 (then 9101 to 9106 too).",
        )
    shutil.rmtree(directory, ignore_errors=True)
    today = date_of_story(datetime.now(UTC))
    with (
        progress_bars() as progress,
        set_stage(
            directory, ports, size=size, seed=seed, today=today, database_url=database, progress=progress
        ) as stage,
        running_hub(stage),
    ):
        progress.close()
        if check:
            _check(stage)
            return
        _welcome(stage, time.monotonic() - started)
        _wait_for_interrupt()


def _check(stage: Stage) -> None:
    marks = {"step": "\n[bold]", "saw": "  [green]✓[/] ", "failed": "  [red]✗[/] "}
    try:
        Journey(stage, lambda mark, sentence: console.print(f"{marks[mark]}{_escape(sentence)}")).play()
    except StepFailed:
        console.print("\n[red]The story does not hold.[/]")
        sys.exit(1)
    console.print("\n[green]Every step of the story held.[/]")


def _welcome(stage: Stage, seconds: float) -> None:
    console.print(f"\n[bold]The Partner Training Hub is ready[/] ({seconds:.1f} s)\n")
    for name, address in (
        ("The hub", stage.hub_url),
        ("Riverside's sign-in", stage.riverside_url),
        ("Orvantis's sign-in", stage.orvantis_url),
        ("Lakeside's sign-in", stage.lakeside_url),
        ("LMS North", stage.north_url),
        ("LMS South", stage.south_url),
        ("LMS West", stage.west_url),
    ):
        console.print(f"  {name:<22}{address}")
    console.print(f"\nSign in at the hub with one of these addresses; the password is [bold]{PASSWORD}[/]\n")
    for person in PEOPLE:
        console.print(f"  {person.email:<34}{person.name}, {person.role}")
    console.print(
        f"\n{TOMAS.given_name} has an account of the hub itself, with the password [bold]{LOCAL_PASSWORD}[/]"
    )
    console.print("\nCtrl+C stops everything.")


def _wait_for_interrupt() -> None:
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    stop.wait()
    console.print("\nStopping ...")


def _interrupt(*_: object) -> None:
    """Told to end while the stage is being set: end as Ctrl+C does, and leave no process behind."""
    raise KeyboardInterrupt


def _escape(text: str) -> str:
    return text.replace("[", "\\[")
