"""What pages show of launches. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.lti import tables
from hub.lti.vocabulary import RESOURCE_LINK_REQUEST
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.training import tables as training

SHOWN = 50


@dataclass(frozen=True)
class LaunchLine:
    """A launch of a person into a tool. ``launched_at`` is None while, or because, the tool never came for its id_token."""

    id: str
    offering_id: str
    title: str
    connection: str
    slug: str
    created_at: datetime
    launched_at: datetime | None


def list_launches(uow: UnitOfWork, person_id: str) -> list[LaunchLine]:
    """The last SHOWN launches of a person into tools, the newest first."""
    launch, link, offering, connection = (
        tables.lti_launch,
        tables.lti_resource_link,
        training.offering,
        network.connection,
    )
    rows = uow.connection.execute(
        sa.select(
            launch.c.id,
            launch.c.created_at,
            launch.c.launched_at,
            offering.c.id.label("offering_id"),
            offering.c.title,
            connection.c.name,
            connection.c.slug,
        )
        .join(link, link.c.id == launch.c.resource_link_id)
        .join(offering, offering.c.id == link.c.offering_id)
        .join(connection, connection.c.id == link.c.connection_id)
        .where(launch.c.person_id == person_id)
        .order_by(launch.c.id.desc())
        .limit(SHOWN)
    )
    return [
        LaunchLine(r.id, r.offering_id, r.title, r.name, r.slug, r.created_at, r.launched_at) for r in rows
    ]


def launched_offerings(uow: UnitOfWork, person_id: str, offering_ids: Iterable[str]) -> set[str]:
    """Which of these courses the person has opened in their LMS at least once."""
    launch, link = tables.lti_launch, tables.lti_resource_link
    return set(
        uow.connection.scalars(
            sa.select(link.c.offering_id)
            .join(launch, launch.c.resource_link_id == link.c.id)
            .where(
                launch.c.person_id == person_id,
                launch.c.launched_at.is_not(None),
                launch.c.message_type == RESOURCE_LINK_REQUEST,
                link.c.offering_id.in_(list(offering_ids)),
            )
            .distinct()
        )
    )
