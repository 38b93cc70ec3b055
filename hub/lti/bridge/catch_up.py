"""What gradebooks could not be told at its time: completions from before a platform named somebody, or had a column for the course.

Both readers' news come from the journal, so a completion and a launch that pass each other at the same moment both see the other
in the end, and the keys of the outbox let one score through once.
"""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.journal import CHANGES, Reader
from hub.lti.bridge.achievements import Recognized
from hub.lti.bridge.deliveries import release_column, release_parked
from hub.lti.bridge.pass_back import tell_gradebooks
from hub.lti.tool.entries import people_from
from hub.lti.tool.placements import Placement, read_placement
from hub.network.people.identities import LTI_SUBJECT
from hub.store import UnitOfWork
from hub.training.courses.offerings import read_steps
from hub.training.tables import completion


def catch_up(uow: UnitOfWork, changes: Sequence[sa.Row[Any]]) -> None:
    """Send what waited for a name or a column, and what was no news before; the handler of the reader ``pass_back_links``.

    However the name became known: by a launch, by an import or by a roster. A column becomes known by a launch.
    """
    links = {
        (link["connection_id"], link["person_id"]): None
        for change in changes
        if change.kind == "identity_linked"
        for link in change.body["links"]
        if link["form"] == LTI_SUBJECT
    }
    for connection_id, person_id in links:
        release_parked(uow, connection_id, person_id)
        tell_gradebooks(uow, _so_far(uow, [person_id]), {connection_id})
    changed = {change.subject_id: None for change in changes if change.kind == "lti_placement_changed"}
    for placement_id in changed:
        _column_known(uow, placement_id, people_from(uow, placement_id))
    entered = {
        (change.subject_id, change.person_id): None
        for change in changes
        if change.kind == "lti_placement_entered" and change.subject_id not in changed
    }
    for placement_id, person_id in entered:
        _column_known(uow, placement_id, [person_id])


_KINDS = frozenset({"identity_linked", "lti_placement_changed", "lti_placement_entered"})
pass_back_links = Reader("pass_back_links", CHANGES, catch_up, kinds=_KINDS)


def _column_known(uow: UnitOfWork, placement_id: str, person_ids: Collection[str]) -> None:
    """Tell the column of a placement, if it has one, what these people have completed of what it opens."""
    try:
        placement = read_placement(uow, placement_id)
    except Missing:
        return
    if placement.has_column and placement.target_id is not None:
        release_column(uow, placement)
        so_far = _so_far(uow, person_ids, _offerings(uow, placement))
        tell_gradebooks(uow, so_far, placement_ids={placement_id})


def _offerings(uow: UnitOfWork, placement: Placement) -> list[str]:
    target_id = placement.target_id or ""
    if placement.target_kind == "path":
        return read_steps(uow, [target_id]).get(target_id, [])
    return [target_id]


def _so_far(
    uow: UnitOfWork, person_ids: Collection[str], offering_ids: Collection[str] | None = None
) -> list[Recognized]:
    """All completions of these people, or those of some courses, the oldest first."""
    now = f"{uow.now.isoformat(timespec='microseconds')}|"
    query = (
        sa.select(completion.c.person_id, completion.c.offering_id, completion.c.statement_id)
        .where(uow.among(completion.c.person_id, person_ids))
        .order_by(completion.c.completed_at, completion.c.statement_id)
    )
    if offering_ids is not None:
        query = query.where(uow.among(completion.c.offering_id, offering_ids))
    rows = uow.connection.execute(query)
    return [Recognized(row.person_id, row.offering_id, row.statement_id, uow.now, now) for row in rows]
