"""With whose eyes somebody looks at the network: the hub's, those of a partner whose people they look after, or their own.

Operators have the hub's, partner admins those of each of their partners, and managers their own (I22). Whoever has none of
these has nothing to look at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from hub.access.reach import OPERATOR, Reach
from hub.access.roles import administered_partners
from hub.access.visibility import dimensions_of_manager
from hub.errors import NotAllowed
from hub.network.people.person import Person
from hub.store import UnitOfWork

HUB, OWN = "hub", "me"
INSTANT_OF_DAY = time(10, 30, tzinfo=UTC)
"""When a day is asked for: at that instant it is this day from Hawaii to New Zealand."""


@dataclass(frozen=True)
class Eyes:
    """``key`` is HUB, OWN or the partner's id, ``partner`` the partner's name."""

    key: str
    reach: Reach
    partner: str = ""


def eyes_of(uow: UnitOfWork, person: Person) -> dict[str, Eyes]:
    """All that somebody may look with, by key, the farthest first."""
    found = [Eyes(HUB, OPERATOR)] if person.is_operator else []
    partners = administered_partners(uow, person.id)
    found += [Eyes(id, Reach("partner", id), name) for id, name in partners.items()]
    if dimensions_of_manager(uow, person.id):
        found.append(Eyes(OWN, Reach("person", person.id)))
    return {each.key: each for each in found}


def choose_eyes(eyes: Mapping[str, Eyes], wanted: str = "") -> Eyes:
    """The ones asked for, or the farthest. NotAllowed ``no_network`` for what somebody does not have."""
    key = wanted or next(iter(eyes), "")
    if key not in eyes:
        raise NotAllowed(
            "no_network",
            "You look after nobody in the network.",
            "These pages are for operators, field representatives, managers and partner admins.",
        )
    return eyes[key]


def instant_of(day: date) -> datetime:
    """The instant that stands for a day in questions of what was true then."""
    return datetime.combine(day, INSTANT_OF_DAY)
