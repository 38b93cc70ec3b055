"""Launches that lead in a circle: a system opens the hub to open a course of that same system, or one it just came from."""

from datetime import timedelta

import sqlalchemy as sa

from hub.lti.refusals import Refused
from hub.lti.tables import lti_launch, lti_resource_link
from hub.lti.tool.platforms import Platform
from hub.lti.tool.tables import lti_entry
from hub.network.systems.connections import read_connection
from hub.store import UnitOfWork
from hub.training.courses.offerings import read_offering

RECENT = timedelta(seconds=120)
"""A browser goes round in this time; a person who opens a course again from another place seldom does."""


def refuse_loop(uow: UnitOfWork, platform: Platform, offering_id: str, person_id: str | None) -> None:
    """Refuse ``launch_loop`` where opening the offering would lead back to the system that asks for it.

    That is where the course lives in this very system, and where this person was sent to the course a moment ago because
    another system asked for it: then the course's own system now sends them back. Raises Missing ``no_offering``.
    """
    offering = read_offering(uow, offering_id)
    if offering.connection_id == platform.connection_id:
        raise _loop(platform.name, platform.name)
    if person_id is not None and _was_just_sent(uow, platform.connection_id, offering_id, person_id):
        raise _loop(platform.name, read_connection(uow, offering.connection_id).name)


def _was_just_sent(uow: UnitOfWork, connection_id: str, offering_id: str, person_id: str) -> bool:
    since = uow.now - RECENT
    out = (
        sa.select(lti_launch.c.id)
        .join(lti_resource_link, lti_resource_link.c.id == lti_launch.c.resource_link_id)
        .where(
            lti_launch.c.person_id == person_id,
            lti_resource_link.c.offering_id == offering_id,
            lti_launch.c.created_at > since,
        )
    )
    came = sa.select(lti_entry.c.id).where(
        lti_entry.c.person_id == person_id,
        lti_entry.c.target_kind == "offering",
        lti_entry.c.target_id == offering_id,
        lti_entry.c.connection_id != connection_id,
        lti_entry.c.at > since,
    )
    return bool(uow.connection.scalar(sa.select(sa.and_(out.exists(), came.exists()))))


def _loop(asking: str, opened: str) -> Refused:
    return Refused(
        "launch_loop",
        f"{asking} opens this course in the training hub, and the hub would open it in {opened}, which leads back here. "
        "Nothing is lost: open the course where it is, and tell whoever looks after it.",
        status=409,
    )
