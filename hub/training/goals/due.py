"""Days as people mean them: until the end of the day where they work."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from hub.network import tables as network
from hub.network.validity.in_force import in_force
from hub.store import UnitOfWork


def end_of_day(day: date, zone: str) -> datetime:
    """The instant at which a day is over in a time zone (IANA name); right also on days with 23 or 25 hours."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)


def zone_of_person(uow: UnitOfWork, person_id: str) -> str:
    """The time zone of the location where a person has worked longest of those they work at now; UTC without any."""
    a, location = network.appointment, network.location
    query = (
        sa.select(location.c.time_zone)
        .join(a, a.c.location_id == location.c.id)
        .where(a.c.person_id == person_id, in_force(a, uow.now))
        .order_by(a.c.valid_from, a.c.id)
    )
    return uow.connection.scalar(query.limit(1)) or "UTC"
