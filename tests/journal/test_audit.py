"""The audit trail: one row for what was done or refused, also when the request itself left nothing behind."""

import pytest
import sqlalchemy as sa

from hub.errors import NotAllowed
from hub.ids import new_id
from hub.journal import audit
from hub.journal.tables import audit as audit_table
from hub.runtime import Hub


def rows(hub: Hub) -> list[tuple[str, str, str]]:
    with hub.reading() as uow:
        found = uow.connection.execute(sa.select(audit_table).order_by(audit_table.c.position))
        return [(row.action, row.outcome, row.reason) for row in found]


def test_what_was_done_is_written_with_what_was_done(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        audit(uow, "launch", new_id(), actor_id=new_id())
    assert rows(hub) == [("launch", "done", "")]


def test_refusal_is_kept_although_its_request_is_rolled_back(hub: Hub) -> None:
    def launch() -> None:
        with hub.unit_of_work() as uow:
            audit(uow, "launch")
            raise NotAllowed("not_assigned", "This course is not in your plan.")

    with pytest.raises(NotAllowed) as refusal:
        launch()
    hub.audit_refusal("launch", refusal.value.code, actor_id=new_id(), detail={"offering": "brakes"})
    assert rows(hub) == [("launch", "refused", "not_assigned")]
