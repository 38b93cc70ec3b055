"""What is left of a person when everything personal is gone: a row that goals, credits and journals can point to."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hub.journal import Change, record_changes
from hub.network import tables
from hub.network.apply_changes import apply_changes
from hub.network.attributes import forget_attributes, subjects_of
from hub.network.importing.complete import ended
from hub.network.people.merges import absorbed_ids
from hub.network.people.person_snapshots import read_snapshot
from hub.network.structure.representatives import read_responsibilities, until
from hub.network.structure.superiors import end_relations
from hub.store import UnitOfWork


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    detail, link = tables.person_detail, tables.identity_link
    return {
        "personal details": _count(uow, detail.c.person_id == person_id),
        "identities": _count(uow, link.c.person_id == person_id),
        "keys of the network files": _count(uow, _keys(person_id)),
        "attributes": _count(uow, tables.attribute.c.subject_id.in_(subjects_of(uow, person_id))),
    }


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Delete names, address, attributes, identities and the files' keys; end appointments and switch the person off. Rows by kind.

    The person's row stays with its id. Subjects and values in the journal's bodies are the caller's to take out: they need its door.
    """
    counts = count_of_person(uow, person_id)
    absorbed = absorbed_ids(uow, person_id)
    for table, where in (
        (tables.identity_proof, _proofs(person_id)),
        (tables.person_merge, _merges(person_id)),
        (tables.person_detail, tables.person_detail.c.person_id.in_([person_id, *absorbed])),
        (tables.identity_link, tables.identity_link.c.person_id == person_id),
        (tables.removed_sign_in, tables.removed_sign_in.c.person_id.in_([person_id, *absorbed])),
        (tables.roster_key, _keys(person_id)),
    ):
        uow.connection.execute(sa.delete(table).where(where))
    body = _ended(uow, person_id)
    apply_changes(uow, "person_changed", [body])
    record_changes(uow, [Change("person_changed", person_id, body, person_id=person_id)])
    looked_after = _no_longer_looked_after(uow, person_id)
    if looked_after is not None:
        apply_changes(uow, "rep_changed", [looked_after])
        record_changes(uow, [Change("rep_changed", person_id, looked_after, person_id=person_id)])
    end_relations(uow, person_id, uow.now)
    for each in (*absorbed, person_id):
        forget_attributes(uow, each)
    return counts


def _keys(person_id: str) -> sa.ColumnElement[bool]:
    """What the files call the person and the person's appointments."""
    key, appointment = tables.roster_key, tables.appointment
    mine = sa.select(appointment.c.id).where(appointment.c.person_id == person_id)
    return sa.or_(key.c.id == person_id, key.c.id.in_(mine))


def _merges(person_id: str) -> sa.ColumnElement[bool]:
    """Which say what the person was called; whoever was erased is given nothing back."""
    merge = tables.person_merge
    return sa.or_(merge.c.from_id == person_id, merge.c.to_id == person_id)


def _proofs(person_id: str) -> sa.ColumnElement[bool]:
    """Proofs of an identity that became the person's."""
    proof, link = tables.identity_proof, tables.identity_link
    same = [proof.c[name] == link.c[name] for name in ("connection_id", "form", "subject")]
    return sa.exists().where(link.c.person_id == person_id, *same)


def _ended(uow: UnitOfWork, person_id: str) -> Mapping[str, Any]:
    """The person's snapshot, switched off, with every appointment over."""
    body = read_snapshot(uow, person_id)
    appointments = [ended(each, uow.now) for each in body["appointments"]]
    return {**body, "disabled": True, "appointments": appointments}


def _no_longer_looked_after(uow: UnitOfWork, person_id: str) -> Mapping[str, Any] | None:
    assignments = read_responsibilities(uow, person_id)
    if not assignments:
        return None
    return {"person_id": person_id, "assignments": [until(each, uow.now) for each in assignments]}


def _count(uow: UnitOfWork, where: sa.ColumnElement[bool]) -> int:
    return uow.connection.scalar(sa.select(sa.func.count()).where(where)) or 0
