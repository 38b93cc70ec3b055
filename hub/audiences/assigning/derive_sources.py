"""Which goals a person has and why: a pure function of appointments, rules, plugins' opinions and people's decisions."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from hub.audiences.profiles.profile import WORKFLOW
from hub.audiences.rules.conditions import AppointmentFacts, asks_for, match
from hub.audiences.rules.rule import Rule, SwitchedPlugin
from hub.network.validity.intervals import Intervals, intersect, subtract, union
from hub.training.goals.decisions import Decision, sources_of_decision
from hub.training.goals.goal import GoalKey, Source, joined
from hub.training.goals.waivers import WaivedSource, Waiver, joined_waived, waive, waivers_of


class StoredOpinion(Protocol):
    """A row of the table ``opinion``."""

    id: str
    plugin: str
    plugin_version: str
    appointment_id: str
    audience: str
    target_kind: str
    target_id: str
    kind: str
    dimension: str
    reason: str
    due_at: datetime | None
    valid_from: datetime
    valid_to: datetime | None
    verdict: str


class RuleIndex:
    """Live rules by what appointments are for good, so that each meets only those that can match it."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = [rule for rule in rules if rule.status == "live"]
        self._known: dict[tuple[str, str, str], list[Rule]] = {}

    def rules_for(self, appointment: AppointmentFacts) -> Sequence[Rule]:
        """The rules worth matching against this appointment."""
        kind = (appointment.position_id, appointment.partner_id, appointment.audience_class)
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = [rule for rule in self._rules if asks_for(rule.conditions, *kind)]
        return known


def derive_goals(
    appointments: Sequence[AppointmentFacts],
    rules: RuleIndex,
    switched: Sequence[SwitchedPlugin],
    opinions: Sequence[StoredOpinion],
    decisions: Sequence[Decision] = (),
) -> tuple[list[Source], list[WaivedSource]]:
    """The sources of one person's goals, and those that somebody waives: all that a person is asked, and is let off."""
    sources = derive_sources(appointments, rules, switched, opinions, decisions)
    waivers = [*waivers_of(decisions), *waivers_of_opinions(appointments, switched, opinions)]
    left, waived = waive(joined(sources), waivers, {each.id: each.audience_class for each in appointments})
    return joined(left), joined_waived(waived)


def derive_sources(
    appointments: Sequence[AppointmentFacts],
    rules: RuleIndex,
    switched: Sequence[SwitchedPlugin],
    opinions: Iterable[StoredOpinion],
    decisions: Iterable[Decision] = (),
) -> Iterator[Source]:
    """Every source of one person's goals, also what ``training.goals.waivers`` takes away."""
    for appointment in appointments:
        for rule in rules.rules_for(appointment):
            yield from sources_of_rule(rule, appointment)
    by_id = {a.id: a for a in appointments}
    for opinion in opinions:
        if opinion.appointment_id in by_id and opinion.verdict == "assign":
            yield from _from_opinion(opinion, by_id[opinion.appointment_id], switched)
    employed = {a.id: a.during for a in appointments}
    for decision in decisions:
        yield from sources_of_decision(decision, employed)


def waivers_of_opinions(
    appointments: Sequence[AppointmentFacts],
    switched: Sequence[SwitchedPlugin],
    opinions: Iterable[StoredOpinion],
) -> Iterator[Waiver]:
    """What plugins waive, each while it is on for the audience it spoke about; of two times that overlap, the first said counts."""
    by_id = {a.id: a for a in appointments}
    taken: dict[tuple[str, str, GoalKey], Intervals] = {}
    for opinion in opinions:
        if opinion.verdict != "waive" or opinion.appointment_id not in by_id:
            continue
        appointment = by_id[opinion.appointment_id]
        goal = _goal_of(opinion, appointment)
        known = taken.get((opinion.plugin, appointment.id, goal), ())
        during = subtract(_times_of(opinion, appointment, switched), known)
        taken[opinion.plugin, appointment.id, goal] = union((*known, *during))
        for each in during:
            yield Waiver(goal, "plugin", opinion.plugin, each, appointment.id, opinion.reason)


def sources_of_rule(rule: Rule, appointment: AppointmentFacts) -> Iterator[Source]:
    """What one rule says about one appointment; nothing unless it is live."""
    if rule.status != "live":
        return
    found = match(rule.conditions, appointment)
    if found is None:
        return
    goal = GoalKey(appointment.person_id, rule.target_kind, rule.target_id, rule.kind, rule.dimension)
    for start, end in intersect(found.during, ((rule.valid_from, rule.valid_to),)):
        yield Source(
            goal,
            "rule",
            rule.key,
            str(rule.version),
            appointment.id,
            {"title": rule.title, "brands": list(found.brand_ids)},
            start,
            end,
            due_of_rule(rule, start, appointment),
            rule.look_back_days,
            rule.binding,
        )


def due_of_rule(rule: Rule, start: datetime, appointment: AppointmentFacts) -> datetime | None:
    """When a goal is due that a rule asks for since ``start``; None also for a date behind the last one that calendars have."""
    try:
        if rule.due is not None:
            began = appointment.since or appointment.during[0]
            return rule.due.due_at(start, began, appointment.time_zone)
        return start + timedelta(days=rule.due_days) if rule.due_days is not None else None
    except OverflowError:  # of one far-off date; it must not keep everybody's goals waiting
        return None


def _from_opinion(
    opinion: StoredOpinion, appointment: AppointmentFacts, switched: Sequence[SwitchedPlugin]
) -> Iterator[Source]:
    reason: dict[str, Any] = {"text": opinion.reason, "audience": opinion.audience}
    workflow = opinion.plugin.removeprefix(WORKFLOW)
    kind = "plugin" if workflow == opinion.plugin else "workflow"
    for start, end in _times_of(opinion, appointment, switched):
        yield Source(
            _goal_of(opinion, appointment),
            kind,
            workflow,
            opinion.plugin_version,
            appointment.id,
            reason,
            start,
            end,
            opinion.due_at,
            None,
        )


def _goal_of(opinion: StoredOpinion, appointment: AppointmentFacts) -> GoalKey:
    about = (opinion.target_kind, opinion.target_id, opinion.kind, opinion.dimension)
    return GoalKey(appointment.person_id, *about)


def _times_of(
    opinion: StoredOpinion, appointment: AppointmentFacts, switched: Sequence[SwitchedPlugin]
) -> Intervals:
    said = ((opinion.valid_from, opinion.valid_to),)
    return intersect(_switched_on(opinion, appointment, switched), said)


def _switched_on(
    opinion: StoredOpinion, appointment: AppointmentFacts, switched: Sequence[SwitchedPlugin]
) -> Intervals:
    """When the plugin was on for the audience it spoke about, and for the partner, while the appointment belonged to it."""
    mine = [s for s in switched if s.plugin == opinion.plugin and s.audience.key == opinion.audience]
    if not mine:
        return ()
    found = match(mine[0].audience.conditions, appointment)
    if found is None:
        return ()
    return intersect(found.during, union(time for s in mine for time in s.times_at(appointment.partner_id)))
