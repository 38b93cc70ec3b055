"""Answers to writing requests that came with an Idempotency-Key: the same request again does nothing, and is answered the same.

The key is taken in the unit that writes, before it does anything. Of two at once the second waits for the first to end, and finds
its answer; when nothing was written, because it was refused, the key is free again. An import writes in many units: its key is
taken in one before them, and until the answer is kept, the answer is empty and the same request is done again.
"""

import re
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.access.tables import rest_answer
from hub.errors import BadInput, Conflict, Problem
from hub.store import UnitOfWork
from hub.store.insert import insert_once

KEPT = timedelta(days=1)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def begin_answer(uow: UnitOfWork, token_id: str, key: str, request_hash: str) -> str | None:
    """The answer (JSON) if this token sent the same before with this key; None takes the key for this unit.

    BadInput ``bad_key``; Conflict ``key_reused`` for another request under the same key.
    """
    if not _KEY.fullmatch(key):
        told = Problem("must be 1 to 200 visible letters of ASCII", "Idempotency-Key")
        raise BadInput("bad_key", "The key cannot be used.", "A UUID does well.", [told])
    mine = {"token_id": token_id, "key": key}
    uow.connection.execute(
        sa.delete(rest_answer).filter_by(**mine).where(rest_answer.c.expires_at <= uow.now)
    )
    new = {"request_hash": request_hash, "answer": "", "expires_at": uow.now + KEPT}
    if insert_once(uow, rest_answer, **mine, **new):
        return None
    return _same(uow.find(rest_answer, **mine), request_hash)


def find_answer(uow: UnitOfWork, token_id: str, key: str, request_hash: str) -> str:
    """The answer, or nothing yet; it takes no key. Conflict ``key_reused`` for another request under the same key."""
    row = uow.find(rest_answer, token_id=token_id, key=key)
    return _same(row, request_hash) if row is not None and row.expires_at > uow.now else ""


def keep_answer(uow: UnitOfWork, token_id: str, key: str, answer: str) -> None:
    """Remember what is answered, in the unit that began it."""
    mine = sa.update(rest_answer).filter_by(token_id=token_id, key=key)
    uow.connection.execute(mine.values(answer=answer))


def free_key(uow: UnitOfWork, token_id: str, key: str) -> None:
    """Let a key be used again, whose request was refused after it was taken."""
    mine = sa.delete(rest_answer).filter_by(token_id=token_id, key=key)
    uow.connection.execute(mine.where(rest_answer.c.answer == ""))


def _same(row: Any, request_hash: str) -> str:
    if row.request_hash != request_hash:
        raise Conflict(
            "key_reused",
            "Another request came with this Idempotency-Key.",
            "Take a new key for each request.",
        )
    return str(row.answer)
