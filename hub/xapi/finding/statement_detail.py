"""One statement with everything around it: files, what it led to, what refers to it. For operators, of any system."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import is_id
from hub.journal.references import referred_id
from hub.journal.tables import statement, statement_id, statement_reference, voiding
from hub.store import UnitOfWork
from hub.training.credit.evidence_views import CompletionLine, CreditLine, completions_by, credits_by
from hub.xapi.finding.browse import Shown, show
from hub.xapi.forward.views import Forwarded, forwards_of
from hub.xapi.storing.attachments import blob_key, find_files

MAX_REFERRING = 20


@dataclass(frozen=True)
class FileLine:
    """A file that came with the statement; ``key`` is that of its blob."""

    sha2: str
    name: str
    content_type: str
    key: str


@dataclass(frozen=True)
class StatementDetail:
    """``payload`` are the bytes as they are given back, ``pretty`` the same with white space.

    ``target`` is the statement it refers to, ``voided_by`` the one that voids it, ``referring`` are those that refer to it.
    """

    shown: Shown
    payload: bytes
    pretty: str
    timestamp: datetime
    content_hash: str
    registration: str
    target: str
    voided_by: str
    referring: tuple[Shown, ...]
    files: tuple[FileLine, ...]
    completions: tuple[CompletionLine, ...]
    credits: tuple[CreditLine, ...]
    forwards: tuple[Forwarded, ...]


def read_statement(uow: UnitOfWork, id: str) -> StatementDetail:
    """The statement; Missing ``no_statement``, or ``statement_deleted`` where only its id is left."""
    row, content_hash = _row(uow, id)
    voided_by = uow.connection.scalar(
        sa.select(voiding.c.statement_id).where(
            voiding.c.target_id == row.id, voiding.c.connection_id == row.connection_id
        )
    )
    (shown,) = show(uow, [row])
    return StatementDetail(
        shown,
        row.payload,
        msgspec.json.format(row.payload, indent=2).decode(),
        row.timestamp,
        content_hash,
        row.registration or "",
        referred_id(row.object_id) or "",
        voided_by or "",
        tuple(_referring(uow, row)),
        tuple(_files(uow, row.payload)),
        tuple(completions_by(uow, row.id)),
        tuple(credits_by(uow, row.id)),
        tuple(forwards_of(uow, row.id)),
    )


def read_payload(uow: UnitOfWork, id: str) -> bytes:
    """The bytes of a statement; raises as ``read_statement``."""
    return bytes(_row(uow, id)[0].payload)


def find_file(uow: UnitOfWork, id: str, sha2: str) -> str:
    """The key of the blob of a file that came with a statement; Missing ``no_file``."""
    row, _ = _row(uow, id)
    known = {file.sha2 for file in find_files(uow, [row.payload])}
    if sha2 not in known:
        raise Missing("no_file", "No such file came with this statement.")
    return blob_key(row.connection_id, sha2)


def _row(uow: UnitOfWork, id: str) -> tuple[sa.Row[Any], str]:
    known = (
        uow.connection.execute(sa.select(statement_id).where(statement_id.c.id == id.lower())).one_or_none()
        if is_id(id)
        else None
    )
    if known is None:
        raise Missing("no_statement", "There is no statement with this id.")
    row = uow.connection.execute(
        sa.select(statement).where(statement.c.position == known.position)
    ).one_or_none()
    if row is None:
        raise Missing(
            "statement_deleted",
            "This statement was deleted, by a retention rule or an erasure.",
            "Its id stays, so that nothing else can be stored under it.",
        )
    return row, known.content_hash


def _referring(uow: UnitOfWork, row: sa.Row[Any]) -> list[Shown]:
    r = statement_reference.c
    positions = (
        sa.select(r.position)
        .where(r.connection_id == row.connection_id, r.target_id == row.id)
        .order_by(r.position.desc())
        .limit(MAX_REFERRING)
    )
    rows = uow.connection.execute(
        sa.select(statement).where(statement.c.position.in_(positions)).order_by(statement.c.position.desc())
    ).all()
    return show(uow, rows)


def _files(uow: UnitOfWork, payload: bytes) -> Iterator[FileLine]:
    if b'"attachments"' not in payload:
        return
    told = msgspec.json.decode(payload)
    named = {
        str(each["sha2"]).lower(): next(iter(each.get("display", {}).values()), "")
        for each in (*told.get("attachments", ()), *told["object"].get("attachments", ()))
    }
    for file in find_files(uow, [payload]):
        yield FileLine(file.sha2, named.get(file.sha2, ""), file.content_type, file.key)
