"""Who is to be looked at again: whoever was credited or changed, and behind them everybody once a day.

Only those who changed are written down. Of the others a list keeps how far it is, so that a network of millions is compared in
small units.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.exports.certified import exports_of
from hub.exports.read_certified import NOBODY, everybody
from hub.exports.tables import export_queue, export_row, export_state, of_list
from hub.journal import CHANGES, EVENTS, Reader
from hub.store import UnitOfWork
from hub.store.insert import insert_for, insert_once

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


def compare_everybody(uow: UnitOfWork, plugin: str, export: str) -> None:
    """Let all be compared from the beginning, a few at a time and behind those who changed."""
    begin_list(uow, plugin, export)
    anew = sa.update(export_state).where(of_list(export_state, plugin, export))
    uow.connection.execute(anew.values(compared_at=uow.now, compare_after=NOBODY))


def begin_list(uow: UnitOfWork, plugin: str, export: str) -> None:
    """Let a list that is new be known, and everybody be compared with it."""
    if uow.find(export_state, plugin=plugin, export=export) is None:
        insert_once(
            uow,
            export_state,
            plugin=plugin,
            export=export,
            compared_at=uow.now,
            compare_after=NOBODY,
            leased_until=uow.now,
            failures=0,
            retry_at=uow.now,
            last_error="",
        )


def begin_day(uow: UnitOfWork, state: sa.Row[Any]) -> str | None:
    """After whom people are to be compared; None for nobody. A day after it began, all are again, if the last ones have been.

    For whoever has locked the list.
    """
    after: str | None = state.compare_after
    if after is None and state.compared_at <= uow.now - BETWEEN:
        compare_everybody(uow, state.plugin, state.export)
        return NOBODY
    return after


def to_compare(uow: UnitOfWork, plugin: str, export: str, after: str, limit: int) -> list[str]:
    """The next people by id who have reached something, or whom the list has: each side by an index, and no further than that."""
    row = export_row
    had = sa.select(row.c.person_id).where(of_list(row, plugin, export), row.c.person_id > after).distinct()
    sides = [
        sa.select(side.order_by(side.selected_columns[0]).limit(limit).subquery())
        for side in (everybody(after), had)
    ]
    people = sa.union(*sides).subquery()
    query = sa.select(people.c.person_id).order_by(people.c.person_id).limit(limit)
    return list(uow.connection.scalars(query))


def count_waiting(uow: UnitOfWork, plugin: str, export: str) -> int:
    """How many people are to be looked at: those who changed, and those who are yet to be compared."""
    queue, row = export_queue, export_row
    people = sa.select(queue.c.person_id).where(of_list(queue, plugin, export))
    state = uow.find(export_state, plugin=plugin, export=export)
    if state is not None and state.compare_after is not None:
        after = state.compare_after
        had = sa.select(row.c.person_id).where(of_list(row, plugin, export), row.c.person_id > after)
        waiting = sa.union(people, everybody(after), had).subquery()
    else:
        waiting = people.subquery()
    return uow.connection.scalar(sa.select(sa.func.count()).select_from(waiting)) or 0
