"""Letting workflows answer what happens, each event once; and counting what one would have done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.reassign import people_matching
from hub.audiences.profiles.past_workflows import LOOKED_BACK, answering_workflows
from hub.audiences.profiles.profile import PROFILE_CHANGED
from hub.audiences.profiles.tables import workflow_action
from hub.audiences.profiles.workflows import (
    WORKFLOW_ACTED,
    Happened,
    Workflow,
    answer,
    joinings,
)
from hub.audiences.rules.partner_switches import PARTNER_SWITCHED
from hub.audiences.rules.rule import AUDIENCE_CHANGED
from hub.ids import derived_id
from hub.journal import CHANGES, EVENTS, Change, Reader, record_changes
from hub.journal.tables import event as event_table
from hub.logging import get_logger
from hub.network import tables as network
from hub.network.attributes import read_kinds, set_attributes, value_problems
from hub.store import UnitOfWork
from hub.training import tables as training

logger = get_logger(__name__)
KINDS = {
    "completion_recognized": "completed",
    "credit_granted": "credited",
    "credit_revoked": "credit_revoked",
}
"""What the log of events calls what workflows answer."""
SAMPLES = 20
CHUNK = 500
_TIMES = ("valid_from", "valid_to", "due_at")


@dataclass(frozen=True)
class WouldHave:
    """What a workflow would have done in the last LOOKED_BACK days: how often, for how many people, and for whom (ids)."""

    audience: str
    key: str
    version: int
    events: int
    people: int
    samples: tuple[str, ...]


def answer_events(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> None:
    """Let live workflows answer completions and credits; the handler of the reader ``workflows``."""
    flows = answering_workflows(uow)
    if flows:
        _act(uow, flows, _happened(uow, rows))


def answer_joining(uow: UnitOfWork, changes: Sequence[sa.Row[Any]]) -> None:
    """Let live workflows answer appointments that have come; the handler of the reader ``workflows_joined``.

    Appointments that begin later are answered as soon as they are known, also by a workflow that goes live after that, or whose
    plugin comes back on for their partner.
    """
    flows = [flow for flow in answering_workflows(uow) if flow.on == "joined"]
    if not flows:
        return
    people = {c.person_id or c.subject_id for c in changes if c.kind == "person_changed"}
    configured = [c.at for c in changes if c.kind in _CONFIGURED]
    for flow in flows if configured else ():
        later = people_matching(flow.conditions).where(network.appointment.c.valid_from >= min(configured))
        people.update(uow.connection.scalars(later))
    for some in _chunks(sorted(people)):
        facts = read_facts(uow, some)
        _act(uow, flows, [each for mine in facts.values() for each in joinings(mine)], facts)


_CONFIGURED = frozenset({PROFILE_CHANGED, AUDIENCE_CHANGED, PARTNER_SWITCHED})
_JOINING = frozenset({"person_changed"}) | _CONFIGURED
workflows = Reader("workflows", EVENTS, answer_events, batch=500, kinds=frozenset(KINDS))
workflows_joined = Reader(
    "workflows_joined", CHANGES, answer_joining, batch=500, kinds=_JOINING, without_body=_JOINING
)


def apply_acted(uow: UnitOfWork, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Write what workflows did, as changes of kind ``workflow_acted`` have it (also used by a rebuild).

    Of several about one action the last counts: it moves to another person when two records become one.
    """
    bodies = list({body["id"]: body for body in bodies}.values())
    ids = [body["id"] for body in bodies]
    for table, known in (
        (workflow_action, ids),
        (tables.opinion, [derived_id("opinion", id) for id in ids]),
    ):
        uow.connection.execute(sa.delete(table).where(uow.among(table.c.id, known)))
    columns = ("id", "workflow", "version", "audience", "person_id", "appointment_id", "event")
    uow.execute_many(
        sa.insert(workflow_action), [{**{c: b[c] for c in columns}, "at": _time(b["at"])} for b in bodies]
    )
    uow.execute_many(
        sa.insert(tables.opinion),
        [
            {
                **b["opinion"],
                "id": derived_id("opinion", b["id"]),
                "person_id": b["person_id"],
                "appointment_id": b["appointment_id"],
                "audience": b["audience"],
                "verdict": b["opinion"].get("verdict", "assign"),
                **{name: _time(b["opinion"][name]) for name in _TIMES},
            }
            for b in bodies
            if "opinion"
            in b  # else a mail went out, or an attribute was set, which the journal has by itself
        ],
    )


