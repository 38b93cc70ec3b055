"""A network in which everybody has the same courses to do, and the LMS names everybody by a mailbox."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from bench.xapi.served import add_sender
from bench.xapi.statements import course_activity, person
from hub.app import open_worker
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Rule, set_rule
from hub.journal import Change, record_changes
from hub.network.importing.import_network import import_network
from hub.network.tables import appointment, identity_link
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.testing.generate_network import generate_network
from hub.training import tables as training
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import find_target, set_offerings

SINCE = datetime(2024, 1, 1, tzinfo=UTC)
MOST_COURSES = 160


@dataclass(frozen=True)
class Learners:
    """Who learns what, and the connection of the LMS that reports it."""

    people: int
    courses: int
    goals: int
    sender: tuple[str, str]
    public_url: str


def make_learners(hub: Hub, folder: Path, pairs: int) -> Learners:
    """Fill an empty hub with people and courses, ``pairs`` of them if possible, and work out everybody's goals."""
    generate_network("S", 1, folder, datetime.now(UTC).date())
    (folder / "identities.csv").unlink()
    import_network(hub, folder)
    sender = add_sender(hub)
    with hub.reading() as uow:
        appointed = sa.select(appointment.c.person_id).distinct().order_by(appointment.c.person_id)
        people = list(uow.connection.scalars(appointed))
    courses = min(MOST_COURSES, -(-pairs // len(people)))
    with hub.unit_of_work() as uow:
        _add_courses(uow, sender[0], courses)
        links = [
            {
                "connection_id": sender[0],
                "form": "mbox",
                "subject": person(number, len(people)),
                "person_id": id,
                "made_by": "roster",
            }
            for number, id in enumerate(people)
        ]
        uow.execute_many(sa.insert(identity_link), [dict(link) for link in links])
        record_changes(
            uow, [Change("identity_linked", link["person_id"], {"links": [link]}) for link in links]
        )
    open_worker(hub).drain()
    with hub.reading() as uow:
        goals = uow.connection.scalar(sa.select(sa.func.count()).select_from(training.goal)) or 0
    return Learners(len(people), courses, goals, sender, hub.settings.public_url)


def _add_courses(uow: UnitOfWork, connection_id: str, courses: int) -> None:
    keys = [f"course-{n}" for n in range(courses)]
    set_offerings(
        uow,
        connection_id,
        [CatalogueRow(key, key, f"Course {key}", course_activity(n)) for n, key in enumerate(keys)],
    )
    for key in keys:
        set_rule(
            uow,
            Rule(
                key=f"rule-{key}",
                title=f"Rule {key}",
                dimension="general",
                kind="brand",
                target_kind="offering",
                target_id=find_target(uow, "offering", key),
                conditions=Conditions(),
                valid_from=SINCE,
                due_days=60,
            ),
        )
