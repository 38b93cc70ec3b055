"""The two formats of statements in files: NDJSON, one statement a line, and Parquet with the columns one filters by."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from hub.errors import BadInput, HubError, Problem

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

NDJSON, PARQUET = "ndjson", "parquet"
FORMATS = (NDJSON, PARQUET)
MAX_LINE = 16 * 1024 * 1024
_ROWS_AT_ONCE = 5_000
_MARK = b"\xef\xbb\xbf"
"""What some editors put before UTF-8."""
_BREAKS = bytes.maketrans(b"\r\n", b"  ")
"""Inside strings JSON has no bare line breaks, so each that stands there is mere space."""


Rows = Sequence[sa.Row[Any]]
"""Statements with ``payload`` and, for Parquet, with all its columns but ``statement``."""


class Writer(Protocol):
    """Writes one file."""

    def write(self, rows: Rows) -> None:
        """Add statements."""

    def close(self) -> None:
        """Finish the file."""


def open_writer(format: str, path: Path) -> Writer:
    """A writer of a new file; HubError ``no_pyarrow`` when Parquet cannot be written here."""
    return _Parquet(path) if format == PARQUET else _Ndjson(path)


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The statements of a file with the number of their line, or of their row in Parquet; empty lines are left out."""
    if path.suffix == f".{PARQUET}":
        yield from _read_parquet(path)
        return
    with path.open("rb") as file:
        for number, line in enumerate(iter(partial(file.readline, MAX_LINE + 1), b""), 1):
            if len(line) > MAX_LINE:
                place = f"{path}:{number}"
                problem = Problem(f"is longer than {MAX_LINE:,} bytes; a line holds one statement", place)
                raise BadInput("long_line", "The files cannot be read.", problems=[problem])
            text = line.removeprefix(_MARK).strip() if number == 1 else line.strip()
            if text:
                yield number, text


def count_lines(path: Path) -> int:
    """How many lines or rows a file has, empty ones too; for showing progress."""
    if path.suffix == f".{PARQUET}":
        with _opened_parquet(path) as table:
            return int(table.metadata.num_rows)
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(partial(file.read, 1 << 20), b""))


def need_pyarrow() -> None:
    """HubError ``no_pyarrow``, which names the extra, when Parquet cannot be read or written here."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "pyarrow":
            raise
        raise HubError(
            "no_pyarrow",
            "Parquet needs pyarrow, which is not installed.",
            "Run: pip install 'partner-training-hub[parquet]', or use --format ndjson.",
        ) from None


class _Ndjson:
    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb")

    def write(self, rows: Rows) -> None:
        self._file.writelines(bytes(row.payload).translate(_BREAKS) + b"\n" for row in rows)

    def close(self) -> None:
        self._file.close()


class _Parquet:
    def __init__(self, path: Path) -> None:
        need_pyarrow()
        import pyarrow.parquet

        self._schema = _schema()
        self._rows: list[sa.Row[Any]] = []
        self._writer = pyarrow.parquet.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: Rows) -> None:
        self._rows += rows
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow

        columns = {name: [_value(row, name) for row in self._rows] for name in self._schema.names}
        if self._rows:
            self._writer.write_table(pyarrow.table(columns, schema=self._schema))
        self._rows = []


def _value(row: sa.Row[Any], name: str) -> Any:
    return bytes(row.payload).decode() if name == "statement" else getattr(row, name)


def _schema() -> "pyarrow.Schema":
    import pyarrow

    instant = pyarrow.timestamp("us", tz="UTC")
    kinds = {"position": pyarrow.int64(), "stored": instant, "timestamp": instant}
    names = (
        *("position", "id", "connection", "stored", "timestamp", "actor_form", "actor_subject"),
        *("verb", "object_id", "registration", "statement"),
    )
    return pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in names])


@contextmanager
def _opened_parquet(path: Path) -> "Iterator[pyarrow.parquet.ParquetFile]":
    need_pyarrow()
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            if "statement" not in file.schema_arrow.names:
                raise BadInput("bad_parquet", f"{path} has no column named statement.")
            yield file
    except pyarrow.ArrowException as error:
        raise BadInput("bad_parquet", f"{path} cannot be read: {error}") from None


def _read_parquet(path: Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    with _opened_parquet(path) as file:
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=["statement"]):
            for value in batch.column(0).to_pylist():
                number += 1
                yield number, value if isinstance(value, bytes) else str(value or "").encode()
