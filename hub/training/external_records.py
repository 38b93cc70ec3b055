"""What somebody learned elsewhere: declared by themselves or by their employer. It counts for nothing here (B72).

A record is seen by the person, and by the partner it was made at for as long as it employs them. What it says is personal: the
journal of changes has the ids alone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.ids import is_id, new_id
from hub.journal import Change, audit, record_changes
from hub.network import tables as network
from hub.network.people.person import lock_people, read_person
from hub.network.validity.dates import is_in_reach
from hub.store import UnitOfWork
from hub.training.tables import external_record as table

CHANGED = "external_record_changed"
"""The kind of such changes in the journal."""
State = Literal["declared", "accepted", "refused"]
MAX_RECORDS = 200
MAX_TITLE, MAX_NOTE = 200, 1_000


@dataclass(frozen=True)
class Said:
    """What is declared: ``provider`` gave the training, ``note`` says where to look it up."""

    title: str
    completed_on: date
    provider: str = ""
    note: str = ""
    expires_on: date | None = None


@dataclass(frozen=True)
class ExternalRecord:
    """One training elsewhere. ``by_partner``: the employer declared it. ``state`` is what the employer says of it."""

    id: str
    person_id: str
    title: str
    provider: str
    note: str
    completed_on: date
    expires_on: date | None
    by_partner: bool
    state: State
    declared_at: datetime


def declare_record(
    uow: UnitOfWork, person_id: str, said: Said, *, actor_id: str, by_partner: bool = False
) -> str:
    """Note a training that somebody did elsewhere; the record's id. What the employer declares is accepted by that.

    Missing ``no_person``; BadInput ``bad_record``; Conflict ``known_record`` for the same title and day again, ``too_many_records``.
    """
    lock_people(uow, [person_id])
    person = read_person(uow, person_id)
    _check(uow, said)
    # An employer learns nothing of what was declared under another one.
    known = (
        read_records_of_employer(uow, person_id, person.partner_id)
        if by_partner
        else read_records(uow, person_id)
    )
    mine = [r for r in known if r.state != "refused"]
    if any(
        (r.title.casefold(), r.completed_on) == (said.title.strip().casefold(), said.completed_on)
        for r in mine
    ):
        raise Conflict("known_record", "This training is on record already.")
    if len(mine) >= MAX_RECORDS:
        raise Conflict(
            "too_many_records", f"At most {MAX_RECORDS} trainings are kept.", "Remove old ones first."
        )
    id = new_id()
    uow.insert(
        table,
        id=id,
        person_id=person_id,
        partner_id=person.partner_id,
        title=said.title.strip(),
        provider=said.provider.strip(),
        note=said.note.strip(),
        completed_on=said.completed_on,
        expires_on=said.expires_on,
        by_partner=by_partner,
        state="accepted" if by_partner else "declared",
        declared_by=actor_id,
        declared_at=uow.now,
    )
    _told(uow, id, person_id, actor_id, "accepted" if by_partner else "declared")
    return id


def judge_record(uow: UnitOfWork, record_id: str, *, accepted: bool, actor_id: str) -> None:
    """Let the employer accept what somebody declared, or refuse it. Missing ``no_record``."""
    record = read_record(uow, record_id)
    state: State = "accepted" if accepted else "refused"
    values = {"state": state, "judged_by": actor_id, "judged_at": uow.now}
    uow.connection.execute(sa.update(table).where(table.c.id == record.id).values(**values))
    _told(uow, record.id, record.person_id, actor_id, state)


def remove_record(uow: UnitOfWork, record_id: str, *, actor_id: str) -> None:
    """Delete a record. Missing ``no_record``."""
    record = read_record(uow, record_id)
    uow.connection.execute(sa.delete(table).where(table.c.id == record.id))
    _told(uow, record.id, record.person_id, actor_id, "removed")


def read_records(uow: UnitOfWork, person_id: str) -> list[ExternalRecord]:
    """All that the person has on record, the newest first."""
    return _read(uow, table.c.person_id == person_id)


def read_records_of_employer(uow: UnitOfWork, person_id: str, partner_id: str) -> list[ExternalRecord]:
    """Those made while this partner employed the person; none once it does no more."""
    return _read(uow, table.c.person_id == person_id, _of_employer(partner_id))


def read_record_of_employer(uow: UnitOfWork, record_id: str, partner_id: str) -> ExternalRecord:
    """One of those. Missing ``no_record``, also for anybody else's: after the same statement."""
    return _one(uow, record_id, _of_employer(partner_id))


