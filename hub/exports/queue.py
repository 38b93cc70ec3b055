"""Who is to be looked at again: whoever was credited or changed, and everybody once a day."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.exports.certified import exports_of
from hub.exports.read_certified import everybody
from hub.exports.tables import export_queue, export_row, export_state
from hub.journal import CHANGES, EVENTS, Reader
from hub.store import UnitOfWork
from hub.store.insert import insert_for

BETWEEN = timedelta(days=1)


def note_people(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> None:
    """Put the people of events or changes on the queue of every list; the handler of both readers."""
    people = {row.person_id for row in rows if row.person_id}
    for plugin, export in exports_of(uow.hooks):
        enqueue_people(uow, plugin, export, people)


certified = Reader(
    "certified", EVENTS, note_people, batch=1000, kinds=frozenset({"credit_granted", "credit_revoked"})
)
certified_people = Reader(
    "certified_people",
    CHANGES,
    note_people,
    batch=1000,
    kinds=frozenset({"person_changed"}),
    without_body=frozenset({"person_changed"}),
)


def enqueue_people(uow: UnitOfWork, plugin: str, export: str, people: Collection[str]) -> None:
    """Let people be looked at for one list, also those at whom somebody looks just now."""
    insert = insert_for(export_queue, is_sqlite=uow.is_sqlite)
    anew = insert.on_conflict_do_update(
        index_elements=["plugin", "export", "person_id"], set_={"since": insert.excluded.since}
    )
    rows: list[dict[str, object]] = [
        {"plugin": plugin, "export": export, "person_id": id, "since": uow.now} for id in sorted(people)
    ]
    uow.execute_many(anew, rows)


def enqueue_everybody(uow: UnitOfWork, plugin: str, export: str) -> None:
    """Let all be compared: whoever has reached something, and whoever the list has."""
    row = export_row
    had = sa.select(row.c.person_id).where(row.c.plugin == plugin, row.c.export == export)
    people = sa.union(everybody(uow), had).subquery()
    enqueue_people(uow, plugin, export, set(uow.connection.scalars(sa.select(people.c.person_id))))


def begin_day(uow: UnitOfWork, plugin: str, export: str) -> None:
    """Compare everybody, if the list is new or that was done a day ago."""
    state = export_state
    mine = sa.and_(state.c.plugin == plugin, state.c.export == export)
    known = uow.connection.execute(sa.select(state).where(mine)).one_or_none()
    if known is None:
        uow.insert(
            state,
            plugin=plugin,
            export=export,
            compared_at=uow.now,
            leased_until=uow.now,
            failures=0,
            retry_at=uow.now,
            last_error="",
        )
    elif known.compared_at > uow.now - BETWEEN:
        return
    uow.connection.execute(sa.update(state).where(mine).values(compared_at=uow.now))
    enqueue_everybody(uow, plugin, export)
