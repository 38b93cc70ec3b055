"""Switches that there are not, for whoever tries a plugin on somebody before it is on for anybody."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.rules.conditions import AppointmentFacts, Conditions, match
from hub.audiences.rules.rule import Audience, SwitchedPlugin, read_audience, read_switched
from hub.store import UnitOfWork

EVERYBODY = "everybody"
"""The audience that a plugin is supposed to be on for, where somebody is in none at all."""


def suppose_on(
    uow: UnitOfWork, plugin: str, facts: Mapping[str, Sequence[AppointmentFacts]], audience: str = ""
) -> list[SwitchedPlugin]:
    """A plugin as if it were on from now: for the ``audience``, else for all that these people are in, else for everybody.

    Where it is on for some of these people already and no audience is named, nothing is supposed. Missing ``no_audience``.
    """
    during = (uow.now, None)
    if audience:
        return [SwitchedPlugin(read_audience(uow, audience), plugin, during)]
    if any(s.plugin == plugin and s.during[1] is None and _has(s, facts) for s in read_switched(uow)):
        return []
    table = tables.audience
    rows = uow.connection.execute(sa.select(table).order_by(table.c.key))
    every = [SwitchedPlugin(Audience.of(row), plugin, during) for row in rows]
    theirs = [switched for switched in every if _has(switched, facts)]
    return theirs or [SwitchedPlugin(Audience(EVERYBODY, "Everybody", Conditions()), plugin, during)]


def _has(switched: SwitchedPlugin, facts: Mapping[str, Sequence[AppointmentFacts]]) -> bool:
    """Whether one of these appointments is in its audience, and the plugin not off there."""
    return any(
        switched.is_on_at(each.partner_id) and match(switched.audience.conditions, each)
        for mine in facts.values()
        for each in mine
    )
