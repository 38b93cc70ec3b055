"""What the files say about people: employer and appointments, whom they look after, how systems know them."""

from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from hub.ids import derived_id, new_id
from hub.network.roster.names import Names
from hub.network.roster.said import Said, parts_of, rows_of
from hub.network.roster.staging import ROWS, Staging, chosen, known
from hub.network.snapshots import (
    Appointment,
    IdentityLink,
    IdentitySnapshot,
    ManagerRelation,
    ManagerSnapshot,
    PersonSnapshot,
    RepAssignment,
    RepSnapshot,
)
from hub.network.validity.dates import valid_from, valid_to

_BY_ID = itemgetter("id")
_BRANDS = list(ROWS["appointments.csv"].c.keys()).index("brands")
"""Where a row has them: among millions of rows, asking by name takes several times as long."""


def say_people(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """People with their appointments. Who or what is new gets an id."""
    ids = known_ids(staging, "person", external)
    appointments, keys = _appointments(staging, names, external)
    partners = names.ids["partner"]
    said = []
    for row in rows_of(staging, "person", external):
        _, name, partner, given_name, family_name, email, locale = tuple(row)
        body: PersonSnapshot = {
            "id": ids.get(name) or new_id(),
            "partner_id": partners[partner],
            "locale": locale,
            "disabled": False,
            "appointments": sorted(appointments[name], key=_BY_ID) if name in appointments else [],
        }
        detail = {"given_name": given_name, "family_name": family_name, "email": email}
        said.append(Said(name, body["id"], body, detail, keys.get(name, {}), name not in ids))
    return said


def _appointments(
    staging: Staging, names: Names, external: Sequence[str]
) -> tuple[dict[str, list[Appointment]], dict[str, dict[str, str]]]:
    """By person: the appointments, and their ids by external id."""
    rows = ROWS["appointments.csv"]
    staging.choose(external)
    query = (
        sa.select(rows, known.c.id)
        .join(chosen, chosen.c.external_id == rows.c.person_id)
        .outerjoin(
            known, sa.and_(known.c.kind == "appointment", known.c.external_id == rows.c.appointment_id)
        )
    )
    locations, positions, brands = (names.ids[kind] for kind in ("location", "position", "brand"))
    zones = names.time_zones
    found = staging.connection.execute(query).all()
    carried: dict[str, list[str]] = {"": []}
    for listed in {row[_BRANDS] for row in found} - {""}:
        carried[listed] = sorted(brands[brand] for brand in listed.split(";"))
    appointments: dict[str, list[Appointment]] = defaultdict(list)
    keys: dict[str, dict[str, str]] = defaultdict(dict)
    for _, name, person, location, position, audience_class, listed, start, end, known_id in found:
        id = keys[person][name] = known_id or new_id()
        zone = zones[location]
        appointments[person].append(
            {
                "id": id,
                "location_id": locations[location],
                "position_id": positions[position],
                "audience_class": audience_class,
                "brands": carried[listed],
                "valid_from": valid_from(start, zone),
                "valid_to": valid_to(end, zone),
            }
        )
    return appointments, keys


def say_representatives(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """What each of these people looks after; nothing, for somebody who no longer represents anything."""
    ids = known_ids(staging, "person", external)
    assignments: dict[str, list[RepAssignment]] = defaultdict(list)
    for row in parts_of(staging, "representatives.csv", "person_id", external):
        assignments[row.person_id].append(_assignment(row, names, ids[row.person_id]))
    said = []
    for name in external:
        body: RepSnapshot = {
            "person_id": ids[name],
            "assignments": sorted(assignments[name], key=lambda assignment: assignment["id"]),
        }
        said.append(Said(name, ids[name], body))
    return said


def _assignment(row: sa.Row[Any], names: Names, person_id: str) -> RepAssignment:
    zone = names.time_zones[row.location_id] if row.location_id else "UTC"
    start = valid_from(row.valid_from, zone)
    more = (row.upstream_id, row.link, row.service) if row.upstream_id or row.service else ()
    scope = (row.dimension_id, row.node_id, row.location_id, start)
    return {
        "id": derived_id("rep_assignment", person_id, *scope, *more),
        "dimension": row.dimension_id,
        "node_id": names.ids["node"][f"{row.dimension_id}/{row.node_id}"] if row.node_id else None,
        "location_id": names.ids["location"][row.location_id] if row.location_id else None,
        "upstream_id": names.ids["partner"][row.upstream_id] if row.upstream_id else None,
        "link": row.link or None,
        "service": row.service,
        "valid_from": start,
        "valid_to": valid_to(row.valid_to, zone),
    }


def say_managers(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """Whom each of these people manages by name; nobody, for somebody who no longer does."""
    rows = parts_of(staging, "managers.csv", "manager_id", external)
    ids = known_ids(staging, "person", [*external, *(row.person_id for row in rows if row.person_id)])
    appointments = known_ids(
        staging, "appointment", [row.appointment_id for row in rows if row.appointment_id]
    )
    relations: dict[str, list[ManagerRelation]] = defaultdict(list)
    for row in rows:
        manager_id, start = ids[row.manager_id], valid_from(row.valid_from)
        # Who or what this import brings has no id while it is only planned: the file's name stands for it, and differs.
        person_id = ids.get(row.person_id, row.person_id) or None
        appointment_id = appointments.get(row.appointment_id, row.appointment_id) or None
        scope = (row.dimension_id, person_id or "", appointment_id or "", start)
        relations[row.manager_id].append(
            {
                "id": derived_id("manager_relation", manager_id, *scope),
                "dimension": row.dimension_id,
                "person_id": person_id,
                "appointment_id": appointment_id,
                "valid_from": start,
                "valid_to": valid_to(row.valid_to),
            }
        )
    said = []
    for name in external:
        listed = sorted(relations[name], key=lambda relation: relation["id"])
        body: ManagerSnapshot = {"manager_id": ids[name], "relations": listed}
        said.append(Said(name, ids[name], body))
    return said


def say_identities(staging: Staging, names: Names, external: Sequence[str]) -> list[Said]:
    """How systems know these people."""
    ids = known_ids(staging, "person", external)
    slugs = staging.connection.execute(
        sa.select(known.c.external_id, known.c.id).where(known.c.kind == "connection")
    )
    connections: dict[str, str] = dict(slugs.all())
    links: dict[str, list[IdentityLink]] = defaultdict(list)
    for row in parts_of(staging, "identities.csv", "person_id", external):
        links[row.person_id].append(
            {
                "connection_id": connections[row.connection],
                "form": row.form,
                "subject": row.subject,
                "person_id": ids[row.person_id],
                "made_by": "roster",
            }
        )
    said = []
    for name in external:
        of_person = sorted(
            links[name], key=lambda link: (link["connection_id"], link["form"], link["subject"])
        )
        body: IdentitySnapshot = {"links": of_person}
        said.append(Said(name, ids[name], body))
    return said


def known_ids(staging: Staging, kind: str, external: Sequence[str]) -> dict[str, str]:
    """The ids of those that are known, or that this import has applied already."""
    staging.choose(external)
    query = sa.select(known.c.external_id, known.c.id).join(
        chosen, chosen.c.external_id == known.c.external_id
    )
    return dict(staging.connection.execute(query.where(known.c.kind == kind)).all())
