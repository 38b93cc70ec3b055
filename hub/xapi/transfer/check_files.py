"""Checking files of statements before anything is stored: every problem of every file, each with its line.

What the lines are is noted in a scratch database, because there may be more of them than fit into memory.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from hub.errors import BadInput, HubError, Problem
from hub.journal import VOIDED, positions_of
from hub.journal.tables import statement, statement_id
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.xapi.statements.equality import stored_hashes
from hub.xapi.transfer.formats import count_lines
from hub.xapi.transfer.lines import Source, read_line

MAX_PROBLEMS = 200
"""More are only counted."""
_AT_ONCE = 500
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Counts:
    """What the files hold: ``new`` statements, those ``known`` already, and ``repeated`` ones, which stand in them twice."""

    new: int = 0
    known: int = 0
    repeated: int = 0

    @property
    def total(self) -> int:
        """Lines with a statement."""
        return self.new + self.known + self.repeated


class Findings:
    """Problems, of which the first are kept."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.count = 0

    def add(self, *problems: Problem) -> None:
        """Note some more."""
        self.count += len(problems)
        self.problems += problems[: max(0, MAX_PROBLEMS - len(self.problems))]


def check_files(hub: Hub, connection_id: str, sources: Sequence[Source], progress: Progress) -> Counts:
    """What an import would do. BadInput ``bad_statements`` with the problems of all files; nothing is stored."""
    findings = Findings()
    with _scratch() as scratch:
        for source in sources:
            _note_lines(scratch, source, connection_id, findings, progress)
        _find_contradictions(scratch, findings)
        with hub.reading() as uow:
            counts = _compare(uow, scratch, connection_id, findings)
    if findings.count:
        more = findings.count - len(findings.problems)
        help = "Correct the lines and import again."
        raise BadInput(
            "bad_statements",
            f"The files have {findings.count:,} problem{'s' if findings.count > 1 else ''}; nothing was stored.",
            f"{more:,} more are not listed. {help}" if more else help,
            findings.problems,
        )
    return counts


@contextmanager
def _scratch() -> Iterator[sqlite3.Connection]:
    with tempfile.TemporaryDirectory(prefix="hub-import-") as folder:
        scratch = sqlite3.connect(Path(folder) / "lines.sqlite", isolation_level=None)
        try:
            scratch.execute("PRAGMA journal_mode = OFF")
            scratch.execute("PRAGMA synchronous = OFF")
            scratch.execute(
                "CREATE TABLE line (id TEXT PRIMARY KEY, hash TEXT, place TEXT, voids TEXT, times INT)"
            )
            scratch.execute("CREATE TABLE twice (id TEXT, place TEXT, other TEXT)")
            scratch.execute("BEGIN")
            yield scratch
        finally:
            scratch.close()


def _note_lines(
    scratch: sqlite3.Connection, source: Source, connection_id: str, findings: Findings, progress: Progress
) -> None:
    total = count_lines(source.path)
    for number, (place, line) in enumerate(source.lines):
        progress(f"checking {source.path.name}", min(number, total - 1), total)
        try:
            each = read_line(place, line, source.attachments, connection_id).incoming
        except HubError as error:
            # Parts of a statement begin with its name, which a line needs not.
            parts = [
                Problem(f"{p.place.removeprefix('statement').lstrip('.')} {p.message}".strip(), place)
                for p in error.problems
            ]
            findings.add(*(parts or [Problem(error.message, place)]))
            continue
        thing = each.statement.object
        voids = thing.id.lower() if each.statement.verb.id == VOIDED else None
        _note(scratch, (str(each.id), each.content_hash, place, voids))
    progress(f"checking {source.path.name}", total, total)


def _note(scratch: sqlite3.Connection, line: tuple[str, str, str, str | None]) -> None:
    id, hash, place, _ = line
    new = scratch.execute(
        "INSERT INTO line (id, hash, place, voids, times) VALUES (?, ?, ?, ?, 1) ON CONFLICT DO NOTHING", line
    )
    if new.rowcount:
        return
    same = scratch.execute("UPDATE line SET times = times + 1 WHERE id = ? AND hash = ?", (id, hash))
    if not same.rowcount:
        scratch.execute("INSERT INTO twice SELECT id, ?, place FROM line WHERE id = ?", (place, id))


def _find_contradictions(scratch: sqlite3.Connection, findings: Findings) -> None:
    for place, id, other in scratch.execute("SELECT place, id, other FROM twice ORDER BY rowid"):
        findings.add(Problem(f"id {id} is also the id of another statement, at {other}", place))
    voided = (
        "SELECT v.place FROM line v JOIN line t ON t.id = v.voids WHERE t.voids IS NOT NULL ORDER BY v.rowid"
    )
    for (place,) in scratch.execute(voided):
        findings.add(Problem("object.id is a voiding statement, which cannot be voided", place))


def _compare(uow: UnitOfWork, scratch: sqlite3.Connection, connection_id: str, findings: Findings) -> Counts:
    """Against what is stored."""
    known = 0
    lines = scratch.execute("SELECT id, hash, place, voids FROM line ORDER BY id")
    while chunk := lines.fetchmany(_AT_ONCE):
        stored = find_stored(uow, connection_id, {id: hash for id, hash, *_ in chunk})
        unvoidable = _stored_voidings(uow, connection_id, [voids for *_, voids in chunk if voids])
        for id, _, place, voids in chunk:
            if voids in unvoidable:
                findings.add(Problem("object.id is a voiding statement, which cannot be voided", place))
            if not stored.get(id, True):
                findings.add(
                    Problem(f"id {id} is stored already with other content, or by another system", place)
                )
        known += len(stored)
    total, different = scratch.execute("SELECT sum(times), count(*) FROM line").fetchone()
    return Counts(different - known, known, (total or 0) - different)


def find_stored(uow: UnitOfWork, connection_id: str, hashes: Mapping[str, str]) -> dict[str, bool]:
    """Which of these ids are stored, and whether as the same statement of this connection.

    Of what was deleted here only the id is left; it counts as the same, because it must not come back.
    """
    table = statement_id
    rows = uow.connection.execute(sa.select(table).where(table.c.id.in_(hashes))).all()
    own = {row.id: row.connection_id == connection_id for row in rows}
    payloads = uow.connection.execute(
        sa.select(statement.c.id, statement.c.payload).where(
            statement.c.position.in_([row.position for row in rows if own[row.id]])
        )
    )
    return own | {r.id: hashes[r.id] in stored_hashes(bytes(r.payload)) for r in payloads}


def _stored_voidings(uow: UnitOfWork, connection_id: str, ids: Sequence[str]) -> set[str]:
    if not ids:
        return set()
    s = statement
    return set(
        uow.connection.scalars(
            sa.select(s.c.id).where(
                s.c.position.in_(positions_of(ids)), s.c.connection_id == connection_id, s.c.verb == VOIDED
            )
        )
    )
