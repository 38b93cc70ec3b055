"""What bare programs need for the same work: the limits the figures stand beside."""

import csv
import sqlite3
import time
from pathlib import Path


def load_files_bare(files: Path, database: Path) -> float:
    """Seconds to read all CSV files and insert their rows into plain SQLite tables with one index each."""
    started = time.perf_counter()
    with sqlite3.connect(database) as connection:
        for file in sorted(files.glob("*.csv")):
            with file.open(newline="", encoding="utf-8") as stream:
                reader = csv.reader(stream)
                columns = next(reader)
                table = file.stem
                connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
                marks = ", ".join("?" * len(columns))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", reader)
                connection.execute(f"CREATE INDEX ix_{table} ON {table} ({columns[0]})")
    connection.close()
    return time.perf_counter() - started


def insert_goals_bare(database: Path, goals: int) -> float:
    """Seconds to insert so many goals and sources, with the indexes the hub has, in chunks of five thousand."""
    started = time.perf_counter()
    connection = sqlite3.connect(database)
    connection.executescript(
        "PRAGMA journal_mode = WAL;"
        "CREATE TABLE goal (id PRIMARY KEY, person, target, kind, dimension, UNIQUE (person, target, kind, dimension));"
        "CREATE INDEX ix_goal ON goal (target, person);"
        "CREATE TABLE source (id PRIMARY KEY, goal, rule, appointment, reason, valid_from, valid_to);"
        "CREATE INDEX ix_source ON source (goal); CREATE INDEX ix_appointment ON source (appointment);"
    )
    for start in range(0, goals, 5000):
        numbers = range(start, min(start + 5000, goals))
        with connection:
            connection.executemany(
                "INSERT INTO goal VALUES (?, ?, ?, 'brand', 'service')",
                [(f"{n * 2654435761 % 2**32:036}", f"{n // 10:036}", f"{n % 10:036}") for n in numbers],
            )
            connection.executemany(
                "INSERT INTO source VALUES (?, ?, 'rule', ?, '{}', '2026-01-01', NULL)",
                [(f"{n * 40503 % 2**32:036}", f"{n:036}", f"{n // 5:036}") for n in numbers],
            )
    connection.close()
    return time.perf_counter() - started
