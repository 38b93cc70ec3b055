"""Verifying the chain of seals: whether every row of the audit trail still is what it was when it was sealed."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.journal.seal import Head, read_head
from hub.journal.seal_format import START, row_hash, seal_hash, unpack_rows
from hub.journal.tables import audit, audit_gap, audit_seal
from hub.store import UnitOfWork

SEALS = 100
ROWS = 2000
POSITIONS = 50_000
MOST = 100
"""How many findings are told at most."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Finding:
    """What is wrong at one place.

    ``kind`` is changed, missing, inserted or twice for the row at ``position``; seal_changed or seal_missing for the seal
    of ``number``, whose lowest position stands here; head_differs where a seal is not the one that was noted elsewhere.
    """

    kind: str
    position: int
    number: int = 0

    def __str__(self) -> str:
        return _WORDS[self.kind].format(position=self.position, number=self.number)


_WORDS = {
    "changed": "The row at position {position} was changed after it was sealed (seal {number}).",
    "missing": "The row at position {position} is gone; it was sealed (seal {number}).",
    "inserted": "The row at position {position} was inserted afterwards: no seal has it.",
    "twice": "The row at position {position} was sealed already when seal {number} sealed it again; only its first seal counts.",
    "seal_changed": "Seal {number}, from position {position}, was changed, or does not follow the one before.",
    "seal_missing": "Seal {number}, before position {position}, is gone.",
    "head_differs": "Seal {number} is not the one that was noted: it, or something before it, was replaced.",
}


@dataclass(frozen=True)
class Verification:
    """How it went: what was looked at, the newest rows that wait for a seal, and findings in order of positions."""

    seals: int
    rows: int
    unsealed: int
    head: tuple[int, str]
    findings: Sequence[Finding]


@dataclass(frozen=True)
class _Sealed:
    """Positions that have a seal: nearly all in ascending order, and those that came late, below one before them."""

    ascending: "array[int]" = field(default_factory=lambda: array("q"))
    late: set[int] = field(default_factory=set)

    @property
    def last(self) -> int:
        return self.ascending[-1] if self.ascending else 0

    def __contains__(self, position: int) -> bool:
        place = bisect_left(self.ascending, position)
        found = place < len(self.ascending) and self.ascending[place] == position
        return found or position in self.late

    def add(self, position: int) -> bool:
        """False when it is there already."""
        if position > self.last:
            self.ascending.append(position)
            return True
        if position in self:
            return False
        self.late.add(position)
        return True


def verify_seals(
    uow: UnitOfWork,
    from_number: int = 1,
    noted: tuple[int, str] | None = None,
    progress: Progress = lambda *_: None,
) -> Verification:
    """Compare rows with seals, from one seal on; of those before it, only which rows they have.

    ``noted`` is the number and hash of a seal that were kept elsewhere: without it, nobody can tell that rows at the end
    are gone together with their seals, or that the whole chain was made anew. Missing ``no_seal`` for a ``from_number`` that
    is not there.
    """
    head = read_head(uow)
    gaps = list(uow.connection.execute(sa.select(audit_gap)))  # now: later, sealing may have filled some
    findings: list[Finding] = []
    before, sealed = _before(uow, from_number)
    begins = sealed.last
    number, done = from_number - 1, 0
    batch: dict[int, tuple[bytes, int]] = {}
    for seal in _seals(uow, from_number):
        if seal.number != number + 1:
            findings.append(Finding("seal_missing", seal.from_position, number + 1))
        elif seal.hash != seal_hash(before, seal.number, seal.at, seal.row_hashes):
            findings.append(Finding("seal_changed", seal.from_position, seal.number))
        number, before = seal.number, seal.hash
        for position, hashed in unpack_rows(seal.row_hashes):
            if sealed.add(position):
                batch[position] = (hashed, seal.number)
            else:
                findings.append(Finding("twice", position, seal.number))
        if not _fits_its_rows(seal, sealed.last):
            findings.append(Finding("seal_changed", seal.from_position, seal.number))
        if len(batch) >= ROWS:
            done += _compare(uow, batch, findings)
            batch.clear()
            progress("rows", done, done + 1)
    done += _compare(uow, batch, findings)
    progress("rows", done, done)
    findings += _noted(uow, noted, head) if noted else []
    findings += _inserted(uow, sealed, gaps, begins, head.position)
    unsealed = sa.select(sa.func.count()).where(audit.c.position > head.position)
    return Verification(
        number - from_number + 1,
        done,
        uow.connection.scalar(unsealed) or 0,
        (head.number, head.hash),
        sorted(set(findings), key=lambda each: (each.position, each.number, each.kind))[:MOST],
    )


