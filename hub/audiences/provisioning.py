"""Which ways into the hub an audience is open to: people come in by a mode that each audience of their places allows."""

from collections.abc import Sequence

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.assigning.read_facts import facts_of_places
from hub.audiences.files.shapes import MODES, Mode
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import match
from hub.audiences.rules.rule import Audience
from hub.errors import NotAllowed
from hub.network.people.places import Place
from hub.store import UnitOfWork

__all__ = ["MODES", "Mode", "check_mode"]


def check_mode(uow: UnitOfWork, mode: Mode, places: Sequence[Place]) -> None:
    """NotAllowed ``mode_not_for_audience`` when a place is, at any time, in an audience that is not open to this mode.

    ``position_not_for_audience`` where the audience's profile names the positions people come in at, and this is none of them. An audience that names no modes is open to all. What the network files say is always right, so nobody asks for
    ``file``: to name it, or to leave it out, tells people what to expect and refuses nothing.
    """
    if not places:
        return
    audiences = _audiences(uow)
    closed = [
        audience for audience in audiences if audience.provisioning and mode not in audience.provisioning
    ]
    positions = {key: setup.get("positions") for key, setup in read_setups(uow).items()}
    choosy = [audience for audience in audiences if positions.get(audience.key)]
    if not closed and not choosy:
        return
    for facts in facts_of_places(uow, places):
        for audience in closed:
            if match(audience.conditions, facts):
                raise NotAllowed(
                    "mode_not_for_audience",
                    f"People do not come into the audience {audience.name} this way.",
                    "Ask an operator of the training hub which way is meant for them.",
                )
        for audience in choosy:
            if facts.position_id not in (positions[audience.key] or ()) and match(audience.conditions, facts):
                raise NotAllowed(
                    "position_not_for_audience",
                    f"People do not come into the audience {audience.name} at this position.",
                    "Choose one of its positions, or ask an operator of the training hub.",
                )


def _audiences(uow: UnitOfWork) -> list[Audience]:
    rows = uow.connection.execute(sa.select(tables.audience).order_by(tables.audience.c.key))
    return [Audience.of(row) for row in rows]
