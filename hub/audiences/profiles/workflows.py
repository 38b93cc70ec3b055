"""Workflows: an event, conditions, and one thing that is done once. Pure; ``run_workflows`` reads and writes (B34)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.audiences.profiles.join_conditions import join
from hub.audiences.profiles.profile import WORKFLOW, Setup
from hub.audiences.profiles.shapes import ACTIONS
from hub.audiences.rules.conditions import AppointmentFacts, Conditions, match
from hub.audiences.rules.rule import Audience
from hub.ids import derived_id
from hub.network.validity.intervals import Intervals, holds

WORKFLOW_ACTED = "workflow_acted"
"""The kind of such changes in the journal: what a workflow did, once."""


@dataclass(frozen=True)
class Workflow:
    """One workflow of one audience. ``conditions`` hold what the audience asks, too; ``since`` is when this version went live,
    and ``until`` when it was so no more, None while it is.

    ``does`` says under one of the names of ACTIONS what is to be done. ``off`` is when the plugin that brought it was off at the
    locations of partners, by their ids.
    """

    key: str
    version: int
    title: str
    audience: str
    on: str
    target_id: str | None
    conditions: Conditions
    reason: str
    does: Mapping[str, Any]
    since: datetime
    until: datetime | None = None
    off: Mapping[str, Intervals] = field(default_factory=dict)

    def is_off_at(self, partner_id: str, at: datetime) -> bool:
        """Whether it answered nothing about appointments with a partner."""
        return any(holds(during, at) for during in self.off.get(partner_id, ()))


@dataclass(frozen=True)
class Happened:
    """An event: ``joined`` of an appointment, or about the course or path ``target_id``. ``key`` tells it from all others."""

    kind: str
    key: str
    person_id: str
    at: datetime
    target_id: str | None = None
    appointment_id: str | None = None


def workflows_of(
    setups: Mapping[str, Setup],
    audiences: Mapping[str, Audience],
    off: Mapping[str, Mapping[str, Intervals]],
    *,
    only_live: bool = True,
) -> list[Workflow]:
    """The workflows of all audiences that have a profile, by audience and key. ``off``: when plugins are off, as ``read_off_times`` has it."""
    return [
        Workflow(
            key,
            entry["version"],
            entry["title"],
            audience,
            entry["on"],
            entry["target_id"],
            join(audiences[audience].conditions, Conditions.from_json(entry["conditions"])),
            entry["reason"],
            {name: entry[name] for name in ACTIONS if name in entry},
            datetime.fromisoformat(entry["since"]),
            off=off.get(entry.get("from", ""), {}),
        )
        for audience, setup in sorted(setups.items())
        for key, entry in sorted(setup.items("workflows").items())
        if setup.is_live(key) or not only_live
    ]


def answer(
    workflow: Workflow, event: Happened, facts: Sequence[AppointmentFacts], *, since: datetime | None = None
) -> dict[str, Any] | None:
    """What the workflow does about the event, as a change of kind ``workflow_acted``; None when it does nothing.

    ``facts`` are the appointments of the person. Of several that fit, the first is taken. Events from before the workflow
    went live (or ``since``), or from after it was so no more, are none of its business.
    """
    if event.kind != workflow.on or not holds((since or workflow.since, workflow.until), event.at):
        return None
    if workflow.target_id is not None and event.target_id != workflow.target_id:
        return None
    for appointment in sorted(facts, key=lambda each: each.id):
        if event.appointment_id not in (None, appointment.id):
            continue
        if workflow.is_off_at(appointment.partner_id, event.at):
            continue
        found = match(workflow.conditions, appointment)
        if found and any(holds(during, event.at) for during in found.during):
            return _action(workflow, event, appointment)
    return None


def joinings(facts: Sequence[AppointmentFacts]) -> Iterator[Happened]:
    """The beginnings of these appointments, as events."""
    for each in facts:
        start = each.during[0]
        yield Happened("joined", f"joined:{each.id}", each.person_id, start, appointment_id=each.id)


def words_of_action(workflow: Workflow) -> str:
    """Why something was done, as the learner reads it."""
    return f"{workflow.reason} (workflow {workflow.title}, version {workflow.version})"


def _action(workflow: Workflow, event: Happened, appointment: AppointmentFacts) -> dict[str, Any]:
    done = {
        "id": derived_id("workflow_action", workflow.audience, workflow.key, event.key),
        "workflow": workflow.key,
        "version": workflow.version,
        "audience": workflow.audience,
        "person_id": event.person_id,
        "appointment_id": appointment.id,
        "event": event.key,
    }
    ((name, what),) = workflow.does.items()
    if name in ("give", "waive"):
        return done | {"opinion": _opinion(workflow, event, name, what)}
    if name == "tell":
        return done | {"tell": {**what, "told_by": f"{workflow.title}, {workflow.version}"}}
    return done | {name: {**what, "reason": words_of_action(workflow)}}


def _opinion(workflow: Workflow, event: Happened, name: str, goal: Mapping[str, Any]) -> dict[str, Any]:
    until = event.at + timedelta(days=goal["days"]) if goal["days"] else None
    due_days = goal.get("due_days")
    due = event.at + timedelta(days=due_days) if due_days is not None else None
    return {
        "plugin": WORKFLOW + workflow.key,
        "plugin_version": str(workflow.version),
        "target_kind": goal["target_kind"],
        "target_id": goal["target_id"],
        "kind": goal["kind"],
        "dimension": goal["dimension"],
        "reason": words_of_action(workflow),
        "valid_from": event.at.isoformat(),
        "valid_to": until.isoformat() if until else None,
        "due_at": due.isoformat() if due else None,
        "verdict": "waive" if name == "waive" else "assign",
    }
