"""Adding to what the files say what only the hub knows, so that the journal gets whole snapshots."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from hub.errors import Conflict
from hub.network import tables
from hub.network.bulk import IDS_PER_QUERY, in_batches
from hub.network.importing.parts import PARTS, keep_parts
from hub.network.roster.said import Said
from hub.network.snapshots import Appointment, IdentityLink, IdentitySnapshot, PersonSnapshot
from hub.store import UnitOfWork

_KEY = ("connection_id", "form", "subject")


def complete(
    uow: UnitOfWork, kind: str, said: Sequence[Said], given: Mapping[str, str | None]
) -> list[tuple[Said, Mapping[str, Any]]]:
    """The whole snapshot of each thing of a kind; without those about which there is nothing to write.

    ``given``: names of the parts that files gave before, see ``keep_parts``.
    """
    if kind in PARTS:
        return keep_parts(uow, kind, said, given)
    complete_kind = _COMPLETED.get(kind)
    return complete_kind(uow, said) if complete_kind else [(one, one.body) for one in said]


def _complete_people(uow: UnitOfWork, said: Sequence[Said]) -> list[tuple[Said, Mapping[str, Any]]]:
    """With who is disabled, and with the appointments that are no longer in the files.

    Goals and credits hang from appointments, so none is ever taken away. One that left the files ends now; one that
    ended before stays as it was, and one that would have begun later is never in force. What another source made,
    such as a partner's SCIM client, is that source's to end.
    """
    ids = [one.id for one in said if not one.is_new]
    person = tables.person
    disabled = set(
        uow.connection.scalars(sa.select(person.c.id).where(uow.among(person.c.id, ids), person.c.disabled))
    )
    stored = stored_appointments(uow, ids)
    sourced = sources_of(uow, ids)
    completed = []
    for one in said:
        body = cast("PersonSnapshot", one.body)
        if one.is_new:
            completed.append((one, one.body))
            continue
        in_files = {appointment["id"] for appointment in body["appointments"]}
        left = [_left(row, sourced, uow.now) for row in stored.get(one.id, ()) if row["id"] not in in_files]
        appointments = sorted([*body["appointments"], *left], key=lambda appointment: appointment["id"])
        whole: PersonSnapshot = {**body, "disabled": one.id in disabled, "appointments": appointments}
        completed.append((one, cast("Mapping[str, Any]", whole)))
    return completed


def stored_appointments(uow: UnitOfWork, person_ids: Sequence[str]) -> dict[str, list[Appointment]]:
    """Every appointment there ever was, by person, as a snapshot has it."""
    table, brand = tables.appointment, tables.appointment_brand
    rows = uow.connection.execute(sa.select(table).where(uow.among(table.c.person_id, person_ids))).all()
    brands: dict[str, list[str]] = defaultdict(list)
    for ids in in_batches([row.id for row in rows], IDS_PER_QUERY):
        for appointment_id, brand_id in uow.connection.execute(
            sa.select(brand).where(uow.among(brand.c.appointment_id, ids))
        ):
            brands[appointment_id].append(brand_id)
    stored: dict[str, list[Appointment]] = defaultdict(list)
    for row in rows:
        stored[row.person_id].append(
            {
                "id": row.id,
                "location_id": row.location_id,
                "position_id": row.position_id,
                "audience_class": row.audience_class,
                "brands": sorted(brands[row.id]),
                "valid_from": row.valid_from.isoformat(),
                "valid_to": row.valid_to.isoformat() if row.valid_to else None,
            }
        )
    return stored


def sources_of(uow: UnitOfWork, person_ids: Sequence[str]) -> dict[str, str]:
    """Who made these people's appointments, by appointment; those of the network files are left out."""
    table, source = tables.appointment, tables.appointment_source
    rows = uow.connection.execute(
        sa.select(source.c.appointment_id, source.c.source)
        .join(table, table.c.id == source.c.appointment_id)
        .where(uow.among(table.c.person_id, person_ids))
    )
    return {row.appointment_id: row.source for row in rows}


def _left(appointment: Appointment, sourced: Mapping[str, str], now: datetime) -> Appointment:
    return appointment if appointment["id"] in sourced else ended(appointment, now)


def ended(appointment: Appointment, now: datetime) -> Appointment:
    """The appointment as it is when it ends now, unless it has ended before."""
    start = datetime.fromisoformat(appointment["valid_from"])
    end = appointment["valid_to"]
    if end is not None and datetime.fromisoformat(end) <= now:
        return appointment
    return {**appointment, "valid_to": max(start, now).isoformat()}


def _complete_identities(uow: UnitOfWork, said: Sequence[Said]) -> list[tuple[Said, Mapping[str, Any]]]:
    """Only the links that are not there yet. A link that left the files stays: what was learned through it counts."""
    stored = _owners_of_links(
        uow, [link for one in said for link in cast("IdentitySnapshot", one.body)["links"]]
    )
    completed = []
    for one in said:
        new = [link for link in cast("IdentitySnapshot", one.body)["links"] if _name(link) not in stored]
        if new:
            completed.append((one, cast("Mapping[str, Any]", IdentitySnapshot(links=new))))
    return completed


def _owners_of_links(uow: UnitOfWork, links: Sequence[IdentityLink]) -> set[tuple[str, str, str]]:
    """Which of the links are there. Conflict ``identity_taken`` if one has become somebody else's since the checks."""
    wanted = {_name(link): link["person_id"] for link in links}
    table, stored = tables.identity_link, set()
    for some in in_batches(links, IDS_PER_QUERY):
        # All three parts of the key, so that the database looks into its index for them.
        parts = [
            table.c[part].in_({name[place] for name in map(_name, some)}) for place, part in enumerate(_KEY)
        ]
        for row in uow.connection.execute(sa.select(table).where(*parts)):
            name = (row.connection_id, row.form, row.subject)
            if wanted.get(name, row.person_id) != row.person_id:
                raise Conflict(
                    "identity_taken",
                    "An identity in the files has become another person's in the meantime.",
                    "Import the files again to see which.",
                )
            stored.add(name)
    return stored


def _name(link: IdentityLink) -> tuple[str, str, str]:
    return link["connection_id"], link["form"], link["subject"]


_COMPLETED: dict[str, Callable[[UnitOfWork, Sequence[Said]], list[tuple[Said, Mapping[str, Any]]]]] = {
    "person": _complete_people,
    "identity": _complete_identities,
}
