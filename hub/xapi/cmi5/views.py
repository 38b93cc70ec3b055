"""What pages show of courses, registrations and sessions. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.errors import Missing
from hub.network import tables as network
from hub.network.people.person import read_person
from hub.network.views import names_of_people
from hub.store import UnitOfWork
from hub.training.courses.offerings import read_offering
from hub.training.my_training.plan import may_launch
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.courses import Course, Node, course_of_offering, read_nodes
from hub.xapi.cmi5.move_on import Progress, default_mode
from hub.xapi.cmi5.registrations import read_progress, registration_id
from hub.xapi.cmi5.structure import in_language
from hub.xapi.cmi5.vocabulary import LaunchMode

SESSIONS = 50


@dataclass(frozen=True)
class Part:
    """A block or an AU as a learner sees it. ``depth`` is 0 at the top; ``mode`` is how its main button opens it."""

    id: str
    kind: str
    depth: int
    title: str
    description: str
    progress: Progress
    satisfied: bool
    mode: LaunchMode

    @property
    def state(self) -> str:
        """``Not started``, ``In progress``, ``Failed``, ``Completed``, ``Passed`` or ``Waived``."""
        p = self.progress
        words = (
            ("Waived", p.waived),
            ("Passed", p.passed_at),
            ("Completed", p.completed_at),
            ("Failed", p.failed_at),
        )
        return next((word for word, at in words if at), "In progress" if p.launched_at else "Not started")


@dataclass(frozen=True)
class CoursePage:
    """A course with its parts in order, for one person."""

    offering_id: str
    course_id: str
    title: str
    description: str
    satisfied: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class CourseLine:
    """A course in the admin list."""

    offering_id: str
    key: str
    title: str
    connection: str
    aus: int
    learners: int
    satisfied: int
    imported_at: datetime


@dataclass(frozen=True)
class SessionLine:
    """A session in the admin list. ``state`` is active, terminated or abandoned."""

    id: str
    person_id: str
    person: str
    au: str
    mode: str
    state: str
    launched_at: datetime
    initialized_at: datetime | None
    last_at: datetime | None


def read_own_course(uow: UnitOfWork, person_id: str, offering_id: str, *, reviews: bool = True) -> CoursePage:
    """A course of the person's plan; Missing ``not_assigned`` for any other. Without ``reviews`` as others may see it."""
    if not may_launch(uow, person_id, offering_id, reviews=reviews):
        raise Missing("not_assigned", "This course is not in your plan.", "Open My training to see what is.")
    return read_course_page(uow, person_id, offering_id)


def read_course_page(uow: UnitOfWork, person_id: str, offering_id: str) -> CoursePage:
    """A course as somebody stands in it, in the person's language; Missing ``no_course`` and ``no_person``."""
    course = course_of_offering(uow, offering_id)
    language = read_person(uow, person_id).locale
    registration = registration_id(course.id, person_id)
    nodes, progress = read_nodes(uow, course.id), read_progress(uow, registration)
    table = tables.cmi5_satisfied
    said = set(
        uow.connection.scalars(sa.select(table.c.activity_id).where(table.c.registration_id == registration))
    )
    return CoursePage(
        course.offering_id,
        course.id,
        in_language(course.title, language),
        in_language(course.description, language),
        course.activity_id in said,
        tuple(_parts(course, nodes, progress, said, language)),
    )


def started_courses(uow: UnitOfWork, person_id: str, offering_ids: Iterable[str]) -> set[str]:
    """Which of these offerings are cmi5 courses that the person has opened at least once."""
    r, c, s = tables.cmi5_registration, tables.cmi5_course, tables.cmi5_session
    return set(
        uow.connection.scalars(
            sa.select(c.c.offering_id)
            .join(r, r.c.course_id == c.c.id)
            .join(s, s.c.registration_id == r.c.id)
            .where(r.c.person_id == person_id, c.c.offering_id.in_(list(offering_ids)))
            .distinct()
        )
    )


def list_courses(uow: UnitOfWork) -> list[CourseLine]:
    """Every course by its key, with how many people are registered for it and how many have satisfied it."""
    c, n, r, said, connection = (
        tables.cmi5_course,
        tables.cmi5_node,
        tables.cmi5_registration,
        tables.cmi5_satisfied,
        network.connection,
    )
    aus = sa.select(sa.func.count()).where(n.c.course_id == c.c.id, n.c.kind == "au", ~n.c.removed)
    learners = sa.select(sa.func.count()).where(r.c.course_id == c.c.id)
    satisfied = (
        sa.select(sa.func.count())
        .select_from(said.join(r, r.c.id == said.c.registration_id))
        .where(r.c.course_id == c.c.id, said.c.activity_id == c.c.activity_id)
    )
    rows = uow.connection.execute(
        sa.select(
            c.c.offering_id,
            c.c.imported_at,
            connection.c.name,
            aus.scalar_subquery().label("aus"),
            learners.scalar_subquery().label("learners"),
            satisfied.scalar_subquery().label("satisfied"),
        ).join(connection, connection.c.id == c.c.connection_id)
    ).all()
    offerings = {row.offering_id: read_offering(uow, row.offering_id) for row in rows}
    lines = [
        CourseLine(
            r.offering_id,
            offerings[r.offering_id].key,
            offerings[r.offering_id].title,
            r.name,
            r.aus,
            r.learners,
            r.satisfied,
            r.imported_at,
        )
        for r in rows
    ]
    return sorted(lines, key=lambda line: line.key)


def list_sessions(uow: UnitOfWork, course_id: str, person_id: str | None = None) -> list[SessionLine]:
    """The latest SESSIONS sessions of a course, the last launched first."""
    s, r, n = tables.cmi5_session, tables.cmi5_registration, tables.cmi5_node
    query = (
        sa.select(s, r.c.person_id, n.c.title)
        .join(r, r.c.id == s.c.registration_id)
        .join(n, n.c.id == s.c.node_id)
        .where(r.c.course_id == course_id)
        .order_by(s.c.launched_at.desc(), s.c.id)
        .limit(SESSIONS)
    )
    rows = uow.connection.execute(query.where(r.c.person_id == person_id) if person_id else query).all()
    names = names_of_people(uow, [row.person_id for row in rows])
    return [
        SessionLine(
            row.id,
            row.person_id,
            names.get(row.person_id, ""),
            in_language(row.title),
            row.launch_mode,
            "abandoned" if row.abandoned_at else "terminated" if row.terminated_at else "active",
            row.launched_at,
            row.initialized_at,
            row.last_at,
        )
        for row in rows
    ]


def _parts(
    course: Course, nodes: Sequence[Node], progress: Mapping[str, Progress], said: set[str], language: str
) -> Iterable[Part]:
    depths = {course.id: -1}
    for node in nodes:
        depths[node.id] = depths[node.parent_id] + 1
        mine = progress.get(node.id, Progress())
        yield Part(
            node.id,
            node.kind,
            depths[node.id],
            in_language(node.title, language),
            in_language(node.description, language),
            mine,
            mine.meets(node.au.move_on) if node.au else node.activity_id in said,
            default_mode(node, mine),
        )
