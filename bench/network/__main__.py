"""``make bench-network``: the network at two sizes, so that what must not grow can be seen not to. Keeps var/bench-network.json.

Without arguments at 1/100 of the size that is planned for, some minutes; ``--tenth`` takes about half an hour, ``--full`` (5,000 partners,
50,000 locations, 2,000,000 people, 6,000,000 appointments) some hours and 60 GB of disk.
"""

import argparse
import os
from pathlib import Path

from bench.figures import Figure, show
from bench.network.at_size import measure
from bench.xapi.databases import file_system, postgres_server, run_folder

SIZES = {"hundredth": ("S", "L/100"), "tenth": ("L/100", "L/10"), "full": ("L/10", "L")}


def main() -> None:
    """Measure everything, the smaller size first."""
    parser = argparse.ArgumentParser(prog="bench.network", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--tenth", action="store_const", const="tenth", dest="size", help="1/100 and 1/10")
    size.add_argument("--full", action="store_const", const="full", dest="size", help="1/10 and all of it")
    parser.add_argument(
        "--json", type=Path, default=Path("var/bench-network.json"), help="where the figures go"
    )
    parser.add_argument(
        "--folder", type=Path, help="where databases and files are made (default: the temporary folder)"
    )
    arguments = parser.parse_args()
    figures: list[Figure] = []
    with run_folder(arguments.folder) as folder, postgres_server(folder) as server:
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, data on {file_system(folder)}")
        for number, name in enumerate(SIZES[arguments.size or "hundredth"]):
            figures += measure(name, server.create(f"size_{number}"), folder)
            show(figures, arguments.json)


main()
