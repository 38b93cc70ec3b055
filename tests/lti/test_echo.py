"""A score that the hub itself wrote to a system's gradebook, and that the system reports back."""

from typing import Any

import sqlalchemy as sa

from hub.ids import new_id
from hub.journal import tables as journal
from hub.lti.bridge.pass_back import AGS_SCORE
from tests.lti.rig import Rig


def pass_back(rig: Rig, **changes: Any) -> None:
    """Let the hub have sent ann's score of brakes to LMS North."""
    now = rig.hub.clock.now()
    body = {
        "target_id": rig.world.ids["brakes"],
        "timestamp": now.isoformat(),
        "given": "80",
        "maximum": "100",
    }
    with rig.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.insert(journal.outbox).values(
                id=new_id(),
                kind=AGS_SCORE,
                receiver=rig.north.connection_id,
                key="ags:1",
                person_id=rig.world.ids["ann"],
                body=body | changes,
                state="delivered",
                attempts=1,
                next_attempt_at=now,
                created_at=now,
                done_at=now,
            )
        )


def test_i7_it_is_answered_and_noted_but_is_no_evidence(rig: Rig) -> None:
    subject, path, token = rig.subject("ann", "brakes"), rig.line_item_path(), rig.token()
    pass_back(rig)
    record = rig.record()
    assert rig.post_score(path, token, rig.score(subject)).status_code == 200
    assert record.audited() == [("score_echo", "done", "")]
    assert record.changed() == set()


def test_i7_another_score_counts(rig: Rig) -> None:
    subject, path, token = rig.subject("ann", "brakes"), rig.line_item_path(), rig.token()
    pass_back(rig, given="79")
    record = rig.record()
    assert rig.post_score(path, token, rig.score(subject)).status_code == 200
    assert record.audited() == [("score", "done", "")]
    assert len(rig.statements()) == 1
