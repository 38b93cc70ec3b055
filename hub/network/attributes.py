"""Attributes of people, appointments, locations and partners, typed by a schema and dated (B51, B82)."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Problem
from hub.ids import derived_id
from hub.network import tables
from hub.network.attribute_values import SUBJECTS, TYPES, AttributeKind
from hub.network.importing.roster_keys import find_ids, name_for_files
from hub.network.names import clean_name
from hub.network.people.person import lock_people
from hub.network.record import a_time, find_row, lock_network, record
from hub.network.validity.dated import Part, holding, split, stated, without
from hub.network.validity.intervals import Interval
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
    """Let there be such an attribute, which files then call by its key; whether that changed anything.

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
    if not find_ids(uow, "attribute_kind", [kind.key]):
        name_for_files(uow, "attribute_kind", kind.key, derived_id("attribute_kind", kind.key))
    return True


def set_attributes(
    uow: UnitOfWork,
    subject: str,
    subject_id: str,
    values: Mapping[str, Any],
    at: datetime | None = None,
    until: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> bool:
    """Let attributes of a person, appointment, location or partner have these values from an instant on (now); None for no value.

    Whether that changed anything; without ``until`` what was planned for later is replaced. BadInput ``bad_dates``, ``bad_attributes`` with every problem at once;
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
    during = a_time(uow, at, until)
    before = read_values(uow, subject_id)
    after: list[Part] = [each for each in before if each["key"] not in values]
    for key, value in values.items():
        same, _ = split(before, {"key": key})
        of_key = {"key": key, "value": value}
        after += without(same, during) if value is None else holding(same, of_key, during)
    return write_values(uow, subject, subject_id, after, person_id=person_id, actor_id=actor_id)


def write_values(
    uow: UnitOfWork,
    subject: str,
    subject_id: str,
    values: Sequence[Part],
    *,
    person_id: str | None,
    actor_id: str | None = None,
) -> bool:
    """Let these be all values of a subject; whether that changed anything. ``person_id``: whose appointment it is, or who it is."""
    after = in_order(values)
    if after == read_values(uow, subject_id):
        return False
    body = {"subject": subject, "subject_id": subject_id, "values": after}
    record(uow, CHANGED, {subject_id: body}, person_id=person_id, actor_id=actor_id)
    return True


def subjects_of(uow: UnitOfWork, person_id: str) -> list[str]:
    """Ids of whose attributes are a person's: the person and their appointments."""
    a = tables.appointment
    mine = sa.select(a.c.id).where(a.c.person_id == person_id).order_by(a.c.id)
    return [person_id, *uow.connection.scalars(mine)]


def forget_attributes(uow: UnitOfWork, person_id: str) -> bool:
    """Take every value of a person and of their appointments away, past ones too, as if there had been none; whether there were any.

    The journal's bodies are the caller's to take them out of: they need its door.
    """
    value, ids = tables.attribute, subjects_of(uow, person_id)
    having = sa.select(value.c.subject_id).where(uow.among(value.c.subject_id, ids)).distinct()
    known = sorted(uow.connection.scalars(having))
    for id in known:
        subject = "person" if id == person_id else "appointment"
        write_values(uow, subject, id, [], person_id=person_id)
    return bool(known)


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


def read_values(uow: UnitOfWork, subject_id: str) -> list[Part]:
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


def in_order(values: Sequence[Part]) -> list[Part]:
    """As the journal has them."""
    return sorted(values, key=lambda each: (each["key"], each["valid_from"]))


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