def read_record(uow: UnitOfWork, record_id: str) -> ExternalRecord:
    """One record. Missing ``no_record``."""
    return _one(uow, record_id)


def move_records(uow: UnitOfWork, from_id: str, to_id: str, only: Collection[str] | None = None) -> list[str]:
    """Let one person's records be another's; their ids. ``only`` what moved before, for taking that back."""
    ids = [r.id for r in read_records(uow, from_id) if only is None or r.id in only]
    uow.connection.execute(sa.update(table).where(uow.among(table.c.id, ids)).values(person_id=to_id))
    return ids


def count_records(uow: UnitOfWork, person_id: str) -> int:
    """How many a person has."""
    return uow.connection.scalar(sa.select(sa.func.count()).where(table.c.person_id == person_id)) or 0


def delete_records(uow: UnitOfWork, person_id: str) -> int:
    """Delete all that a person who is erased has on record; how many there were."""
    return uow.connection.execute(sa.delete(table).where(table.c.person_id == person_id)).rowcount


def _of_employer(partner_id: str) -> sa.ColumnElement[bool]:
    person = network.person
    employs = sa.exists().where(person.c.id == table.c.person_id, person.c.partner_id == partner_id)
    return sa.and_(table.c.partner_id == partner_id, employs)


def _one(uow: UnitOfWork, record_id: str, *conditions: sa.ColumnElement[bool]) -> ExternalRecord:
    found = _read(uow, table.c.id == record_id, *conditions) if is_id(record_id) else []
    if not found:
        raise Missing("no_record", "There is no such training on record.")
    return found[0]


def _read(uow: UnitOfWork, *conditions: sa.ColumnElement[bool]) -> list[ExternalRecord]:
    columns = [table.c[name] for name in ExternalRecord.__dataclass_fields__]
    query = sa.select(*columns).where(*conditions).order_by(table.c.completed_on.desc(), table.c.id)
    return [ExternalRecord(*row) for row in uow.connection.execute(query)]


def _check(uow: UnitOfWork, said: Said) -> None:
    if not said.title.strip():
        raise _bad("A training needs a title.")
    if len(said.title) > MAX_TITLE or len(said.provider) > MAX_TITLE or len(said.note) > MAX_NOTE:
        raise _bad(f"At most {MAX_TITLE} characters in a title, and {MAX_NOTE} in a note.")
    if not all(is_in_reach(day) for day in (said.completed_on, said.expires_on) if day):
        raise _bad("A date is too far off: it lies in the years 1900 to 2199.")
    if said.completed_on > uow.now.date():
        raise _bad("A training is declared when it is done.")
    if said.expires_on is not None and said.expires_on <= said.completed_on:
        raise _bad("A training ends to be valid after it was done.")


def _told(uow: UnitOfWork, record_id: str, person_id: str, actor_id: str, state: str) -> None:
    body: dict[str, Any] = {"id": record_id, "person_id": person_id, "state": state}
    record_changes(uow, [Change(CHANGED, record_id, body, person_id=person_id, actor_id=actor_id)])
    audit(uow, CHANGED, person_id, actor_id=actor_id, detail={"record": record_id, "state": state})


def _bad(message: str) -> BadInput:
    return BadInput("bad_record", message)
