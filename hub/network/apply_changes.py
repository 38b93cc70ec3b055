"""Writing what a change of the network says into the tables.

The only writer of these tables, for the import and for a rebuild from the journal alike: a snapshot in, its rows out.
Applying changes in the order of the journal, in batches of any size, gives the same rows each time.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from hub.network import tables
from hub.network.bulk import Row, insert_rows, replace_rows
from hub.network.snapshots import (
    Appointment,
    IdentitySnapshot,
    LocationSnapshot,
    PartnerKind,
    PartnerLinksSnapshot,
    PartnerSnapshot,
    PersonSnapshot,
    RepSnapshot,
)
from hub.network.structure.apply_nodes import apply_nodes
from hub.network.validity.dates import BEGINNING, read_instant
from hub.store import UnitOfWork

Snapshot = Mapping[str, Any]
_NO_UPSTREAM: Row = {"upstream_id": None, "link": None, "service": ""}
"""What bodies from before partners could be looked after leave out."""


def apply_changes(
    uow: UnitOfWork, kind: str, snapshots: Sequence[Snapshot], *, new: Collection[str] = ()
) -> None:
    """Write the snapshots of one kind of change (see ``hub.network.snapshots``), the oldest first.

    Of several snapshots of one subject the last counts. What a snapshot refers to must be there already; parents
    of nodes may come in the same call. ``new`` are ids of people of whom nothing is there yet: theirs is written quicker.
    KeyError for a kind that is none of ``CHANGE_KINDS``.
    """
    subject, write = _WRITERS[kind]
    if subject:
        snapshots = list({snapshot[subject]: snapshot for snapshot in snapshots}.values())
    if new and kind == "person_changed":
        _write_new_people(uow, [snapshot for snapshot in snapshots if snapshot["id"] in new])
        snapshots = [snapshot for snapshot in snapshots if snapshot["id"] not in new]
    write(uow, snapshots)


def _write_words(table: sa.Table) -> Callable[[UnitOfWork, Sequence[Snapshot]], None]:
    def write(uow: UnitOfWork, snapshots: Sequence[Snapshot]) -> None:
        insert_rows(
            uow, table, [{**snapshot, "closed_at": _closed_at(snapshot)} for snapshot in snapshots], "update"
        )

    return write


def _closed_at(snapshot: Snapshot) -> datetime | None:
    """None also for what the files say: they open what was closed again, once they say something new of it."""
    closed = snapshot.get("closed_at")
    return read_instant(closed) if closed else None


def _write_nodes(uow: UnitOfWork, snapshots: Sequence[Snapshot]) -> None:
    apply_nodes(uow, snapshots)


def _write_partners(uow: UnitOfWork, snapshots: Sequence[Snapshot]) -> None:
    partners = cast("Sequence[PartnerSnapshot]", snapshots)
    insert_rows(uow, tables.partner, [{"id": p["id"], "name": p["name"]} for p in partners], "update")
    replace_rows(
        uow,
        tables.partner_relationship.c.partner_id,
        [p["id"] for p in partners],
        [{"partner_id": p["id"], **kind} for p in partners for kind in map(_kind, p["kinds"])],
    )


def _kind(stated: str | PartnerKind) -> Row:
    if isinstance(stated, str):  # from before kinds were dated
        return {"kind": stated, "valid_from": BEGINNING, "valid_to": None}
    return {"kind": stated["kind"], **_validity(stated)}


def _write_partner_links(uow: UnitOfWork, snapshots: Sequence[Snapshot]) -> None:
    partners = cast("Sequence[PartnerLinksSnapshot]", snapshots)
    replace_rows(
        uow,
        tables.partner_link.c.downstream_id,
        [p["partner_id"] for p in partners],
        [
            {
                "upstream_id": u["partner_id"],
                "downstream_id": p["partner_id"],
                "kind": u["kind"],
                **_validity(u),
            }
            for p in partners
            for u in p["upstream"]
        ],
    )


def _write_locations(uow: UnitOfWork, snapshots: Sequence[Snapshot]) -> None:
    locations = cast("Sequence[LocationSnapshot]", snapshots)
    columns = ("id", "partner_id", "name", "city", "country", "time_zone")
    insert_rows(
        uow, tables.location, [{**_pick(place, columns), **_validity(place)} for place in locations], "update"
    )
    ids = [place["id"] for place in locations]
    for owner, part in (
        (tables.location_brand.c.location_id, "brands"),
        (tables.location_node.c.location_id, "nodes"),
    ):
        rows: list[Row] = [
            {"location_id": place["id"], **row, **_validity(row)}
            for place in snapshots
            for row in place[part]
        ]
        replace_rows(uow, owner, ids, rows)


def _write_people(uow: UnitOfWork, snapshots: Sequence[Snapshot]) -> None:
    people, appointments, brands = _rows_of_people(snapshots)
    insert_rows(uow, tables.person, people, "update")
    insert_rows(uow, tables.appointment, appointments, "update")
    ids = [appointment["id"] for person in snapshots for appointment in person["appointments"]]
    replace_rows(uow, tables.appointment_brand.c.appointment_id, ids, brands)


def _write_new_people(uow: UnitOfWork, snapshots: Sequence[Snapshot]) -> None:
    people, appointments, brands = _rows_of_people(snapshots)
    insert_rows(uow, tables.person, people)
    insert_rows(uow, tables.appointment, appointments)
    insert_rows(uow, tables.appointment_brand, brands)


def _rows_of_people(snapshots: Sequence[Snapshot]) -> tuple[list[Row], list[Row], list[Row]]:
    """Of person, appointment and appointment_brand."""
    people = cast("Sequence[PersonSnapshot]", snapshots)
    rows = [_pick(person, ("id", "partner_id", "locale", "disabled")) for person in people]
    appointments = [
        (person["id"], appointment) for person in people for appointment in person["appointments"]
    ]
    return (
        rows,
        [_appointment_row(person_id, a) for person_id, a in appointments],
        [{"appointment_id": a["id"], "brand_id": brand} for _, a in appointments for brand in a["brands"]],
    )


def _appointment_row(person_id: str, appointment: Appointment) -> Row:
    end = appointment["valid_to"]
    return {
        "id": appointment["id"],
        "person_id": person_id,
        "location_id": appointment["location_id"],
        "position_id": appointment["position_id"],
        "audience_class": appointment["audience_class"],
        "valid_from": read_instant(appointment["valid_from"]),
        "valid_to": read_instant(end) if end else None,
    }


def _write_representatives(uow: UnitOfWork, snapshots: Sequence[Snapshot]) -> None:
    people = cast("Sequence[RepSnapshot]", snapshots)
    replace_rows(
        uow,
        tables.rep_assignment.c.person_id,
        [p["person_id"] for p in people],
        [
            {"person_id": p["person_id"], **_NO_UPSTREAM, **a, **_validity(a)}
            for p in people
            for a in p["assignments"]
        ],
    )


def _write_parts(owner: sa.Column[str], part: str) -> Callable[[UnitOfWork, Sequence[Snapshot]], None]:
    """Write snapshots that are a list of dated rows of one owner."""

    def write(uow: UnitOfWork, snapshots: Sequence[Snapshot]) -> None:
        ids = [snapshot[owner.name] for snapshot in snapshots]
        rows: list[Row] = [
            {owner.name: snapshot[owner.name], **row, **_validity(row)}
            for snapshot in snapshots
            for row in snapshot[part]
        ]
        replace_rows(uow, owner, ids, rows)

    return write


def _write_attribute_kinds(uow: UnitOfWork, snapshots: Sequence[Snapshot]) -> None:
    # One by one: PostgreSQL would take the lists in them, put into an array, for more dimensions of it.
    table = tables.attribute_kind
    for body in snapshots:
        if not uow.connection.execute(
            sa.update(table).where(table.c.key == body["key"]).values(**body)
        ).rowcount:
            uow.connection.execute(sa.insert(table).values(**body))


def _write_identities(uow: UnitOfWork, snapshots: Sequence[Snapshot]) -> None:
    rows = [dict(link) for s in cast("Sequence[IdentitySnapshot]", snapshots) for link in s["links"]]
    # A link that is there stays as it is: (connection, form, subject) is one person for good.
    insert_rows(uow, tables.identity_link, rows, "keep")


def _pick(snapshot: Mapping[str, Any], columns: Sequence[str]) -> Row:
    return {column: snapshot[column] for column in columns}


def _validity(snapshot: Mapping[str, Any]) -> Row:
    end = snapshot["valid_to"]
    return {
        "valid_from": read_instant(snapshot["valid_from"]),
        "valid_to": read_instant(end) if end else None,
    }


_WRITERS: dict[str, tuple[str, Callable[[UnitOfWork, Sequence[Snapshot]], None]]] = {
    # kind of change: (key of its subject, writer)
    "dimension_changed": ("key", _write_words(tables.dimension)),
    "brand_changed": ("id", _write_words(tables.brand)),
    "position_changed": ("id", _write_words(tables.position)),
    "node_changed": ("id", _write_nodes),
    "partner_changed": ("id", _write_partners),
    "partner_links_changed": ("partner_id", _write_partner_links),
    "location_changed": ("id", _write_locations),
    "person_changed": ("id", _write_people),
    "rep_changed": ("person_id", _write_representatives),
    "position_superiors_changed": (
        "position_id",
        _write_parts(tables.position_superior.c.position_id, "superiors"),
    ),
    "manager_relations_changed": (
        "manager_id",
        _write_parts(tables.manager_relation.c.manager_id, "relations"),
    ),
    "attribute_kind_changed": ("key", _write_attribute_kinds),
    "attributes_changed": ("subject_id", _write_parts(tables.attribute.c.subject_id, "values")),
    "identity_linked": ("", _write_identities),
}
CHANGE_KINDS = tuple(_WRITERS)
"""The kinds of change this module writes, in an order in which a new network can be applied."""
