"""The panels plugins add to "My training", for people with an appointment in an audience, and at a partner, the plugin is on for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.profiles.profile import told_of
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import AppointmentFacts, match
from hub.audiences.rules.rule import SwitchedPlugin, read_switched
from hub.hooks import Failure
from hub.network.validity.intervals import holds
from hub.store import UnitOfWork
from hub.training.my_training.panel import Panel, PanelView, problem_of_panels

HOOK = "plan_panels"


@dataclass(frozen=True)
class PanelFailure:
    """A plugin that could not show its panel; the page goes on without it."""

    plugin: str


def read_panels(
    uow: UnitOfWork, person_id: str, supposed: Sequence[SwitchedPlugin] = ()
) -> list[Panel | PanelFailure]:
    """The person's panels in the order of the plugins. Only plugins of the audiences the person is in now are asked.

    ``supposed`` are switches that there are not, for whoever tries a plugin before it is on.
    """
    plugins = uow.hooks.implementers(HOOK)
    known = [*read_switched(uow), *supposed]
    switched = [s for s in known if s.plugin in plugins and holds(s.during, uow.now)]
    if not switched:
        return []
    appointments = read_facts(uow, [person_id]).get(person_id, [])
    setups = read_setups(uow)
    asked = {}
    for plugin in plugins:
        mine = [s for s in switched if s.plugin == plugin]
        starts = _starts(appointments, mine, uow.now)
        if starts:
            first = next(s for s in mine if any(_is_in(s, a, uow.now) for a in appointments))
            settings, _ = told_of(setups.get(first.audience.key), plugin)
            asked[plugin] = {"view": PanelView(person_id, uow.now, starts, settings)}
    return _ask(uow, asked)


def _starts(
    appointments: Sequence[AppointmentFacts], switched: Sequence[SwitchedPlugin], now: datetime
) -> tuple[datetime, ...]:
    """When those appointments began that belong to one of the audiences now."""
    return tuple(sorted(a.during[0] for a in appointments if any(_is_in(s, a, now) for s in switched)))


def _is_in(switched: SwitchedPlugin, appointment: AppointmentFacts, now: datetime) -> bool:
    if not any(holds(time, now) for time in switched.times_at(appointment.partner_id)):
        return False
    found = match(switched.audience.conditions, appointment)
    return found is not None and any(holds(interval, now) for interval in found.during)


def _ask(uow: UnitOfWork, asked: Mapping[str, Mapping[str, PanelView]]) -> list[Panel | PanelFailure]:
    found: list[Panel | PanelFailure] = []
    for answer in uow.hooks.show_each(HOOK, asked):
        # An answer of another kind is the plugin's mistake, and must not become the page's.
        if isinstance(answer, Failure):
            found.append(PanelFailure(answer.plugin))
            continue
        problem = problem_of_panels(answer.value)
        if problem:
            uow.hooks.note_error(answer.plugin, HOOK, problem)
            found.append(PanelFailure(answer.plugin))
        else:
            found += answer.value
    return found
