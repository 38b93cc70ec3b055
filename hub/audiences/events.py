"""What these rooms announce."""

from dataclasses import dataclass
from datetime import datetime

from hub.journal import Event


@dataclass(frozen=True)
class AudienceJoined(Event):
    """Somebody's appointment is new in an audience, from ``starts`` on, which may be to come."""

    appointment_id: str
    audience: str
    starts: datetime
