"""Reads a generated network as anybody else would read it: from its files."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from hub.testing.generate_network import Summary
from hub.testing.network.files import COLUMNS

TODAY = date(2026, 5, 20)

Row = Mapping[str, str]


class Network:
    """The rows of all files, and a few ways to look at them."""

    def __init__(self, folder: Path, summary: Summary) -> None:
        self.summary = summary
        self.rows: dict[str, list[Row]] = {}
        for name in COLUMNS:
            with (folder / name).open(encoding="utf-8", newline="") as file:
                self.rows[name.removesuffix(".csv")] = list(csv.DictReader(file))

    def by_id(self, name: str) -> dict[str, Row]:
        """The rows of a file by the id in their first or, for nodes, second column."""
        key = "node_id" if name == "nodes" else COLUMNS[f"{name}.csv"][0]
        rows = {row[key]: row for row in self.rows[name]}
        assert len(rows) == len(self.rows[name])
        return rows

    def grouped(self, name: str, key: str) -> dict[str, list[Row]]:
        """The rows of a file by a column."""
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows[name]:
            groups[row[key]].append(row)
        return groups

    def leaves(self, dimension: str) -> set[frozenset[str]]:
        """How a dimension divides the locations."""
        parts = defaultdict(set)
        for row in self.rows["location_nodes"]:
            if row["dimension_id"] == dimension:
                parts[row["node_id"]].add(row["location_id"])
        return {frozenset(part) for part in parts.values()}


def end(text: str) -> str:
    """An end of validity that compares: an empty one is after all others."""
    return text or "9999-12-31"


def within(inner: Row, start: str, until: str) -> bool:
    return start <= inner["valid_from"] < end(inner["valid_to"]) <= end(until)


def live(row: Row) -> bool:
    return row["valid_from"] <= TODAY.isoformat() < end(row["valid_to"])
