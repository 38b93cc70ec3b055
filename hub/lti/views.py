"""What pages show of launches. Reads only."""

from collections.abc import Iterable

import sqlalchemy as sa

from hub.lti import tables
from hub.store import UnitOfWork


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
                link.c.offering_id.in_(list(offering_ids)),
            )
            .distinct()
        )
    )
