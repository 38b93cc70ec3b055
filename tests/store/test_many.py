"""Many rows and many values at once mean the same as one at a time, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.journal.tables import event, outbox, reader
from hub.runtime import Hub
from hub.store.types import Id

AT = datetime(2026, 5, 4, 9, 30, 15, 123456, UTC)
ABSENT: dict[str, Any] = dict.fromkeys(
    ("done_at", "last_error", "lane", "sequence", "give_up_at", "leased_until", "status")
)
BODY = {"text": 'a\tb\\N"\n\u00e9\U0001f600', "none": None, "number": 1.5, "deep": [{}, [True]]}


def effects(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "kind": "call",
            "receiver": "tab\tand \\. and \\N",
            "key": f"key {number}",
            "person_id": new_id() if number % 2 else None,
            "body": BODY | {"at": number},
            "state": "waiting",
            "attempts": number,
            "next_attempt_at": AT + timedelta(microseconds=number),
            "created_at": AT,
        }
        for number in range(count)
    ]


def stored(hub: Hub) -> list[dict[str, Any]]:
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(outbox).order_by(outbox.c.attempts))
        return [dict(row._mapping) for row in rows]


@pytest.mark.parametrize("count", [0, 1, 8, 9, 200])
def test_rows_are_stored_as_they_are(hub: Hub, count: int) -> None:
    rows = effects(count)
    with hub.unit_of_work() as uow:
        uow.execute_many(sa.insert(outbox), rows)
    assert stored(hub) == [row | ABSENT | {"code": ""} for row in rows]


@pytest.mark.parametrize("count", [1, 200])
def test_new_rows_are_stored_and_known_ones_left(hub: Hub, count: int) -> None:
    first, again = effects(count), effects(count + 5)
    with hub.unit_of_work() as uow:
        uow.insert_new(outbox, first)
        uow.insert_new(outbox, again)
        uow.insert_new(outbox, [])
    rows = [*first, *again[count:]]
    assert stored(hub) == [row | ABSENT | {"code": ""} for row in rows]


def test_positions_follow_the_order_of_the_rows(hub: Hub) -> None:
    kinds = [f"kind {number}" for number in range(100)]
    rows: list[dict[str, object]] = [
        {"id": new_id(), "kind": kind, "at": AT, "person_id": None, "body": {}} for kind in kinds
    ]
    with hub.unit_of_work() as uow:
        uow.execute_many(sa.insert(event), rows)
    with hub.reading() as uow:
        assert list(uow.connection.scalars(sa.select(event.c.kind).order_by(event.c.position))) == kinds


def test_what_breaks_a_constraint_is_an_error_and_changes_nothing(hub: Hub) -> None:
    rows = effects(50)
    rows[40]["key"] = rows[3]["key"]
    with pytest.raises(sa.exc.IntegrityError), hub.unit_of_work() as uow:
        uow.execute_many(sa.insert(outbox), rows)
    assert stored(hub) == []


def test_defaults_are_set_where_rows_leave_them_out(hub: Hub) -> None:
    rows: list[dict[str, object]] = [{"name": f"r{n}", "log": "event", "position": 0} for n in range(20)]
    with hub.unit_of_work() as uow:
        uow.execute_many(sa.insert(reader), rows)
        failures = uow.connection.scalars(sa.select(reader.c.failures).where(reader.c.name.like("r%")))
        assert set(failures) == {0}


@pytest.mark.parametrize("count", [0, 1, 300])
def test_lists_of_values_find_their_rows(hub: Hub, count: int) -> None:
    rows = effects(count)
    pairs = [(row["id"], row["key"]) for row in rows] + [(new_id(), "nobody's")]
    with hub.unit_of_work() as uow:
        uow.execute_many(sa.insert(outbox), rows)
        ids, keys = {id for id, _ in pairs}, [key for _, key in pairs[1:]]
        assert set(uow.connection.scalars(sa.select(outbox.c.id).where(uow.among(outbox.c.id, ids)))) == {
            row["id"] for row in rows
        }
        found = uow.connection.scalars(sa.select(outbox.c.key).where(uow.among(outbox.c.key, keys)))
        assert sorted(found) == sorted(key for key in keys if key != "nobody's")
        listed = uow.listed({"id": Id(), "key": sa.Text()}, pairs)
        joined = sa.select(outbox.c.key, listed.c.id).join(
            listed, sa.and_(outbox.c.id == listed.c.id, outbox.c.key == listed.c.key)
        )
        assert {(id, key) for key, id in uow.connection.execute(joined)} == set(pairs[:-1])
        nobody = uow.listed({"id": Id()}, [])
        assert uow.connection.execute(sa.select(nobody.c.id)).all() == []
