"""Registrations: one per person and course for as long as the course lives, and what is satisfied within them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.ids import derived_id, random_id
from hub.journal import STATEMENTS
from hub.network.people.identities import pairwise_subject
from hub.network.people.person import lock_people
from hub.store import UnitOfWork
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.courses import Course, Node, read_nodes
from hub.xapi.cmi5.lms_statements import Told, tell
from hub.xapi.cmi5.move_on import Progress, met_aus, satisfied_parts
from hub.xapi.cmi5.vocabulary import SATISFIED


@dataclass(frozen=True)
class Registration:
    """A person's enrollment in a course. ``subject`` names the person in the actors of its statements."""

    id: str
    course_id: str
    person_id: str
    subject: str


def registration_id(course_id: str, person_id: str) -> str:
    """Derived, so that two first launches at once give the same: a UUIDv5, which every client takes."""
    return derived_id("cmi5-registration", course_id, person_id)


def register(uow: UnitOfWork, course: Course, person_id: str) -> Registration:
    """The person's registration, made now if there is none; it is locked until the unit ends.

    What asks for nothing is satisfied at once, and said so (cmi5, 9.6.1); so is what a newer package asks less of.
    """
    STATEMENTS.announce_append(uow)  # before it waits: ``stored`` is when the unit began
    lock_people(uow, [person_id])  # two first launches at once get one subject and one registration
    id = registration_id(course.id, person_id)
    found = lock_registration(uow, id)
    if found is None:
        found = Registration(id, course.id, person_id, pairwise_subject(uow, course.connection_id, person_id))
        values = {**vars(found), "created_at": uow.now}
        uow.connection.execute(sa.insert(tables.cmi5_registration).values(**values))
    tell_satisfied(uow, course, found, random_id())
    return found


def lock_registration(uow: UnitOfWork, id: str) -> Registration | None:
    """The registration, held by this unit alone until it ends: the rules within it look at what it holds.

    Whoever holds one is about to say something of it, so that is announced before it waits.
    """
    STATEMENTS.announce_append(uow)
    table = tables.cmi5_registration
    row = uow.connection.execute(sa.select(table).where(table.c.id == id).with_for_update()).one_or_none()
    return _registration(row) if row is not None else None


def read_progress(uow: UnitOfWork, registration_id: str) -> dict[str, Progress]:
    """What was done, by AU."""
    s, w = tables.cmi5_session, tables.cmi5_waiver
    rows = uow.connection.execute(
        sa.select(
            s.c.node_id,
            sa.func.max(s.c.launched_at).label("launched_at"),
            sa.func.max(s.c.completed_at).label("completed_at"),
            sa.func.max(s.c.passed_at).label("passed_at"),
            sa.func.max(s.c.failed_at).label("failed_at"),
        )
        .where(s.c.registration_id == registration_id)
        .group_by(s.c.node_id)
    )
    found = {r.node_id: Progress(r.launched_at, r.completed_at, r.passed_at, r.failed_at) for r in rows}
    for r in uow.connection.execute(sa.select(w).where(w.c.registration_id == registration_id)):
        known = found.get(r.node_id, Progress())
        found[r.node_id] = Progress(**{**vars(known), "waived": r.reason})
    return found


def tell_satisfied(uow: UnitOfWork, course: Course, registration: Registration, session_id: str) -> None:
    """Say of every block, and of the course, that became satisfied that it is, once each (cmi5, 9.3.9).

    Call with the registration locked. ``session_id`` is that of the launch that led to it, or a new one.
    """
    nodes = read_nodes(uow, course.id)
    met = met_aus(nodes, read_progress(uow, registration.id))
    satisfied = satisfied_parts(course.id, nodes, met)
    table = tables.cmi5_satisfied
    said = set(
        uow.connection.scalars(
            sa.select(table.c.activity_id).where(table.c.registration_id == registration.id)
        )
    )
    due = [
        part for part in _inner_first(course, nodes) if part.id in satisfied and part.activity_id not in said
    ]
    if not due:
        return
    told = [Told(SATISFIED, part, session_id, uow.now) for part in due]
    ids = tell(uow, course.connection_id, registration.subject, registration.id, told)
    uow.execute_many(
        sa.insert(table),
        [
            {
                "registration_id": registration.id,
                "activity_id": part.activity_id,
                "statement_id": id,
                "satisfied_at": uow.now,
            }
            for part, id in zip(due, ids, strict=True)
        ],
    )


def _inner_first(course: Course, nodes: Sequence[Node]) -> list[Course | Node]:
    return [*(node for node in reversed(nodes) if node.kind == "block"), course]


def _registration(row: sa.Row[Any]) -> Registration:
    return Registration(row.id, row.course_id, row.person_id, row.subject)
