"""How far people are on paths: for gradebooks that have a path and not its courses."""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from hub.store import UnitOfWork
from hub.training.courses.offerings import read_steps
from hub.training.tables import completion, path_step


def paths_with(uow: UnitOfWork, offering_ids: Collection[str]) -> dict[str, list[str]]:
    """The paths that have any of these courses, with all their courses in order."""
    query = sa.select(path_step.c.path_id).where(uow.among(path_step.c.offering_id, offering_ids)).distinct()
    ids = list(uow.connection.scalars(query))
    return read_steps(uow, ids) if ids else {}


def path_progress(
    uow: UnitOfWork, wanted: Mapping[tuple[str, str], Sequence[str]]
) -> dict[tuple[str, str], int]:
    """How many courses of a path somebody has completed, by (person, path); ``wanted`` has the courses of each path."""
    if not wanted:
        return {}
    people = {person_id for person_id, _ in wanted}
    courses = {offering_id for steps in wanted.values() for offering_id in steps}
    rows = uow.connection.execute(
        sa.select(completion.c.person_id, completion.c.offering_id)
        .where(uow.among(completion.c.person_id, people), uow.among(completion.c.offering_id, courses))
        .distinct()
    )
    done = {(row.person_id, row.offering_id) for row in rows}
    return {
        (person_id, path_id): sum((person_id, step) in done for step in steps)
        for (person_id, path_id), steps in wanted.items()
    }
