"""How much of why somebody is asked for something a viewer is told (D1, I22): of one's own all, of others what one looks after."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.access.visibility import REVIEW, appointments_for_goals, dimensions_of_manager
from hub.errors import Missing, NotAllowed
from hub.ids import is_id
from hub.store import UnitOfWork


@dataclass(frozen=True)
class WhyScope:
    """``dimension`` None: goals of all of them. ``through``: the appointments (ids) that are told, None for all; ``internal`` those
    among them through which reviews are. ``reviews`` False leaves reviews out. ``everything``: also regions and partners to which the
    person does not belong.
    """

    dimension: str | None = None
    through: frozenset[str] | None = None
    internal: frozenset[str] = frozenset()
    reviews: bool = True
    everything: bool = False

    def sees(self, kind: str, dimension: str) -> bool:
        """Whether goals of this kind and dimension are told."""
        if self.dimension is not None and dimension != self.dimension:
            return False
        return kind != REVIEW or (self.reviews and (self.through is None or bool(self.internal)))

    def sees_appointment(self, kind: str, appointment_id: str | None) -> bool:
        """Whether what asks for a goal of this kind through an appointment is told."""
        if self.through is None or appointment_id is None:
            return True
        return appointment_id in (self.internal if kind == REVIEW else self.through)


OPERATORS = WhyScope(reviews=False, everything=True)
"""Reviews are for operators who say what they look for (``WITH_PURPOSE``)."""
WITH_PURPOSE = WhyScope(everything=True)
OWN = WhyScope()


def scope_of_manager(
    uow: UnitOfWork, manager_id: str, person_id: str, dimension: str, at: datetime | None = None
) -> WhyScope:
    """What a manager is told of a person in one of the own dimensions. NotAllowed ``no_team``; Missing ``no_person``."""
    if dimension not in dimensions_of_manager(uow, manager_id, at):
        raise NotAllowed("no_team", "You do not look after anybody here.")
    through = _ids(uow, manager_id, person_id, dimension, "", at)
    if not through:
        raise Missing("no_person", "There is no such person in your team.")
    return WhyScope(dimension, through, _ids(uow, manager_id, person_id, dimension, REVIEW, at))


def _ids(
    uow: UnitOfWork, manager_id: str, person_id: str, dimension: str, kind: str, at: datetime | None
) -> frozenset[str]:
    ours = appointments_for_goals(uow, manager_id, dimension, kind, at).subquery()
    if not is_id(person_id):
        return frozenset()
    return frozenset(uow.connection.scalars(sa.select(ours.c.id).where(ours.c.person_id == person_id)))
