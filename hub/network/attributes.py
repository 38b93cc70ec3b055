"""Attributes of people, appointments, locations and partners, typed by a schema and dated (B51, B82)."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Problem
from hub.journal import Change, record_changes
from hub.network import tables
from hub.network.apply_changes import apply_changes
from hub.network.attribute_values import SUBJECTS, TYPES, AttributeKind
from hub.network.intervals import Interval
from hub.network.people import lock_people
from hub.network.record import clipped, find_row, lock_network, record, stated
from hub.network.rename import clean_name
from hub.store import UnitOfWork

KIND_CHANGED = "attribute_kind_changed"
CHANGED = "attributes_changed"
_KEY = re.compile(r"[a-z0-9]([a-z0-9_-]{0,38}[a-z0-9])?")
_TABLES = {
    "person": tables.person,
    "appointment": tables.appointment,
    "location": tables.location,
    "partner": tables.partner,
}


def define_attribute(uow: UnitOfWork, kind: AttributeKind, *, actor_id: str | None = None) -> bool:
    """Let there be such an attribute; whether that changed anything.

    BadInput ``bad_attribute`` with every problem. Conflict ``attribute_in_use`` for another subject or type, or a choice less,
    once there are values: rules may rest on them.
    """
    lock_network(uow)
    problems = _problems_of(kind)
    if problems:
        raise BadInput("bad_attribute", "This cannot be an attribute.", "", problems)
    body = _body(kind)
    known = read_kinds(uow).get(kind.key)
    if known is not None and _body(known) == body:
        return False
    if known is not None and (
        (known.subject, known.type) != (kind.subject, kind.type) or set(known.choices) - set(kind.choices)
    ):
        value = tables.attribute
        if uow.connection.scalar(sa.select(sa.exists().where(value.c.key == kind.key))):
            raise Conflict(
                "attribute_in_use", f"There are values of {kind.title} already.", "Make a new attribute."
            )
    record(uow, KIND_CHANGED, {kind.key: body}, actor_id=actor_id)
    return True


def set_attributes(
    uow: UnitOfWork,
    subject: str,
    subject_id: str,
    values: Mapping[str, Any],
    at: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> bool:
    """Let attributes of a person, appointment, location or partner have these values from an instant on (now); None for no value.

    Whether that changed anything; what was planned for later is replaced. BadInput ``bad_attributes`` with every problem at once;
    Missing ``no_<subject>``.
    """
    if subject not in SUBJECTS:
        raise BadInput("bad_attributes", f"Attributes belong to a {', '.join(SUBJECTS)}.")
    row = find_row(uow, _TABLES[subject], subject_id, subject)
    person_id = {"person": subject_id, "appointment": getattr(row, "person_id", None)}.get(subject)
    if person_id:
        lock_people(uow, [person_id])
    else:
        lock_network(uow)
    problems = value_problems(read_kinds(uow), subject, values)
    if problems:
        raise BadInput("bad_attributes", "Some values cannot be.", "", problems)
    start = (at or uow.now).astimezone(UTC)
    before = read_values(uow, subject_id)
    after = [each for each in before if each["key"] not in values]
    for key, value in values.items():
        past = clipped([each for each in before if each["key"] == key], start)
        now = [] if value is None else [{"key": key, "value": value, **stated(start, None)}]
        after += _joined([*past, *now])
    after = in_order(after)
    if after == before:
        return False
    body = {"subject": subject, "subject_id": subject_id, "values": after}
    record_changes(uow, [Change(CHANGED, subject_id, body, person_id=person_id, actor_id=actor_id)])
    apply_changes(uow, CHANGED, [body])
    return True


def forget_attributes(uow: UnitOfWork, subject: str, subject_id: str) -> bool:
    """Take every value away, past ones too, as if there had been none; whether there were any."""
    if not read_values(uow, subject_id):
        return False
    person_id = subject_id if subject == "person" else None
    body = {"subject": subject, "subject_id": subject_id, "values": []}
    record_changes(uow, [Change(CHANGED, subject_id, body, person_id=person_id)])
    apply_changes(uow, CHANGED, [body])
    return True


def value_problems(
    kinds: Mapping[str, AttributeKind], subject: str, values: Mapping[str, Any]
) -> list[Problem]:
    """Everything that is wrong with values for a subject, each at its key; None ends a value and is always right."""
    problems = []
    for key, value in values.items():
        kind = kinds.get(key)
        if kind is None or kind.subject != subject:
            problems.append(Problem(f"a {subject} has no such attribute", key))
        elif value is not None and (wrong := kind.judge(value)):
            problems.append(Problem(wrong, key))
    return problems


def read_kinds(uow: UnitOfWork) -> dict[str, AttributeKind]:
    """All attributes there are, by key."""
    table = tables.attribute_kind
    rows = uow.connection.execute(sa.select(table).order_by(table.c.key))
    return {
        row.key: AttributeKind(
            row.key, row.title, row.subject, row.type, tuple(row.choices), tuple(row.mandatory_for)
        )
        for row in rows
    }


def read_values(uow: UnitOfWork, subject_id: str) -> list[dict[str, Any]]:
    """Every value that a subject has, had and will have, as ``attributes_changed`` has it."""
    table = tables.attribute
    rows = uow.connection.execute(sa.select(table).where(table.c.subject_id == subject_id))
    return in_order([{"key": r.key, "value": r.value, **stated(r.valid_from, r.valid_to)} for r in rows])


Dated = list[tuple[Any, Interval]]


def values_of(uow: UnitOfWork, subject_ids: Collection[str]) -> dict[str, dict[str, Dated]]:
    """By subject and key, the values with their times; one query for all of them."""
    table = tables.attribute
    found: dict[str, dict[str, Dated]] = defaultdict(lambda: defaultdict(list))
    if subject_ids:
        rows = uow.connection.execute(
            sa.select(table).where(uow.among(table.c.subject_id, sorted(subject_ids)))
        )
        for row in rows:
            found[row.subject_id][row.key].append((row.value, (row.valid_from, row.valid_to)))
    return found


def in_order(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As the journal has them."""
    return sorted(values, key=lambda each: (each["key"], each["valid_from"]))


def _joined(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    joined: list[dict[str, Any]] = []
    for each in in_order(values):
        last = joined[-1] if joined else None
        same = last and last["valid_to"] == each["valid_from"]
        if last and same and (type(last["value"]), last["value"]) == (type(each["value"]), each["value"]):
            joined[-1] = {**last, "valid_to": each["valid_to"]}
        else:
            joined.append(each)
    return joined


def _body(kind: AttributeKind) -> dict[str, Any]:
    return {
        **asdict(kind),
        "title": clean_name(kind.title),
        "choices": list(kind.choices),
        "mandatory_for": sorted(set(kind.mandatory_for)),
    }


def _problems_of(kind: AttributeKind) -> list[Problem]:
    problems = []
    if not _KEY.fullmatch(kind.key):
        problems.append(Problem("needs lower case letters, digits and hyphens", "key"))
    if kind.subject not in SUBJECTS:
        problems.append(Problem(f"is one of {', '.join(SUBJECTS)}", "subject"))
    if kind.type not in TYPES:
        problems.append(Problem(f"is one of {', '.join(TYPES)}", "type"))
    if (kind.type == "choice") != bool(kind.choices):
        problems.append(Problem("are given with the type choice, and with no other", "choices"))
    if len(set(kind.choices)) < len(kind.choices):
        problems.append(Problem("name something twice", "choices"))
    return problems
