"""``make bench-lti``: what a launch and a score cost the hub, beside its limits. Prints a table and writes it as JSON.

A figure is processor time of the process that serves, without the bare signature or verification that it cannot do without.
Queries and rows are those of one request; they must not grow with the number of registered systems.
"""

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.lti.cost import Cost, bare_signature
from bench.lti.registrations import add_registrations
from bench.lti.requests import Bench, Work
from bench.xapi.databases import postgres_server, run_folder
from hub.app import open_hub
from hub.config import Settings
from hub.runtime import Hub
from hub.store import migrate, open_engine
from hub.testing.serve import free_port
from tests.lti.rig import Keys, serve_keys


@dataclass(frozen=True)
class Line:
    """One figure. ``own`` is what the hub itself needed, in milliseconds; ``bare`` the cryptography in it."""

    work: str
    database: str
    registrations: int
    own: float
    bare: float
    limit: float
    queries: int
    rows: float | None

    @property
    def holds(self) -> bool:
        """Whether it is within its limit."""
        return self.own <= self.limit


def main() -> None:
    """Measure on both databases, with few and with many registered systems."""
    parser = argparse.ArgumentParser(prog="bench.lti", description=__doc__)
    parser.add_argument("--times", type=int, default=300, help="requests of each kind (default 300)")
    parser.add_argument("--many", type=int, default=10_000, help="registered systems (default 10000)")
    parser.add_argument("--json", type=Path, default=Path("var/bench-lti.json"), help="where the figures go")
    arguments = parser.parse_args()
    if arguments.times < 200:
        parser.error("a median of fewer than 200 requests says little")
    lines: list[Line] = []
    with ExitStack() as stack:
        folder = stack.enter_context(run_folder(None))
        keys = stack.enter_context(serve_keys())
        server = stack.enter_context(postgres_server(folder))
        for database, url in (("SQLite", _sqlite(folder)), ("PostgreSQL", server.create("lti"))):
            with _hub(url, keys) as (hub, west_port):
                lines += _measure(Bench(hub, keys, west_port), database, arguments.times, arguments.many)
    _show(lines, arguments.json)


def _measure(bench: Bench, database: str, times: int, many: int) -> list[Line]:
    lines = []
    with bench.serve_west():
        for registrations in (10, many):
            for connection_id in bench.connections:
                add_registrations(bench.hub, connection_id, registrations - bench.registrations)
            bench.registrations = registrations
            signing, verifying = bare_signature()
            for work in bench.works:
                bare = {"sign": signing, "verify": verifying, "": 0.0}[work.cryptography]
                cost = bench.measure(work, times)
                lines.append(_line(work, cost, database, registrations, bare))
    return lines


def _line(work: Work, cost: Cost, database: str, registrations: int, bare: float) -> Line:
    own = cost.milliseconds - bare
    return Line(work.name, database, registrations, own, bare, work.limit, cost.queries, cost.rows)


@contextmanager
def _hub(url: str, keys: Keys) -> Iterator[tuple[Hub, int]]:
    """A hub that may call the keys and the platform, which is served later at the port that comes with it."""
    port = free_port()
    settings = Settings(
        database_url=url,
        secret_key="only-for-measuring-0123456789abcdef",  # noqa: S106
        outgoing_allow=[keys.address.removeprefix("http://"), f"127.0.0.1:{port}"],
    )
    hub = open_hub(settings)
    try:
        yield hub, port
    finally:
        hub.close()


def _sqlite(folder: Path) -> str:
    url = f"sqlite:///{folder / 'hub.sqlite'}"
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
    return url


def _show(lines: list[Line], file: Path) -> None:
    table = Table(title="Launches and scores beside their limits, measured on this machine, now")
    for column in ("work", "database", "systems", "own ms", "limit", "bare ms", "queries", "rows"):
        table.add_column(column, justify="left" if column in {"work", "database"} else "right")
    for line in lines:
        table.add_row(
            line.work,
            line.database,
            f"{line.registrations:,}",
            f"{line.own:.2f}" + ("" if line.holds else " !"),
            f"{line.limit:.0f}",
            f"{line.bare:.2f}",
            str(line.queries),
            "" if line.rows is None else f"{line.rows:.0f}",
        )
    Console(width=120).print(
        f"cores: {os.cpu_count()}, load: {os.getloadavg()[0]:.1f}; ! is over its limit", table
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(line) for line in lines], indent=1), encoding="utf-8")


main()
