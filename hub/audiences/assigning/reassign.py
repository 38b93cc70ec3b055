"""Keeping goals true: whoever is touched by a change is queued, and worked out anew in chunks.

The queue is what makes a network-wide change (a new rule for all technicians) the same as a small one: it is taken in
units of CHUNK people, can stop anywhere, and shows how much is left.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.audiences import tables
from hub.audiences.assigning.derive_sources import RuleIndex, derive_goals
from hub.audiences.assigning.notes import PLUGIN_NOTED, PLUGIN_REMOVED
from hub.audiences.assigning.opinions import ask_plugins, read_opinions
from hub.audiences.assigning.put_aside import each_for_themselves, put_aside
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.unasked import ASKED_AGAIN
from hub.audiences.profiles.profile import PROFILE_CHANGED, PROFILE_REMOVED
from hub.audiences.profiles.workflows import WORKFLOW_ACTED
from hub.audiences.remote.answers import REMOTE_ANSWERED
from hub.audiences.remote.questions import ask_remote_plugins
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.partner_switches import PARTNER_SWITCHED
from hub.audiences.rules.rule import (
    AUDIENCE_CHANGED,
    RULE_CHANGED,
    RULE_REMOVED,
    SwitchedPlugin,
    read_audience,
    read_rules,
    read_switched,
)
from hub.journal import CHANGES, Reader
from hub.journal.tables import change as change_table
from hub.network import tables as network
from hub.network.people.person import lock_people
from hub.network.structure.apply_nodes import ever_below
from hub.network.structure.trees import read_branch
from hub.store import UnitOfWork
from hub.store.types import Id
from hub.training import tables as training
from hub.training.credit.credit_goals import credit_goals
from hub.training.goals.decisions import DECIDED, MOVED_FROM, read_decisions
from hub.training.goals.goal import Source, set_goals
from hub.training.goals.waivers import WaivedSource

CHUNK = 500
_SOURCES = (training.goal_source, training.waived_source)


def queue_people(uow: UnitOfWork, changes: Sequence[sa.Row[Any]]) -> None:
    """Queue everybody whose goals a change may touch; the handler of the reader ``reassign``."""
    people, found = people_touched(uow, changes)
    _queue_ids(uow, people)
    for query in found:
        _queue(uow, query)


def people_touched(uow: UnitOfWork, changes: Sequence[sa.Row[Any]]) -> tuple[set[str], list[sa.Select[Any]]]:
    """Everybody whose goals these changes may touch: some by id, the others as queries for ``person_id``. Reads only."""
    people: set[str] = set()
    locations: set[str] = set()
    nodes: set[str] = set()
    subjects: dict[str, set[str]] = defaultdict(set)
    found: list[sa.Select[Any]] = []
    for change in changes:
        if change.kind in ("person_changed", WORKFLOW_ACTED, PLUGIN_NOTED, REMOTE_ANSWERED):
            people.add(change.person_id or change.subject_id)
        elif change.kind == DECIDED:
            people.update(filter(None, (change.person_id, change.body.get(MOVED_FROM))))
        elif change.kind == "location_changed":
            locations.add(change.subject_id)
        elif change.kind == "attributes_changed":
            subjects[change.body["subject"]].add(change.subject_id)
        elif change.kind == "node_changed":
            if _is_elsewhere(uow, change):
                nodes.add(change.subject_id)
        elif change.kind in (RULE_CHANGED, RULE_REMOVED):
            found.append(_people_of_rule(change.subject_id, change.body))
        elif change.kind == PLUGIN_REMOVED:
            found += [_people_asked_by("plugin", change.subject_id, table) for table in _SOURCES]
        else:
            found += _people_of_audiences(uow, change)
    for subject, ids in sorted(subjects.items()):
        found += [_people_of_subjects(subject, chunk) for chunk in _chunks(sorted(ids))]
    return people, found + _people_of_locations(uow, locations, nodes)


def _people_of_locations(uow: UnitOfWork, locations: set[str], nodes: set[str]) -> list[sa.Select[Any]]:
    """Everybody who ever worked at these locations, or at one that was ever in or below these nodes."""
    placed, appointment = network.location_node, network.appointment
    below: set[str] = set()
    for chunk in _chunks(sorted(ever_below(uow, nodes))):
        ever = sa.select(placed.c.location_id).where(uow.among(placed.c.node_id, chunk))
        below.update(uow.connection.scalars(ever))
    return [
        sa.select(appointment.c.person_id).where(appointment.c.location_id.in_(chunk))
        for chunk in _chunks(sorted(locations | below))
    ]


def _people_of_audiences(uow: UnitOfWork, change: sa.Row[Any]) -> list[sa.Select[Any]]:
    if change.kind == AUDIENCE_CHANGED:
        conditions = Conditions.from_json(change.body["conditions"])
        return [people_matching(conditions), _people_of_audience(change.subject_id)]
    if change.kind in (PROFILE_CHANGED, PROFILE_REMOVED):
        asked = change.body["asks_again"]
        return [people_matching(read_audience(uow, audience).conditions) for audience in asked]
    if change.kind == PARTNER_SWITCHED:
        return _people_of_partner(uow, change.body["partner_id"], change.body["plugin"])
    if change.kind == ASKED_AGAIN:
        return [people_matching(s.audience.conditions) for s in _switched_on(uow, change.subject_id)]
    if change.kind == "plugin_switched":
        kept = uow.connection.scalar(
            sa.select(tables.audience.c.conditions).where(tables.audience.c.key == change.body["audience"])
        )
        return [
            people_matching(Conditions.from_json(kept or {})),
            _people_of_audience(change.body["audience"]),
        ]
    return []


reassign = Reader("reassign", CHANGES, queue_people, batch=1000, without_body=frozenset({"person_changed"}))


def has_queue(uow: UnitOfWork) -> bool:
    """Whether somebody waits to be worked out anew."""
    queue = tables.reassign_queue
    waiting = sa.select(queue.c.person_id).where(queue.c.error.is_(None)).limit(1)
    return uow.connection.scalar(waiting) is not None


def count_queue(uow: UnitOfWork) -> int:
    """How many people wait, without those who were put aside."""
    queue = tables.reassign_queue
    waiting = sa.select(sa.func.count()).select_from(queue).where(queue.c.error.is_(None))
    return uow.connection.scalar(waiting) or 0


def reassign_chunk(uow: UnitOfWork) -> int:
    """Work out the goals of the next CHUNK people in the queue; how many there were.

    Who cannot be worked out is put aside with the error, and holds nobody else up; a change that queues them anew, or an
    operator, lets them be tried again.
    """
    queue = tables.reassign_queue
    chosen = (
        sa.select(queue.c.person_id)
        .where(queue.c.error.is_(None))
        .order_by(queue.c.person_id)
        .limit(CHUNK)
        .with_for_update(skip_locked=True)
    )
    person_ids = list(uow.connection.scalars(chosen))
    if person_ids:
        failed = each_for_themselves(uow, person_ids, lambda some: reassign_people(uow, some))
        done = [id for id in person_ids if id not in failed]
        uow.connection.execute(sa.delete(queue).where(uow.among(queue.c.person_id, done)))
        put_aside(uow, failed)
    return len(person_ids)


def reassign_people(uow: UnitOfWork, person_ids: Sequence[str], *, ask: bool = True) -> None:
    """Work out these people's goals and credits from what is known now. ``ask=False`` keeps the plugins' last answers."""
    lock_people(uow, sorted(person_ids))
    facts = read_facts(uow, person_ids)
    switched = read_switched(uow)
    if ask:
        ask_plugins(uow, facts, switched)
        ask_remote_plugins(uow, facts, switched)
    opinions = read_opinions(uow, person_ids)
    rules = RuleIndex(read_rules(uow))
    decisions = read_decisions(uow, person_ids)
    wanted: list[Source] = []
    waived: list[WaivedSource] = []
    for id in person_ids:
        decided = decisions.get(id, ())
        left, taken = derive_goals(facts.get(id, ()), rules, switched, opinions.get(id, ()), decided)
        wanted += left
        waived += taken
    credit_goals(uow, set_goals(uow, person_ids, wanted, waived))


def _locations_under(*node_ids: str) -> sa.Select[Any]:
    ln, closure = network.location_node, network.node_closure
    return (
        sa.select(ln.c.location_id)
        .join(closure, closure.c.descendant_id == ln.c.node_id)
        .where(closure.c.ancestor_id.in_(node_ids))
    )


def _is_elsewhere(uow: UnitOfWork, change: sa.Row[Any]) -> bool:
    """Whether a node exists at another time or below others than its change before said; a name moves nobody (I15)."""
    table = change_table
    before = uow.connection.scalar(
        sa.select(table.c.body)
        .where(
            table.c.kind == change.kind,
            table.c.subject_id == change.subject_id,
            table.c.position < change.position,
        )
        .order_by(table.c.position.desc())
        .limit(1)
    )
    return before is None or read_branch(before) != read_branch(change.body)


def _people_of_subjects(subject: str, ids: Sequence[str]) -> sa.Select[Any]:
    """Everybody whose appointments attributes of people, appointments, locations or partners belong to."""
    a, location = network.appointment, network.location
    people = sa.select(a.c.person_id)
    if subject == "partner":
        return people.join(location, location.c.id == a.c.location_id).where(location.c.partner_id.in_(ids))
    column = {"person": a.c.person_id, "appointment": a.c.id, "location": a.c.location_id}[subject]
    return people.where(column.in_(ids))


def _people_of_rule(key: str, body: dict[str, Any]) -> sa.Select[Any]:
    held = sa.select(
        sa.union(*(_people_asked_by("rule", key, table) for table in _SOURCES)).subquery().c.person_id
    )
    if body.get("status", "live") != "live":
        return held
    return sa.select(
        sa.union(held, people_matching(Conditions.from_json(body["conditions"]))).subquery().c.person_id
    )


def _people_asked_by(kind: str, key: str, source: sa.Table) -> sa.Select[Any]:
    goal = training.goal
    held = sa.select(goal.c.person_id).join(source, source.c.goal_id == goal.c.id)
    return held.where(source.c.kind == kind, source.c.source_key == key)


def _people_of_partner(uow: UnitOfWork, partner_id: str, plugin: str) -> list[sa.Select[Any]]:
    """Everybody there who belongs, or may belong, to an audience for which the plugin is on."""
    location = network.location
    here = sa.select(location.c.id).where(location.c.partner_id == partner_id)
    return [
        people_matching(switched.audience.conditions).where(network.appointment.c.location_id.in_(here))
        for switched in _switched_on(uow, plugin)
    ]


def _switched_on(uow: UnitOfWork, plugin: str) -> list[SwitchedPlugin]:
    return [s for s in read_switched(uow) if s.plugin == plugin and s.during[1] is None]


def _people_of_audience(key: str) -> sa.Select[Any]:
    return sa.select(tables.opinion.c.person_id).where(tables.opinion.c.audience == key)


def people_matching(conditions: Conditions) -> sa.Select[Any]:
    """Ids of everybody who may match: a superset that is quick to find; the exact answer is worked out per person."""
    a, location = network.appointment, network.location
    query = sa.select(a.c.person_id).distinct()
    if conditions.positions:
        query = query.where(a.c.position_id.in_(conditions.positions))
    if conditions.audience_class:
        query = query.where(a.c.audience_class == conditions.audience_class)
    if conditions.partners:
        query = query.join(location, location.c.id == a.c.location_id).where(
            location.c.partner_id.in_(conditions.partners)
        )
    if conditions.nodes:
        query = query.where(a.c.location_id.in_(_locations_under(*conditions.nodes)))
    for test in conditions.attributes:
        query = query.where(a.c.person_id.in_(_people_with(test.key)))
    if conditions.brands:
        ab = network.appointment_brand
        query = query.where(
            sa.exists().where(ab.c.appointment_id == a.c.id, ab.c.brand_id.in_(conditions.brands))
        )
    return query


def _people_with(key: str) -> sa.Select[Any]:
    """Everybody who may have a value of an attribute, whosever it is; each way finds its own by an index."""
    a, location, value = network.appointment, network.location, network.attribute
    having = sa.select(value.c.subject_id).where(value.c.key == key)
    people = sa.select(a.c.person_id)
    at_partner = people.join(location, location.c.id == a.c.location_id)
    ways = [people.where(column.in_(having)) for column in (a.c.id, a.c.person_id, a.c.location_id)]
    either = sa.union(*ways, at_partner.where(location.c.partner_id.in_(having))).subquery()
    return sa.select(either.c.person_id)


def _queue(uow: UnitOfWork, people: sa.Select[Any]) -> None:
    wanted = people.subquery()
    now = sa.literal(uow.now, type_=tables.reassign_queue.c.since.type)
    rows = sa.select(wanted.c.person_id, now).where(sa.true()).distinct().order_by(wanted.c.person_id)
    uow.connection.execute(_queue_anew(uow, lambda insert: insert.from_select(["person_id", "since"], rows)))


def _queue_ids(uow: UnitOfWork, people: set[str]) -> None:
    ids = sorted(people)
    if uow.is_sqlite or len(ids) == 1:
        rows: list[dict[str, object]] = [{"person_id": person_id, "since": uow.now} for person_id in ids]
        uow.execute_many(_queue_anew(uow, lambda insert: insert), rows)
    elif ids:  # all of them in one round trip
        listed = uow.listed({"person_id": Id()}, [(id,) for id in ids])
        _queue(uow, sa.select(listed.c.person_id))


def _queue_anew(uow: UnitOfWork, fill: Callable[[Any], Any]) -> sa.Executable:
    """An insert that touches rows already there, so that it waits for a chunk that is just working on them.

    That chunk may have read its people before the change: once it has ended and removed them, they are queued again.
    """
    dialect = sqlite if uow.is_sqlite else postgresql
    insert = fill(dialect.insert(tables.reassign_queue))
    return cast(
        sa.Executable,
        insert.on_conflict_do_update(
            index_elements=["person_id"],
            set_={"since": insert.excluded.since, "error": None, "failed_at": None},
        ),
    )


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
