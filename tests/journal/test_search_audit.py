"""Searching the audit trail: what is found, and that a page reads as much from a long trail as from a short one."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import derived_id, new_id
from hub.journal import audit
from hub.journal.seal import has_unsealed, seal_audit
from hub.journal.search_audit import AuditSearch, search_audit
from hub.journal.tables import audit as trail
from hub.journal.tables import audit_gap
from hub.runtime import Hub
from hub.store import UnitOfWork

MANY = int(os.environ.get("HUB_TEST_AUDIT_ROWS", "30000"))
PEOPLE, COURSES = 500, 50
ANA, HARBOR, LMS, BRAKES = (derived_id("t", name) for name in ("ana", "harbor", "lms", "brakes"))


def found(hub: Hub, search: AuditSearch, before: int | None = None, limit: int = 50) -> list[str]:
    with hub.reading() as uow:
        return [row.reason or row.action for row in search_audit(uow, search, before, limit).rows]


def test_everything_that_is_asked_must_fit(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        audit(uow, "launch", BRAKES, actor_id=ANA, connection_id=LMS)
        audit(uow, "look_begun", ANA, actor_id=new_id(), partner_id=HARBOR)
        audit(uow, "erasure_begun", ANA)
        audit(uow, "sign_in", ANA, actor_id=ANA)
        audit(uow, "sign_in", refused="unknown_domain")
    assert found(hub, AuditSearch()) == ["unknown_domain", "sign_in", "erasure_begun", "look_begun", "launch"]
    assert found(hub, AuditSearch(person_id=ANA)) == ["sign_in", "erasure_begun", "look_begun", "launch"]
    assert found(hub, AuditSearch(subject_id=BRAKES)) == ["launch"]
    assert found(hub, AuditSearch(partner_id=HARBOR)) == ["look_begun"]
    assert found(hub, AuditSearch(connection_id=LMS, person_id=ANA)) == ["launch"]
    assert found(hub, AuditSearch(action="sign_in", outcome="done")) == ["sign_in"]
    assert found(hub, AuditSearch(outcome="refused")) == ["unknown_domain"]
    assert found(hub, AuditSearch(action="nothing")) == []


def test_pages_follow_each_other_and_times_are_exact(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        start = uow.now
        for hour in range(6):
            uow.now = start + timedelta(hours=hour)
            audit(uow, f"at {hour}", ANA, actor_id=ANA if hour % 2 else None)
    for search in (AuditSearch(), AuditSearch(person_id=ANA)):
        with hub.reading() as uow:
            first = search_audit(uow, search, limit=4)
            assert first.older is not None
            second = search_audit(uow, search, int(first.older), limit=4)
        assert [row.action for row in (*first.rows, *second.rows)] == [f"at {n}" for n in range(5, -1, -1)]
        assert second.older is None
    between = AuditSearch(since=start + timedelta(hours=2), until=start + timedelta(hours=4))
    assert found(hub, between) == ["at 3", "at 2"]
    assert found(hub, AuditSearch(until=start)) == []


SEARCHES = {
    "all": AuditSearch(),
    "person": AuditSearch(person_id=derived_id("p", "8")),
    "person and action": AuditSearch(person_id=derived_id("p", "8"), action="sign_in"),
    "course": AuditSearch(subject_id=derived_id("c", "7")),
    "partner": AuditSearch(partner_id=derived_id("g", "7")),
    "connection": AuditSearch(connection_id=derived_id("k", "7")),
    "action": AuditSearch(action="launch"),
    "refused": AuditSearch(outcome="refused"),
    "an early hour": AuditSearch(),
    "an action in an early hour": AuditSearch(action="launch"),
}


def fill(hub: Hub, count: int) -> None:
    """A minute between two rows."""
    batch = 5000
    for first in range(0, count, batch):
        rows: list[dict[str, Any]] = []
        with hub.unit_of_work() as uow:
            start = uow.now - timedelta(minutes=MANY)
            for n in range(first, min(count, first + batch)):
                launch = n % 2
                rows.append(
                    {
                        "id": derived_id("a", str(n)),
                        "at": start + timedelta(minutes=n),
                        "action": "launch" if launch else "sign_in",
                        "outcome": "refused" if n % 1000 == 0 else "done",
                        "reason": "",
                        "actor_id": derived_id("p", str(n % PEOPLE)),
                        "partner_id": derived_id("g", str(n % 40)) if n % 20 == 7 else None,
                        "connection_id": derived_id("k", str(n % 30)),
                        "subject_id": derived_id("c", str(n % COURSES))
                        if launch
                        else derived_id("p", str(n % PEOPLE)),
                        "detail": {},
                    }
                )
            uow.execute_many(sa.insert(trail), rows)
    if hub.engine.dialect.name == "postgresql":
        with hub.engine.connect() as connection:
            connection.execution_options(hub_writes=None).exec_driver_sql("VACUUM ANALYZE audit")


def buffers(hub: Hub, ask: Callable[[UnitOfWork], object]) -> int:
    """Buffers that PostgreSQL touched for these queries."""
    ran: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        ran.append((statement, parameters))

    with hub.reading() as uow:
        sa.event.listen(uow.connection, "before_cursor_execute", note)
        assert ask(uow)
        sa.event.remove(uow.connection, "before_cursor_execute", note)
        total = 0
        for statement, parameters in ran:
            explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
            plan = uow.connection.exec_driver_sql(explain, parameters).scalar_one()
            top = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
            total += top["Shared Hit Blocks"] + top["Shared Read Blocks"]
    return total


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_a_page_of_a_long_trail_touches_few_buffers(hub: Hub) -> None:
    fill(hub, MANY)
    with hub.reading() as uow:
        early = uow.now - timedelta(minutes=MANY - 600)
    costs = {}
    for name, search in SEARCHES.items():
        if "hour" in name:
            search = AuditSearch(action=search.action, since=early, until=early + timedelta(hours=1))
        costs[name] = buffers(hub, partial(_found, search))
    with hub.unit_of_work() as uow:
        while seal_audit(uow):
            pass
        gap = {"from_position": 3, "to_position": 4, "seen_at": uow.now, "transaction": 1}
        uow.connection.execute(sa.insert(audit_gap).values(**gap))
    costs["looking for what is to be sealed"] = buffers(hub, has_unsealed)
    assert max(costs.values()) < 400, costs


def _found(search: AuditSearch, uow: UnitOfWork) -> bool:
    return bool(search_audit(uow, search).rows)
