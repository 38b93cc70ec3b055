"""What workflows gave to somebody who turns out to be another one goes along with the appointment."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.profiles.run_workflows import record_acted
from hub.audiences.profiles.tables import workflow_action
from hub.ids import derived_id
from hub.store import UnitOfWork

_TIMES = ("valid_from", "valid_to", "due_at")
_OPINION = ("plugin", "plugin_version", "target_kind", "target_id", "kind", "dimension", "reason", "verdict")


def move_actions(
    uow: UnitOfWork,
    from_id: str,
    to_id: str,
    only: Collection[str] | None = None,
    appointment_ids: Collection[str] = (),
) -> list[str]:
    """Let what workflows did about one person be about another; ids of what moved.

    ``only`` what moved before, for taking that back, and what they did since then through appointments that go back.
    """
    action, opinion = workflow_action, tables.opinion
    rows = uow.connection.execute(
        sa.select(action).where(action.c.person_id == from_id).order_by(action.c.id)
    ).all()
    going = {
        row.id: row for row in rows if only is None or row.id in only or row.appointment_id in appointment_ids
    }
    keys = {derived_id("opinion", id): id for id in going}
    said = uow.connection.execute(sa.select(opinion).where(uow.among(opinion.c.id, list(keys)))).all()
    wishes: dict[str, dict[str, Any]] = {}
    for each in said:
        wish = {name: getattr(each, name) for name in _OPINION}
        wish |= {name: at.isoformat() if (at := getattr(each, name)) else None for name in _TIMES}
        wishes[keys[each.id]] = {"opinion": wish}
    # What was told is not told again, and attributes go along by themselves.
    bodies = [
        {**row._mapping, "person_id": to_id, "at": row.at.isoformat(), **wishes.get(id, {})}
        for id, row in going.items()
    ]
    record_acted(uow, bodies)
    return sorted(body["id"] for body in bodies)
