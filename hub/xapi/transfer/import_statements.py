"""Importing statements from files into a connection: all of them are checked first, and none is stored twice.

A record store sets ``stored`` when it stores (1.0.3 Data 2.4.8), so that lists by time, and whoever follows them, miss
nothing: an import does so too. It keeps the ``authority`` that the first store asserted, because it comes from an operator, who
is trusted to say so (2.4.9), and the id, so that the same file again changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from hub.errors import BadInput
from hub.journal import audit
from hub.network.systems.connections import Connection, read_connection
from hub.runtime import Hub
from hub.xapi.callers.credentials import Credential
from hub.xapi.callers.scopes import ALL
from hub.xapi.http.versions import ApiVersion
from hub.xapi.storing.attachments import kept_files
from hub.xapi.storing.store_statements import store_statements
from hub.xapi.transfer.check_files import Counts, Progress, check_files, find_stored
from hub.xapi.transfer.lines import Line, Source, find_sources, read_line

AT_ONCE = 500
MAX_BYTES = 16 * 1024 * 1024
"""Of attachments in memory, though one alone may be larger."""


@dataclass(frozen=True)
class ImportReport:
    """What the files held and how many statements were stored; none in a dry run."""

    counts: Counts
    stored: int


def import_statements(
    hub: Hub,
    connection_id: str,
    paths: Sequence[Path],
    *,
    dry_run: bool = False,
    progress: Progress = lambda *_: None,
) -> ImportReport:
    """Check all files, then store what is new. An import that was killed is finished by running it again.

    BadInput with every problem and its place, and then nothing is stored; Missing ``no_connection``.
    """
    sources = find_sources(paths)
    with hub.reading() as uow:
        connection = read_connection(uow, connection_id)
    if connection.kind == "oidc":
        raise BadInput(
            "no_record_source", f"{connection.name} is an identity provider; it has no statements."
        )
    counts = check_files(hub, connection.id, sources, progress)
    if dry_run or not counts.new:
        return ImportReport(counts, 0)
    credential = _credential(connection)
    done = 0
    for batch in _batches(sources, connection.id):
        # The version decides what a statement gets that names none.
        for version, group in groupby(batch, key=lambda line: line.version):
            _store(hub, credential, list(group), version)
        done += len(batch)
        progress("storing", done, counts.total)
    with hub.unit_of_work() as uow:
        detail = {"files": len(sources), "new": counts.new, "known": counts.known}
        audit(uow, "statements_imported", connection.id, connection_id=connection.id, detail=detail)
    return ImportReport(counts, counts.new)


def _batches(sources: Sequence[Source], connection_id: str) -> Iterator[list[Line]]:
    """Lines of all files, some at a time: fewer where they have large attachments."""
    batch: list[Line] = []
    size = 0
    for source in sources:
        for place, text in source.lines:
            line = read_line(place, text, source.attachments, connection_id)
            batch.append(line)
            size += sum(map(len, line.files.values()))
            if len(batch) == AT_ONCE or size > MAX_BYTES:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _store(hub: Hub, credential: Credential, lines: Sequence[Line], version: ApiVersion) -> None:
    """Store what is not there yet; one statement may stand in the files twice. Conflict ``statement_differs``."""
    once = {str(line.incoming.id): line.incoming for line in reversed(lines)}
    files = {sha2: content for line in lines for sha2, content in line.files.items()}
    with kept_files(hub.blobs, credential.connection_id, files), hub.unit_of_work() as uow:
        hashes = {id: each.content_hash for id, each in once.items()}
        same = {id for id, is_same in find_stored(uow, credential.connection_id, hashes).items() if is_same}
        new = [each for id, each in reversed(once.items()) if id not in same]
        store_statements(uow, credential, new, version)


def _credential(connection: Connection) -> Credential:
    """As whom the statements are stored: an operator, for the connection."""
    return Credential(
        connection.id,
        f"import:{connection.slug}",
        connection.id,
        connection.partner_id,
        frozenset({ALL}),
        "import",
    )
