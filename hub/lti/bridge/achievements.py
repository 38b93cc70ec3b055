"""What somebody achieved, as gradebooks are told: completions of courses with their exact scores, and progress on paths."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.journal import positions_of
from hub.journal.tables import statement as statement_table
from hub.lti.bridge.path_progress import path_progress
from hub.lti.bridge.score import decimal_text, read_score
from hub.lti.tool.placements import Placement
from hub.store import UnitOfWork
from hub.training.tables import completion

COMPLETED, IN_PROGRESS = "Completed", "InProgress"


@dataclass(frozen=True)
class Recognized:
    """A completion that gradebooks are to hear of now; ``at`` and ``order`` are when the hub found out, for paths."""

    person_id: str
    offering_id: str
    statement_id: str
    at: datetime
    order: str


@dataclass(frozen=True)
class Achievement:
    """What somebody achieved, for the gradebooks that have its target: exact points as texts, or none.

    ``connection_id`` is whom it need not be told: the system that reported it. Of several for one target and person, that with
    the highest ``order`` counts.
    """

    person_id: str
    target_kind: str
    target_id: str
    statement_id: str
    connection_id: str | None
    given: str | None
    maximum: str | None
    progress: str
    at: datetime
    order: str


def completions(uow: UnitOfWork, recognized: Sequence[Recognized]) -> Iterator[Achievement]:
    """Those of them that still count, with their scores."""
    ids = {each.statement_id for each in recognized}
    offering_ids = {each.offering_id for each in recognized}
    s = statement_table
    evidence = {
        row.id: row
        for row in uow.connection.execute(
            sa.select(s.c.id, s.c.connection_id, s.c.payload).where(s.c.position.in_(positions_of(ids)))
        )
    }
    rows = uow.connection.execute(
        sa.select(completion).where(
            uow.among(completion.c.statement_id, ids), uow.among(completion.c.offering_id, offering_ids)
        )
    )
    for row in rows:
        told = evidence.get(row.statement_id)
        if told is None:
            continue
        score = read_score(bytes(told.payload), uow.settings.public_url)
        yield Achievement(
            row.person_id,
            "offering",
            row.offering_id,
            row.statement_id,
            told.connection_id,
            decimal_text(score.given) if score else None,
            decimal_text(score.maximum) if score else None,
            COMPLETED,
            row.completed_at,
            f"{row.completed_at.isoformat(timespec='microseconds')}|{row.statement_id}",
        )


def progress(
    uow: UnitOfWork,
    recognized: Sequence[Recognized],
    steps: Mapping[str, Sequence[str]],
    placements: Sequence[Placement],
) -> Iterator[Achievement]:
    """How far they bring people on the paths that are placed somewhere: steps done of all steps."""
    placed = {p.target_id for p in placements if p.target_kind == "path"}
    last = {
        (each.person_id, path_id): each
        for each in recognized
        for path_id, offerings in steps.items()
        if path_id in placed and each.offering_id in offerings
    }
    done = path_progress(uow, {pair: steps[pair[1]] for pair in last})
    for (person_id, path_id), each in last.items():
        count, total = done[person_id, path_id], len(steps[path_id])
        if count:
            yield Achievement(
                person_id,
                "path",
                path_id,
                each.statement_id,
                None,
                str(count),
                str(total),
                COMPLETED if count == total else IN_PROGRESS,
                each.at,
                each.order,
            )
