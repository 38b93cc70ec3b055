"""Scores that were on their way before lanes named the course: they are the same deliveries afterwards."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import command

from hub.clock import SystemClock
from hub.ids import new_id
from hub.journal.tables import outbox
from hub.lti.bridge.pass_back import AGS_SCORE, lane_of
from hub.store import migrate, open_engine
from hub.store.migrate import alembic_config

NOW = SystemClock().now()


def row(kind: str, **values: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "kind": kind,
        "receiver": "west",
        "body": {},
        "state": "waiting",
        "attempts": 0,
        "next_attempt_at": NOW,
        "created_at": NOW,
        "lane": None,
        "code": "",
        **values,
    }


def test_lanes_and_keys_of_scores_name_their_course(new_database: Callable[..., str]) -> None:
    placement, person, course = new_id(), new_id(), new_id()
    before = f"ags:{placement}:{person}"
    score = row(
        AGS_SCORE,
        key=f"{before}:statement:7/10",
        lane=before,
        sequence="1",
        body={"placement_id": placement, "person_id": person, "target_kind": "offering", "target_id": course},
    )
    others = [row("tell", key="a", body={"hook": "x"}), row(AGS_SCORE, key="ags:1", body={"target_id": "x"})]
    engine = open_engine(new_database(migrated=False))
    with engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0014")
        for each in (score, *others):
            connection.execute(sa.insert(outbox).values(**each))
    migrate(engine)
    with engine.connect() as connection:
        found = {each.id: each for each in connection.execute(sa.select(outbox))}
    engine.dispose()
    lane = lane_of(placement, course, person)
    assert (found[score["id"]].lane, found[score["id"]].key) == (lane, f"{lane}:statement:7/10")
    assert [(found[each["id"]].lane, found[each["id"]].key) for each in others] == [
        (None, "a"),
        (None, "ags:1"),
    ]
