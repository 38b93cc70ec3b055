"""The audit trail as lines of JSON, with its seals, so that others can keep it and check it without the hub."""

import json
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from hub.journal.seal_format import row_hash, row_text, unpack_rows
from hub.journal.tables import audit, audit_seal
from hub.store import UnitOfWork

ROWS = 2000

Progress = Callable[[str, int, int], None]


def audit_lines(uow: UnitOfWork, progress: Progress = lambda *_: None) -> Iterator[str]:
    """``{"row": ..., "sha256": ...}`` for each row, then ``{"seal": ..., "at": ..., "hash": ..., "positions": [...]}`` for each seal.

    A row's hash is over the text after ``"row":`` as it stands there.
    """
    after, done = -1, 0
    query = sa.select(audit).order_by(audit.c.position).limit(ROWS)
    while rows := uow.connection.execute(query.where(audit.c.position > after)).all():
        for row in rows:
            yield f'{{"row":{row_text(row)},"sha256":"{row_hash(row).hex()}"}}'
        after, done = rows[-1].position, done + len(rows)
        progress("rows", done, done + 1)
    progress("rows", done, done)
    number = 0
    s = audit_seal
    seals = sa.select(s).order_by(s.c.number).limit(ROWS // 10)
    while found := uow.connection.execute(seals.where(s.c.number > number)).all():
        for seal in found:
            positions = [position for position, _ in unpack_rows(seal.row_hashes)]
            at = seal.at.isoformat(timespec="microseconds")
            yield json.dumps({"seal": seal.number, "at": at, "hash": seal.hash, "positions": positions})
        number = found[-1].number
