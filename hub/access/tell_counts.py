"""Telling how many people are in a set to somebody who may not see them one by one. Every such number goes through here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.access.floor import FLOOR, may_tell
from hub.access.tables import told_number, told_piece
from hub.ids import content_hash
from hub.journal.plain import canonical_json
from hub.network.tables import person
from hub.store import UnitOfWork
from hub.store.insert import insert_once

KEPT = timedelta(days=31)
"""For so long all numbers told to one asker are of one instant, so that who comes and goes cannot be told from two of them."""
_OPENED = ""


@dataclass(frozen=True)
class Told:
    """``people`` is None where it is not told; ``at`` is the instant it is of."""

    people: int | None
    at: datetime


def tell_count(
    uow: UnitOfWork,
    asker: str,
    question: Any,
    find_members: Callable[[datetime], sa.Select[tuple[str]]],
    floor: int = FLOOR,
) -> Told:
    """How many people are in a set, if that and all that was told to this asker before says nothing of fewer than ``floor`` people.

    ``question`` is what was asked, as JSON has it; ``find_members`` the ids of the people at an instant, each once. The same
    question is answered the same. It writes down what was told, and one asker's questions wait for each other.
    """
    for table in (told_piece, told_number):
        uow.connection.execute(sa.delete(table).where(table.c.asker == asker, table.c.expires_at <= uow.now))
    expires = uow.now + KEPT
    insert_once(uow, told_number, asker=asker, question=_OPENED, at=uow.now, expires_at=expires)
    mine = sa.select(told_number).where(told_number.c.asker == asker)
    opened = uow.connection.execute(mine.where(told_number.c.question == _OPENED).with_for_update()).one()
    known = uow.find(told_number, asker=asker, question=_hash(question, floor))
    if known is not None:
        return Told(known.people, opened.at)
    people = _cut(uow, asker, find_members(opened.at).subquery("members"), opened.expires_at, floor)
    uow.insert(
        told_number,
        asker=asker,
        question=_hash(question, floor),
        people=people,
        at=opened.at,
        expires_at=opened.expires_at,
    )
    return Told(people, opened.at)


def _cut(uow: UnitOfWork, asker: str, members: sa.Subquery, expires: datetime, floor: int) -> int | None:
    """The size of the set, after its pieces were cut; None, and nothing cut, if it may not be told. Piece 0 is everybody else."""
    sizes = _sizes(uow, asker)
    mine = sa.and_(told_piece.c.person_id == members.c.person_id, told_piece.c.asker == asker)
    piece = sa.func.coalesce(told_piece.c.piece, 0)
    joined = members.outerjoin(told_piece, mine)
    rows = uow.connection.execute(sa.select(piece, sa.func.count()).select_from(joined).group_by(piece))
    inside: dict[int, int] = {row[0]: row[1] for row in rows}
    if not may_tell(inside, sizes, floor):
        return None
    ids = sa.select(members.c.person_id)
    new = max(sizes)
    for old in sorted(number for number, part in inside.items() if number and part < sizes[number]):
        new += 1
        cut = sa.update(told_piece).where(told_piece.c.asker == asker, told_piece.c.piece == old)
        uow.connection.execute(cut.where(told_piece.c.person_id.in_(ids)).values(piece=new))
    if inside.get(0):
        said = (
            sa.literal(asker),
            members.c.person_id,
            sa.literal(new + 1),
            sa.literal(expires, told_piece.c.expires_at.type),
        )
        rest = sa.select(*said).select_from(joined).where(told_piece.c.person_id.is_(None))
        names = ["asker", "person_id", "piece", "expires_at"]
        uow.connection.execute(sa.insert(told_piece).from_select(names, rest))
    return sum(inside.values())


def _sizes(uow: UnitOfWork, asker: str) -> dict[int, int]:
    counted = sa.select(told_piece.c.piece, sa.func.count()).where(told_piece.c.asker == asker)
    sizes = {row[0]: row[1] for row in uow.connection.execute(counted.group_by(told_piece.c.piece))}
    everybody = uow.connection.scalar(sa.select(sa.func.count()).select_from(person)) or 0
    return {0: everybody - sum(sizes.values()), **sizes}


def _hash(question: Any, floor: int) -> str:
    return content_hash(canonical_json([question, floor]))
