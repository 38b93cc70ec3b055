"""Positions and brands that are new, and calling things something else. Names lead nowhere: no rule, goal or right follows one, so nothing else changes (I15)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Problem
from hub.ids import new_id
from hub.journal import audit
from hub.network import tables
from hub.network.record import find_row, lock_network, record
from hub.store import UnitOfWork

MAX_NAME = 200


def rename_brand(uow: UnitOfWork, brand_id: str, name: str, *, actor_id: str | None = None) -> bool:
    """Give a brand another name; whether that changed anything. Missing ``no_brand``, BadInput ``bad_name``."""
    return _rename(uow, tables.brand, "brand", brand_id, {"name": clean_name(name)}, actor_id)


def rename_position(uow: UnitOfWork, position_id: str, title: str, *, actor_id: str | None = None) -> bool:
    """Give a position another title; whether that changed anything. Missing ``no_position``, BadInput ``bad_name``.

    ``brand_in_title`` warns before; who goes on all the same is audited.
    """
    title = clean_name(title)
    changed = _rename(uow, tables.position, "position", position_id, {"title": title}, actor_id)
    if changed:
        _note_brand(uow, position_id, title, actor_id)
    return changed


def add_position(uow: UnitOfWork, title: str, family: str, *, actor_id: str | None = None) -> str:
    """The id of a new position, which works at once. BadInput ``bad_name``; ``brand_in_title`` warns before (B12)."""
    lock_network(uow)
    body = {"id": new_id(), "title": clean_name(title), "family": clean_name(family)[:40]}
    record(uow, "position_changed", {body["id"]: body}, actor_id=actor_id)
    _note_brand(uow, body["id"], body["title"], actor_id)
    return body["id"]


def add_brand(uow: UnitOfWork, name: str, *, actor_id: str | None = None) -> str:
    """The id of a new brand, which works at once. BadInput ``bad_name``."""
    lock_network(uow)
    body = {"id": new_id(), "name": clean_name(name)}
    record(uow, "brand_changed", {body["id"]: body}, actor_id=actor_id)
    return body["id"]


def rename_dimension(uow: UnitOfWork, key: str, name: str, *, actor_id: str | None = None) -> bool:
    """Give a dimension another name; its key stays. BadInput ``bad_name``."""
    lock_network(uow)
    row = uow.find(tables.dimension, key=key)
    if row is None or row.name == clean_name(name):
        return False
    record(uow, "dimension_changed", {key: {"key": key, "name": clean_name(name)}}, actor_id=actor_id)
    return True


def brand_in_title(uow: UnitOfWork, title: str) -> str | None:
    """The brand that a position's title names, or None: "Avelora Technician" says what belongs to the appointment."""
    words = f" {' '.join(title.casefold().split())} "
    for name in uow.connection.scalars(sa.select(tables.brand.c.name).order_by(tables.brand.c.name)):
        if name.strip() and f" {' '.join(name.casefold().split())} " in words:
            return str(name)
    return None


def _note_brand(uow: UnitOfWork, position_id: str, title: str, actor_id: str | None) -> None:
    if named := brand_in_title(uow, title):
        detail = {"title": title, "brand": named}
        audit(uow, "position_named_after_brand", position_id, actor_id=actor_id, detail=detail)


def clean_name(name: str) -> str:
    """A name on one line; BadInput ``bad_name`` for none, for too long a one and for what cannot be printed."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        problem = Problem(f"needs 1 to {MAX_NAME} characters", "name")
        raise BadInput("bad_name", "This is not a name.", f"Enter at most {MAX_NAME} characters.", [problem])
    return name


def _rename(
    uow: UnitOfWork, table: sa.Table, kind: str, id: str, names: Mapping[str, Any], actor_id: str | None
) -> bool:
    lock_network(uow)
    row = find_row(uow, table, id, kind)
    before = {column.name: getattr(row, column.name) for column in table.c}
    after = {**before, **names}
    if before == after:
        return False
    record(uow, f"{kind}_changed", {id: after}, actor_id=actor_id)
    return True
