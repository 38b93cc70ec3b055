"""The reader ``notice``: notes whose goals changed, and what is new, so that a digest can tell it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.journal import EVENTS, Reader
from hub.notify.tables import notice_look, notice_news
from hub.store import UnitOfWork
from hub.store.insert import insert_for
from hub.store.types import Id, Time

NEWS_FOR = timedelta(days=7)
"""What is older than this when it is first read is no news: a hub that begins to write digests has years of events behind it."""


def note_news(uow: UnitOfWork, events: Sequence[sa.Row[Any]]) -> None:
    """Keep what is new of goals, and look at the people concerned; the handler of the reader."""
    news: dict[tuple[str, str], dict[str, Any]] = {}
    people: set[str] = set()
    for event in events:
        is_news = event.at > uow.now - NEWS_FOR
        if event.kind == "plan_changed":
            people.add(event.person_id)
            for goal_id in event.body["added"] if is_news else ():
                news[goal_id, "new"] = _row(event, goal_id, "new")
        elif event.kind == "credit_granted":
            people.add(event.person_id)
            if is_news:
                news[event.body["goal_id"], "credited"] = _row(event, event.body["goal_id"], "credited")
        elif event.kind == "credit_revoked":
            people.add(event.person_id)  # the goal is open again, with its date
            news.pop((event.body["goal_id"], "credited"), None)
            _forget(uow, event.body["goal_id"])
    uow.insert_new(notice_news, list(news.values()))
    look_at(uow, dict.fromkeys(people, uow.now))


notice_reader = Reader("notice", EVENTS, note_news, batch=1000)


def look_at(uow: UnitOfWork, at: dict[str, datetime]) -> None:
    """See to it that people are looked at, at an instant at the latest."""
    if not at:
        return
    rows = sorted(at.items())
    insert = insert_for(notice_look, is_sqlite=uow.is_sqlite)
    if not uow.is_sqlite:  # all of them in one round trip
        all_of_them = uow.listed({"person_id": Id(), "look_at": Time()}, rows)
        insert = insert.from_select(["person_id", "look_at"], sa.select(*all_of_them.c))
    mine, new = notice_look.c.look_at, insert.excluded.look_at
    earlier = insert.on_conflict_do_update(
        index_elements=["person_id"], set_={"look_at": sa.case((new < mine, new), else_=mine)}
    )
    if uow.is_sqlite:
        uow.execute_many(
            earlier, [{"person_id": person_id, "look_at": instant} for person_id, instant in rows]
        )
    else:
        uow.connection.execute(earlier)


def _row(event: sa.Row[Any], goal_id: str, kind: str) -> dict[str, Any]:
    return {"goal_id": goal_id, "kind": kind, "person_id": event.person_id, "since": event.at}


def _forget(uow: UnitOfWork, goal_id: str) -> None:
    uow.connection.execute(
        sa.delete(notice_news).where(notice_news.c.goal_id == goal_id, notice_news.c.kind == "credited")
    )
