"""What PostgreSQL needs for the same rows when nothing is asked of them: the limit that the import stands beside."""

import csv
import time
from pathlib import Path

import sqlalchemy as sa


def copy_files_bare(files: Path, url: str) -> float:
    """Seconds to COPY all CSV files into plain tables of texts with one index each, in a database of their own."""
    engine = sa.create_engine(url)
    started = time.perf_counter()
    with engine.begin() as connection:
        for file in sorted(files.glob("*.csv")):
            with file.open(encoding="utf-8", newline="") as stream:
                columns = next(csv.reader(stream))
            declared = ", ".join(f"{column} text" for column in columns)
            connection.exec_driver_sql(f"CREATE TABLE bare_{file.stem} ({declared})")
            driver = connection.connection.driver_connection
            assert driver is not None
            command = f"COPY bare_{file.stem} FROM STDIN (FORMAT csv, HEADER)"
            with driver.cursor() as cursor, cursor.copy(command) as copy, file.open("rb") as content:
                while block := content.read(1 << 16):
                    copy.write(block)
            connection.exec_driver_sql(f"CREATE INDEX ON bare_{file.stem} ({columns[0]})")
    taken = time.perf_counter() - started
    with engine.begin() as connection:
        for file in files.glob("*.csv"):
            connection.exec_driver_sql(f"DROP TABLE bare_{file.stem}")
    engine.dispose()
    return taken