def record_acted(uow: UnitOfWork, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Write what workflows did, or about whom it is now, and note it in the journal."""
    if bodies:
        apply_acted(uow, bodies)
        record_changes(uow, [Change(WORKFLOW_ACTED, b["id"], b, person_id=b["person_id"]) for b in bodies])


def would_have(uow: UnitOfWork, workflow: Workflow) -> WouldHave:
    """What a workflow would have done lately if it had been live; reads only."""
    since = uow.now - LOOKED_BACK
    found: dict[str, str] = {}
    for events in _past(uow, workflow, since):
        facts = read_facts(uow, sorted({event.person_id for event in events}))
        for event in events:
            if answer(workflow, event, facts.get(event.person_id, ()), since=since):
                found[event.key] = event.person_id
    people = sorted(set(found.values()))
    return WouldHave(
        workflow.audience, workflow.key, workflow.version, len(found), len(people), tuple(people[:SAMPLES])
    )


def _act(
    uow: UnitOfWork,
    flows: Sequence[Workflow],
    events: Sequence[Happened],
    facts: Mapping[str, Any] | None = None,
) -> None:
    wanted = [event for event in events if any(flow.on == event.kind for flow in flows)]
    if not wanted:
        return
    if facts is None:
        facts = read_facts(uow, sorted({event.person_id for event in wanted}))
    bodies = {}
    for event in wanted:
        for flow in flows:
            if body := answer(flow, event, facts.get(event.person_id, ())):
                bodies[body["id"]] = body | {"at": uow.now.isoformat()}
    known = set(
        uow.connection.scalars(
            sa.select(workflow_action.c.id).where(uow.among(workflow_action.c.id, list(bodies)))
        )
    )
    new = [body for id, body in sorted(bodies.items()) if id not in known]
    record_acted(uow, new)
    for body in new:
        if "set" in body:
            _set_attribute(uow, body)


def _set_attribute(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Give a person or an appointment a value from now on; nothing where the attribute has become another one meanwhile."""
    what, kinds = body["set"], read_kinds(uow)
    key, value = what["attribute"], what["value"]
    subject = kinds[key].subject if key in kinds else ""
    ids = {"person": body["person_id"], "appointment": body["appointment_id"]}
    if subject not in ids or value_problems(kinds, subject, {key: value}):
        logger.warning("workflow_attribute_not_set", workflow=body["workflow"], attribute=key)
        return
    until = uow.now + timedelta(days=what["days"]) if what["days"] else None
    set_attributes(uow, subject, ids[subject], {key: value}, until=until)


def _past(uow: UnitOfWork, workflow: Workflow, since: datetime) -> Sequence[Sequence[Happened]]:
    if workflow.on == "joined":
        a = network.appointment
        query = people_matching(workflow.conditions).where(a.c.valid_from >= since).order_by(a.c.person_id)
        people = list(uow.connection.scalars(query))
        return [
            [event for mine in read_facts(uow, chunk).values() for event in joinings(mine)]
            for chunk in _chunks(people)
        ]
    kinds = [kind for kind, on in KINDS.items() if on == workflow.on]
    rows = uow.connection.execute(
        sa.select(event_table)
        .where(event_table.c.kind.in_(kinds), event_table.c.at >= since)
        .order_by(event_table.c.position)
    ).all()
    return [_happened(uow, chunk) for chunk in _chunks(rows)]


def _happened(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> list[Happened]:
    """Events of the log that workflows answer. What a credit was for is looked up where the event does not say."""
    mine = [row for row in rows if row.kind in KINDS]
    goal = training.goal
    goals = {row.body["goal_id"] for row in mine if row.kind == "credit_revoked"}
    targets = dict(
        uow.connection.execute(
            sa.select(goal.c.id, goal.c.target_id).where(uow.among(goal.c.id, sorted(goals)))
        ).all()
    )
    return [_event(row, targets) for row in mine]


def _event(row: sa.Row[Any], targets: Mapping[str, str]) -> Happened:
    body, kind = row.body, KINDS[row.kind]
    if kind == "completed":
        about, target = body["offering_id"], body["offering_id"]
    else:
        about, target = body["goal_id"], body.get("target_id") or targets.get(body["goal_id"])
    return Happened(kind, f"{kind}:{about}:{body['statement_id']}", row.person_id, row.at, target)


def _chunks(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
