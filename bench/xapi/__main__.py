"""``make bench-xapi``: the record store against its limits. Prints a table and writes it as JSON."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from bench.xapi.databases import file_system, postgres_server, run_folder
from bench.xapi.ingest import measure_ingest
from bench.xapi.lists import measure_lists
from bench.xapi.recognition import measure_recognition
from bench.xapi.report import Report
from bench.xapi.run import Run
from bench.xapi.sqlite import measure_sqlite

PARTS: dict[str, Callable[[Run], None]] = {
    "sqlite": measure_sqlite,
    "post": measure_ingest,
    "lists": measure_lists,
    "recognition": measure_recognition,
}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="bench.xapi", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few minutes: less of everything")
    parser.add_argument(
        "--only", choices=list(PARTS), action="append", help="only this part; may be repeated"
    )
    parser.add_argument("--rounds", type=int, default=0, help="how often each figure is measured")
    parser.add_argument("--processes", type=int, default=2, help="web processes of the hub (default 2)")
    parser.add_argument(
        "--statements", type=int, default=0, help="GET: how many are stored, such as 10000000"
    )
    parser.add_argument("--json", type=Path, default=Path("var/bench-xapi.json"), help="where the figures go")
    parser.add_argument(
        "--folder", type=Path, help="where the databases are made (default: the temporary folder)"
    )
    arguments = parser.parse_args()
    parts, rounds = arguments.only or list(PARTS), arguments.rounds or (2 if arguments.quick else 5)
    report = Report()
    with run_folder(arguments.folder) as folder, postgres_server(folder) as server:
        report.facts = {"cores": os.cpu_count(), "load before": os.getloadavg(), "data": file_system(folder)}
        report.facts |= server.facts()
        run = Run(report, folder, server, arguments.processes, rounds, arguments.quick, arguments.statements)
        for part in parts:
            PARTS[part](run)
    report.show(arguments.json)


main()
