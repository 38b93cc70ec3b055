"""Importing a course package: checked whole, its files stored, then course and catalogue changed in one unit."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import sqlalchemy as sa

from hub.errors import BadInput
from hub.ids import derived_id
from hub.journal import Change, audit, record_changes
from hub.network.systems.connections import (
    ConnectionKind,
    create_connection,
    find_connection,
    read_connection,
)
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import is_key_taken, read_offering, set_offering
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.courses import blob_key
from hub.xapi.cmi5.package import Package, read_package
from hub.xapi.cmi5.structure import AssignableUnit, Block, CourseStructure, in_language

KIND: ConnectionKind = "cmi5"
POLICY = "cmi5-satisfied"
"""The completion policy of courses: the hub's own statement that the course is satisfied."""
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Imported:
    """What an import did, or would do: ``added``, ``changed`` or ``unchanged``; how many AUs the course has, and lost."""

    outcome: Literal["added", "changed", "unchanged"]
    key: str
    title: str
    publisher_id: str
    aus: int
    blocks: int
    files: int
    removed: int


def connect_courses(uow: UnitOfWork, slug: str, name: str, partner_id: str | None = None) -> str:
    """A new connection that courses can be imported into; its id. Raises what ``create_connection`` raises."""
    return create_connection(uow, slug, KIND, name, partner_id)


def import_course(
    hub: Hub,
    content: bytes,
    connection: str,
    key: str | None = None,
    *,
    dry_run: bool = False,
    actor_id: str | None = None,
) -> Imported:
    """Make the course of a package part of a connection's catalogue, or bring it to the package's version.

    A course is known by its id in the package; the same package again changes nothing. ``key`` names the course in rules,
    and is made from its title if left out. A dry run checks everything and writes nothing. Raises BadInput
    ``bad_course`` with every problem, ``not_for_courses`` for a connection of another kind, ``bad_key``,
    ``key_taken``; Missing ``no_connection``.
    """
    package = read_package(content)
    with hub.reading() as uow:
        connection_id = _connection_id(uow, connection)
        if dry_run or _is_known(uow, connection_id, package, key):
            return _plan(uow, connection_id, package, key)
    for name, body in package.files():
        # Before the unit commits: what it refers to is there, and what a failed unit leaves behind harms nobody.
        hub.blobs.put(blob_key(package.hash, name), body)
    with hub.unit_of_work() as uow:
        found = _plan(uow, connection_id, package, key)
        if found.outcome != "unchanged":
            _write(uow, connection_id, package, found.key, actor_id)
    return found


def plan_course(uow: UnitOfWork, content: bytes, connection: str, key: str | None = None) -> Imported:
    """What ``import_course`` would do in this unit of work, in which the connection may be new. Reads only, raises as it does."""
    return _plan(uow, _connection_id(uow, connection), read_package(content), key)


def _connection_id(uow: UnitOfWork, slug: str) -> str:
    found = find_connection(uow, slug)
    if found.kind != KIND:
        raise BadInput(
            "not_for_courses",
            f"{found.name} is no connection for cmi5 courses.",
            "Name another one, or a new one.",
        )
    return found.id


def _find(uow: UnitOfWork, connection_id: str, publisher_id: str) -> sa.Row[Any] | None:
    table = tables.cmi5_course
    return uow.connection.execute(
        sa.select(table).where(table.c.connection_id == connection_id, table.c.publisher_id == publisher_id)
    ).one_or_none()


def _is_known(uow: UnitOfWork, connection_id: str, package: Package, key: str | None) -> bool:
    return _plan(uow, connection_id, package, key).outcome == "unchanged"


def _plan(uow: UnitOfWork, connection_id: str, package: Package, key: str | None) -> Imported:
    structure = package.structure
    known = _find(uow, connection_id, structure.id)
    parts = list(structure.parts())
    aus = [part for part in parts if isinstance(part, AssignableUnit)]
    title = in_language(structure.title) or structure.id
    own = read_offering(uow, known.offering_id).key if known is not None else None
    if key is not None and not _KEY.fullmatch(key):
        raise BadInput(
            "bad_key", f"{key[:60]!r} cannot be a key.", "Use lower case letters, digits and hyphens."
        )
    if key is not None and key != own and is_key_taken(uow, key):
        raise BadInput("key_taken", f"{key} is already the key of another course.", "Choose another key.")
    outcome: Literal["added", "changed", "unchanged"] = "added"
    removed = 0
    if known is not None:
        same = known.package_hash == package.hash and key in (None, own)
        outcome = "unchanged" if same else "changed"
        node, listed = tables.cmi5_node, {_node_id(known.id, part.id) for part in parts}
        live = uow.connection.scalars(
            sa.select(node.c.id).where(node.c.course_id == known.id, ~node.c.removed)
        )
        removed = len(set(live) - listed)
    key = key or own or _free_key(uow, title)
    blocks = len(parts) - len(aus)
    files = len(package.names) - 1 if package.names else 0
    return Imported(outcome, key, title, structure.id, len(aus), blocks, files, removed)


