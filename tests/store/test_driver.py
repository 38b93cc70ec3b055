"""Statements that are written once: the same values go in and come out as with SQLAlchemy, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.journal import tables
from hub.runtime import Hub
from hub.store.driver import Command, Question

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def _audit_row(**changes: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "at": AT,
        "action": "tried",
        "outcome": "done",
        "reason": "",
        "actor_id": None,
        "partner_id": None,
        "connection_id": None,
        "subject_id": "",
        "detail": {"names": ["ö", "\\", '"'], "number": 1.5, "none": None},
    } | changes


def test_row_comes_back_as_it_was_inserted(hub: Hub) -> None:
    row = _audit_row()
    with hub.unit_of_work() as uow:
        uow.insert(tables.audit, **row)
        found = uow.find(tables.audit, id=row["id"])
        usual = uow.connection.execute(sa.select(tables.audit).where(tables.audit.c.id == row["id"])).one()
    assert found._asdict() == dict(usual._mapping)
    assert found._asdict().items() >= row.items()


def test_no_row_is_none(hub: Hub) -> None:
    with hub.reading() as uow:
        assert uow.find(tables.audit, id=new_id()) is None


def test_question_has_its_own_values_and_those_it_is_given(hub: Hub) -> None:
    audit = tables.audit
    newest = Question(
        sa.select(audit.c.subject_id, audit.c.at.label("when"))
        .where(audit.c.action == "tried", audit.c.at >= sa.bindparam("since"))
        .order_by(audit.c.subject_id)
        .limit(2)
    )
    with hub.unit_of_work() as uow:
        for subject_id in ("c", "a", "b"):
            uow.insert(audit, **_audit_row(subject_id=subject_id))
        uow.insert(audit, **_audit_row(action="other"))
        rows = newest.ask_all(uow.connection, since=AT)
        assert [(row.subject_id, row.when) for row in rows] == [("a", AT), ("b", AT)]
        assert newest.ask_all(uow.connection, since=AT.replace(year=2027)) == []


def test_command_says_how_many_rows_it_wrote(hub: Hub) -> None:
    reader = tables.reader
    move = Command(
        sa.update(reader)
        .where(reader.c.name == sa.bindparam("reader"))
        .values(position=reader.c.position + sa.bindparam("steps"), moved_at=None)
    )
    with hub.unit_of_work() as uow:
        uow.insert(reader, name="tried", log="event", position=3, failures=0)
        assert move.run(uow.connection, reader="tried", steps=4) == 1
        assert move.run(uow.connection, reader="nobody", steps=4) == 0
        assert uow.find(reader, name="tried").position == 7


def test_value_that_is_not_given_is_an_error(hub: Hub) -> None:
    question = Question(sa.select(tables.audit.c.id).where(tables.audit.c.id == sa.bindparam("id")))
    with hub.reading() as uow, pytest.raises(KeyError):
        question.ask(uow.connection)


def test_naive_instant_is_refused(hub: Hub) -> None:
    with pytest.raises(ValueError, match="naive"), hub.unit_of_work() as uow:
        uow.insert(tables.audit, **_audit_row(at=datetime(2026, 5, 4)))  # noqa: DTZ001


def test_broken_constraint_is_told_as_sqlalchemy_tells_it(hub: Hub) -> None:
    row = {"name": "tried", "log": "event", "position": 3, "failures": 0}
    with hub.unit_of_work() as uow:
        uow.insert(tables.reader, **row)
    with pytest.raises(sa.exc.IntegrityError), hub.unit_of_work() as uow:
        uow.insert(tables.reader, **row)


def test_listeners_see_what_could_be_run_again(hub: Hub) -> None:
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, text: str, parameters: Any, *_: object) -> None:
        seen.append((text, parameters))

    row = _audit_row()
    with hub.unit_of_work() as uow:
        uow.insert(tables.audit, **row)
    sa.event.listen(hub.engine, "before_cursor_execute", note)
    with hub.reading() as uow:
        uow.find(tables.audit, id=row["id"])
        (text, parameters) = seen[-1]
        assert uow.connection.exec_driver_sql(text, parameters).one().id is not None
    sa.event.remove(hub.engine, "before_cursor_execute", note)
