"""Courses as they were imported: their blocks and AUs in order, and the ids that the hub made for statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import content_hash, is_id
from hub.store import UnitOfWork
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.structure import LanguageMap, NodeKind
from hub.xapi.cmi5.vocabulary import LaunchMethod, MoveOn


@dataclass(frozen=True)
class Launchable:
    """What an AU's launch is made of, as its publisher describes it (cmi5, 13.1.4). ``url`` may name a file of the package."""

    url: str
    move_on: MoveOn
    mastery_score: float | None
    launch_method: LaunchMethod
    activity_type: str
    launch_parameters: str | None
    entitlement_key: str | None


@dataclass(frozen=True)
class Node:
    """A block or an AU; ``au`` is None for blocks. ``activity_id`` is never the publisher's own id (9.4, 8.1.5)."""

    id: str
    course_id: str
    parent_id: str
    kind: NodeKind
    publisher_id: str
    activity_id: str
    title: LanguageMap
    description: LanguageMap
    au: Launchable | None


@dataclass(frozen=True)
class Course:
    """A course; ``offering_id`` is what stands in plans, completed when the course is satisfied."""

    id: str
    connection_id: str
    offering_id: str
    publisher_id: str
    activity_id: str
    title: LanguageMap
    description: LanguageMap
    package_hash: str


def find_course(uow: UnitOfWork, offering_id: str) -> Course | None:
    """The cmi5 course of an offering; None for an offering of another kind."""
    table = tables.cmi5_course
    return _one(uow, table.c.offering_id == offering_id) if is_id(offering_id) else None


def course_of_offering(uow: UnitOfWork, offering_id: str) -> Course:
    """The cmi5 course of an offering; Missing ``no_course``."""
    course = find_course(uow, offering_id)
    if course is None:
        raise Missing("no_course", "There is no such course.")
    return course


def read_course(uow: UnitOfWork, course_id: str) -> Course:
    """The course with this id; Missing ``no_course``."""
    course = _one(uow, tables.cmi5_course.c.id == course_id) if is_id(course_id) else None
    if course is None:
        raise Missing("no_course", "There is no such course.")
    return course


def read_nodes(uow: UnitOfWork, course_id: str) -> list[Node]:
    """Blocks and AUs of the newest package in their order, a block before what it holds."""
    table = tables.cmi5_node
    rows = uow.connection.execute(
        sa.select(table).where(table.c.course_id == course_id, ~table.c.removed).order_by(table.c.place)
    )
    return [_node(row) for row in rows]


def read_nodes_by_id(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, Node]:
    """Blocks and AUs by id, also those that are no longer in the newest package."""
    table = tables.cmi5_node
    rows = uow.connection.execute(sa.select(table).where(table.c.id.in_(ids)))
    return {row.id: _node(row) for row in rows}


def read_au(uow: UnitOfWork, course_id: str, node_id: str) -> tuple[Node, Launchable]:
    """An AU of the newest package; Missing ``no_au``."""
    table = tables.cmi5_node
    row = (
        uow.connection.execute(
            sa.select(table).where(table.c.id == node_id, table.c.course_id == course_id, ~table.c.removed)
        ).one_or_none()
        if is_id(node_id)
        else None
    )
    node = _node(row) if row is not None else None
    if node is None or node.au is None:
        raise Missing("no_au", "This course has no such part.", "Open the course again to see what it has.")
    return node, node.au


def blob_key(package_hash: str, name: str) -> str:
    """Where a file of a package lies. Its name may be anything, so a hash of it stands there."""
    return f"cmi5/{package_hash}/{content_hash(name.encode())}"


def _one(uow: UnitOfWork, where: sa.ColumnElement[bool]) -> Course | None:
    row = uow.connection.execute(sa.select(tables.cmi5_course).where(where)).one_or_none()
    if row is None:
        return None
    return Course(
        row.id,
        row.connection_id,
        row.offering_id,
        row.publisher_id,
        row.activity_id,
        row.title,
        row.description,
        row.package_hash,
    )


def _node(row: sa.Row[Any]) -> Node:
    return Node(
        row.id,
        row.course_id,
        row.parent_id,
        row.kind,
        row.publisher_id,
        row.activity_id,
        row.title,
        row.description,
        Launchable(**row.au) if row.kind == "au" else None,
    )