def _before(uow: UnitOfWork, from_number: int) -> tuple[str, _Sealed]:
    """Hash of the seal before, and what has a seal by then, as the seals' rows say."""
    sealed, row = _Sealed(), None
    for row in _seals(uow, 1, from_number):
        for position, _ in unpack_rows(row.row_hashes):
            sealed.add(position)
    if from_number > 1 and (row is None or row.number != from_number - 1):
        raise Missing("no_seal", f"There is no seal {from_number - 1} from which to go on.")
    return row.hash if row else START, sealed


def _fits_its_rows(seal: Any, last: int) -> bool:
    """Whether a seal's positions, which its hash does not cover, are what its rows and those before make them."""
    first = min((position for position, _ in unpack_rows(seal.row_hashes)), default=None)
    return (seal.from_position, seal.to_position) == (first, last)


def _noted(uow: UnitOfWork, noted: tuple[int, str], head: Head) -> list[Finding]:
    """Compare the seal that was noted elsewhere, wherever the verification began."""
    number, hashed = noted
    if number == 0:  # noted before the first
        return [] if hashed == START else [Finding("head_differs", 0, 0)]
    row = uow.find(audit_seal, number=number) if number <= head.number else None
    if row is None:
        return [Finding("seal_missing", head.position + 1, number)]
    return [] if row.hash == hashed else [Finding("head_differs", row.from_position, number)]


def _seals(uow: UnitOfWork, from_number: int, to_number: int | None = None) -> Iterator[Any]:
    """Those of ``from_number`` and later, before ``to_number``."""
    s, after = audit_seal, from_number - 1
    upto = s.c.number < to_number if to_number is not None else sa.true()
    while rows := uow.connection.execute(
        sa.select(s).where(s.c.number > after, upto).order_by(s.c.number).limit(SEALS)
    ).all():
        yield from rows
        after = rows[-1].number


def _compare(uow: UnitOfWork, batch: dict[int, tuple[bytes, int]], findings: list[Finding]) -> int:
    """Look at the rows of some seals; how many there are."""
    query = sa.select(audit).where(uow.among(audit.c.position, list(batch)))
    found = {row.position: row for row in uow.connection.execute(query)} if batch else {}
    for position, (hashed, number) in batch.items():
        row = found.get(position)
        if row is None:
            findings.append(Finding("missing", position, number))
        elif row_hash(row) != hashed:
            findings.append(Finding("changed", position, number))
    return len(batch)


def _inserted(uow: UnitOfWork, sealed: _Sealed, gaps: Sequence[Any], after: int, last: int) -> list[Finding]:
    """Rows up to ``last`` that no seal has, but those for which a gap is kept open."""
    findings: list[Finding] = []
    while positions := list(
        uow.connection.scalars(
            sa.select(audit.c.position)
            .where(audit.c.position > after, audit.c.position <= last)
            .order_by(audit.c.position)
            .limit(POSITIONS)
        )
    ):
        after = positions[-1]
        findings += [
            Finding("inserted", position)
            for position in positions
            if position not in sealed
            and not any(gap.from_position <= position <= gap.to_position for gap in gaps)
        ]
    return findings
