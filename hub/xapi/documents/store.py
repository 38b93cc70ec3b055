"""Keeping documents: one row each, changed under its lock, so that of two who change the same version one wins."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.errors import Missing
from hub.store import UnitOfWork
from hub.xapi.documents.conditions import Conditions
from hub.xapi.documents.keys import Context, Key
from hub.xapi.documents.tables import xapi_document

_columns = xapi_document.c


@dataclass(frozen=True)
class Document:
    """What is kept under a key."""

    content: bytes
    content_type: str
    etag: str
    updated_at: datetime


@dataclass(frozen=True)
class Listed:
    """The names of a context's documents, the longest unchanged first, and when the last of them changed, if there is one."""

    names: list[str]
    updated_at: datetime | None


Change = Callable[[Document | None], tuple[bytes, str]]
"""From the document that is there, if there is one, to content and content type of the one that shall be. Errors leave all as it is."""


def read_document(uow: UnitOfWork, key: Key) -> Document:
    """The document. Missing ``no_document``."""
    found = _find(uow, key, lock=False)
    if found is None:
        raise Missing("no_document", "There is no such document.")
    return found


def list_documents(uow: UnitOfWork, context: Context, since: datetime | None) -> Listed:
    """What is there of a context, changed after ``since``; without a registration, of every registration."""
    query = sa.select(_columns.name, _columns.updated_at).where(*_in(context))
    if since is not None:
        query = query.where(_columns.updated_at > since)
    rows = uow.connection.execute(query.order_by(_columns.updated_at, _columns.key_hash)).all()
    names = list(dict.fromkeys(row.name for row in rows))
    return Listed(names, rows[-1].updated_at if rows else None)


def change_document(uow: UnitOfWork, key: Key, change: Change) -> None:
    """Store what ``change`` makes of the document; no other unit can change it in between."""
    while True:
        found = _find(uow, key, lock=True)
        content, content_type = change(found)
        values = {
            "content": content,
            "content_type": content_type,
            "etag": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            # A unit that waited for the lock began before the one that held it.
            "updated_at": max(uow.now, found.updated_at) if found else uow.now,
        }
        if found is not None:
            update = sa.update(xapi_document).where(_columns.key_hash == key.hash)
            uow.connection.execute(update.values(**values))
            return
        insert = sqlite.insert if uow.is_sqlite else postgresql.insert
        row = insert(xapi_document).values(**_names(key), **values).on_conflict_do_nothing()
        if uow.connection.scalar(row.returning(_columns.key_hash)) is not None:
            return
        # Another unit made the document after this one had looked: look again.


def delete_document(uow: UnitOfWork, key: Key, conditions: Conditions) -> None:
    """Delete the document, if it is there. PreconditionFailed."""
    found = _find(uow, key, lock=True)
    conditions.check(found.etag if found else None)
    uow.connection.execute(sa.delete(xapi_document).where(_columns.key_hash == key.hash))


def delete_documents(uow: UnitOfWork, context: Context) -> None:
    """Delete every document of a context; without a registration, of every registration."""
    # Locked in one order, so that two who delete overlapping contexts wait for each other in one direction.
    keys = sa.select(_columns.key_hash).where(*_in(context)).order_by(_columns.key_hash).with_for_update()
    uow.connection.execute(sa.delete(xapi_document).where(_columns.key_hash.in_(keys)))


def _find(uow: UnitOfWork, key: Key, *, lock: bool) -> Document | None:
    query = sa.select(_columns.content, _columns.content_type, _columns.etag, _columns.updated_at).where(
        _columns.key_hash == key.hash
    )
    row = uow.connection.execute(query.with_for_update() if lock else query).one_or_none()
    return Document(*row) if row is not None else None


def _in(context: Context) -> list[sa.ColumnElement[bool]]:
    found = [_columns.context_hash == context.hash]
    if context.registration is not None:
        found.append(_columns.registration == context.registration)
    return found


def _names(key: Key) -> dict[str, object]:
    context = key.context
    form, subject = context.agent or (None, None)
    return {
        "key_hash": key.hash,
        "context_hash": context.hash,
        "connection_id": context.connection_id,
        "kind": context.kind,
        "agent_form": form,
        "agent_subject": subject,
        "activity_id": context.activity_id,
        "registration": context.registration,
        "name": key.name,
    }
