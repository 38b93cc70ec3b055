"""``make bench-plugins``: what plugins cost the hub. Prints a table and keeps it in var/bench-plugins.json.

A call of a hook beside the same call by pluggy alone, and "My training" with thirty plugins on beside the page without. Both
sides of a figure are measured in turns, so that a busy machine disturbs both alike.
"""

import argparse
import tempfile
from pathlib import Path

from bench.figures import show
from bench.plugins.calls import measure_calls
from bench.plugins.page import measure_page


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(prog="bench.plugins", description=__doc__)
    parser.add_argument("--size", choices=["S", "M"], default="M", help="size of the network (default M)")
    parser.add_argument(
        "--json", type=Path, default=Path("var/bench-plugins.json"), help="where the figures go"
    )
    arguments = parser.parse_args()
    figures = measure_calls()
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        figures += measure_page(Path(folder), arguments.size)
    show(figures, arguments.json)


main()
