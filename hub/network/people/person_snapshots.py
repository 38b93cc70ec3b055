"""One person as a whole, read from the tables and written to the journal and back into them."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from hub.errors import Missing
from hub.ids import is_id
from hub.journal import Change, record_changes
from hub.network import tables
from hub.network.apply_changes import apply_changes
from hub.network.importing.complete import stored_appointments
from hub.network.snapshots import PersonSnapshot
from hub.store import UnitOfWork


def read_snapshot(uow: UnitOfWork, person_id: str) -> PersonSnapshot:
    """The person as ``person_changed`` has it, with every appointment there ever was; Missing ``no_person``."""
    row = uow.find(tables.person, id=person_id) if is_id(person_id) else None
    if row is None:
        raise Missing("no_person", "There is no such person.")
    appointments = stored_appointments(uow, [person_id]).get(person_id, [])
    return {
        "id": row.id,
        "partner_id": row.partner_id,
        "locale": row.locale,
        "disabled": row.disabled,
        "appointments": sorted(appointments, key=lambda each: each["id"]),
    }


def write_person(uow: UnitOfWork, body: PersonSnapshot, *, actor_id: str | None = None) -> None:
    """Let a person be as this snapshot says, in the journal and in the tables."""
    write_people(uow, [body], actor_id=actor_id)


def write_people(uow: UnitOfWork, bodies: Sequence[PersonSnapshot], *, actor_id: str | None = None) -> None:
    """Let people be as these snapshots say, all together: an appointment may move from one to the other."""
    snapshots = [cast("Mapping[str, Any]", body) for body in bodies]
    record_changes(
        uow,
        [Change("person_changed", b["id"], b, person_id=b["id"], actor_id=actor_id) for b in snapshots],
    )
    apply_changes(uow, "person_changed", snapshots)