def _write(uow: UnitOfWork, connection_id: str, package: Package, key: str, actor_id: str | None) -> None:
    structure = package.structure
    course_id = derived_id("cmi5-course", connection_id, structure.id)
    activity_id = _activity_id(uow, connection_id, structure)
    offering_id = set_offering(
        uow,
        connection_id,
        CatalogueRow(
            external_id=structure.id,
            key=key,
            title=in_language(structure.title) or structure.id,
            description=in_language(structure.description),
            activity_id=activity_id,
            completion_policy=POLICY,
        ),
    )
    values = {
        "id": course_id,
        "connection_id": connection_id,
        "offering_id": offering_id,
        "publisher_id": structure.id,
        "activity_id": activity_id,
        "title": dict(structure.title),
        "description": dict(structure.description),
        "package_hash": package.hash,
        "objectives": [asdict(objective) for objective in structure.objectives],
        "imported_at": uow.now,
    }
    _upsert(uow, tables.cmi5_course, values)
    node = tables.cmi5_node
    uow.connection.execute(sa.update(node).where(node.c.course_id == course_id).values(removed=True))
    made = uow.connection.execute(
        sa.select(node.c.id, node.c.activity_id).where(node.c.course_id == course_id)
    )
    known = {row.id: row.activity_id for row in made}
    rows = list(_node_rows(uow, course_id, structure, known))
    uow.execute_many(sa.insert(node), [row for row in rows if row["id"] not in known])
    for row in rows:
        if row["id"] in known:
            uow.connection.execute(sa.update(node).where(node.c.id == row["id"]).values(row))
    body = {name: values[name] for name in ("connection_id", "offering_id", "publisher_id", "package_hash")}
    record_changes(uow, [Change("cmi5_course_imported", course_id, body, actor_id=actor_id)])
    audit(
        uow,
        "cmi5_course_imported",
        offering_id,
        actor_id=actor_id,
        partner_id=read_connection(uow, connection_id).partner_id,
        connection_id=connection_id,
        detail={"aus": len(structure.aus), "package": package.hash},
    )


def _node_rows(
    uow: UnitOfWork, course_id: str, structure: CourseStructure, known: dict[str, str]
) -> Iterator[dict[str, Any]]:
    parents = {child.id: course_id for child in structure.children}
    for place, part in enumerate(structure.parts(), start=1):
        id = _node_id(course_id, part.id)
        if isinstance(part, Block):
            parents |= {child.id: id for child in part.children}
        yield {
            "id": id,
            "course_id": course_id,
            "parent_id": parents[part.id],
            "place": place,
            "kind": "block" if isinstance(part, Block) else "au",
            "publisher_id": part.id,
            "activity_id": known.get(id) or uow.settings.url(f"/cmi5/activities/{id}"),
            "title": dict(part.title),
            "description": dict(part.description),
            "objectives": list(part.objectives),
            "au": _launchable(part) if isinstance(part, AssignableUnit) else {},
            "removed": False,
        }


def _launchable(au: AssignableUnit) -> dict[str, Any]:
    return {
        "url": au.url,
        "move_on": au.move_on,
        "mastery_score": au.mastery_score,
        "launch_method": au.launch_method,
        "activity_type": au.activity_type,
        "launch_parameters": au.launch_parameters,
        "entitlement_key": au.entitlement_key,
    }


def _activity_id(uow: UnitOfWork, connection_id: str, structure: CourseStructure) -> str:
    """The course's id in statements: made once and kept, also when the hub's address changes (cmi5, 9.4)."""
    known = _find(uow, connection_id, structure.id)
    made = uow.settings.url(f"/cmi5/activities/{derived_id('cmi5-course', connection_id, structure.id)}")
    return str(known.activity_id) if known is not None else made


def _node_id(course_id: str, publisher_id: str) -> str:
    return derived_id("cmi5-node", course_id, publisher_id)


def _free_key(uow: UnitOfWork, title: str) -> str:
    """Letters, digits and hyphens of the title, with a number behind if that is taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80] or "course"
    number, found = 1, key
    while is_key_taken(uow, found):
        number += 1
        found = f"{key}-{number}"
    return found


def _upsert(uow: UnitOfWork, table: sa.Table, values: dict[str, Any]) -> None:
    updated = uow.connection.execute(sa.update(table).where(table.c.id == values["id"]).values(values))
    if not updated.rowcount:
        uow.connection.execute(sa.insert(table).values(values))
