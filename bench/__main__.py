"""``make bench``: measure, print, and keep the figures in var/bench.json. Takes some minutes."""

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.big_network import build
from bench.figures import Figure, show
from bench.limits import insert_goals_bare, load_files_bare
from bench.pages import measure_pages
from bench.readiness import measure_credit, measure_readiness


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=["S", "M"], default="M", help="size of the network (default M)")
    parser.add_argument("--database", default="", help="a database address instead of a fresh SQLite file")
    arguments = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as name:
        folder = Path(name)
        database_url = arguments.database or f"sqlite:///{folder / 'hub.sqlite'}"
        big = build(folder, database_url, arguments.size, datetime.now(UTC).date())
        bare_load = load_files_bare(folder / "network", folder / "bare.sqlite")
        bare_goals = insert_goals_bare(folder / "bare-goals.sqlite", big.goals)
        figures += [
            Figure(
                f"network import, {big.rows:,} rows",
                big.import_seconds,
                "s",
                bare_load,
                "the rows into bare SQLite tables",
            ),
            Figure(
                f"assigning, {big.people:,} people, {big.goals:,} goals",
                big.assign_seconds,
                "s",
                bare_goals,
                "as many bare inserts with the same indexes",
            ),
        ]
        figures += measure_pages(big, folder, database_url)
        big.hub.close()
        figures += [measure_readiness(size, folder) for size in dict.fromkeys(("S", arguments.size))]
        figures.append(measure_credit(folder))
    show(figures, Path("var/bench.json"))


main()
