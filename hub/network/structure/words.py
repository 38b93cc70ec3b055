"""The words that the network is described in: brands, positions and dimensions. Making, renaming, closing and opening them.

A word works at once. Names lead nowhere: no rule, goal or right follows one, so a new name changes nothing else (I15). A word is
never deleted, because the past is told in it: a closed one stays where it is, and nothing new is said with it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing, Problem
from hub.ids import derived_id, new_id
from hub.journal import audit
from hub.network import tables
from hub.network.importing.roster_keys import free_name, name_for_files
from hub.network.names import clean_name
from hub.network.record import an_instant, find_row, lock_network, record
from hub.network.roster.cells import slug
from hub.network.structure.dimensions import GENERAL
from hub.store import UnitOfWork

TABLES = {"brand": tables.brand, "position": tables.position, "dimension": tables.dimension}
MAX_KEY = 40


def add_brand(uow: UnitOfWork, name: str, *, external_id: str = "", actor_id: str | None = None) -> str:
    """The id of a new brand. BadInput ``bad_name``; Conflict ``brand_exists`` where files call another one so."""
    lock_network(uow)
    body = {"id": new_id(), "name": clean_name(name), "closed_at": None}
    return _add(uow, "brand", body, free_name(uow, "brand", external_id, body["name"] or ""), actor_id)


def add_position(
    uow: UnitOfWork,
    title: str,
    family: str,
    *,
    external_id: str = "",
    anyway: bool = False,
    actor_id: str | None = None,
) -> str:
    """The id of a new position. BadInput ``bad_name``; Conflict ``position_exists``.

    Conflict ``brand_in_title`` warns of a title that names a brand, which belongs to the appointment (B12); ``anyway`` goes on, and that
    is audited.
    """
    lock_network(uow)
    body = {"id": new_id(), "title": clean_name(title), "family": clean_name(family)[:40], "closed_at": None}
    called = free_name(uow, "position", external_id, body["title"] or "")
    named = _warn_of_brand(uow, body["title"] or "", anyway)
    id = _add(uow, "position", body, called, actor_id)
    _note_brand(uow, id, body["title"] or "", named, actor_id)
    return id


def add_dimension(uow: UnitOfWork, key: str, name: str, *, actor_id: str | None = None) -> str:
    """A new dimension by its key, which files call it by too. BadInput ``bad_key``, ``bad_name``; Conflict ``dimension_exists``."""
    lock_network(uow)
    if wrong := slug(key) or (f"has more than {MAX_KEY} characters" if len(key) > MAX_KEY else None):
        raise BadInput("bad_key", "This cannot be the key of a dimension.", "", [Problem(wrong, "key")])
    name = clean_name(name)
    if uow.find(tables.dimension, key=key) is not None:
        raise Conflict("dimension_exists", f"There is already a dimension {key}.", "Choose another key.")
    record(uow, "dimension_changed", {key: {"key": key, "name": name, "closed_at": None}}, actor_id=actor_id)
    name_for_files(uow, "dimension", free_name(uow, "dimension", key, name), derived_id("dimension", key))
    audit(uow, "dimension_added", key, actor_id=actor_id)
    return key


def rename_brand(uow: UnitOfWork, brand_id: str, name: str, *, actor_id: str | None = None) -> bool:
    """Give a brand another name; whether that changed anything. Missing ``no_brand``, BadInput ``bad_name``."""
    return _change(uow, "brand", brand_id, {"name": clean_name(name)}, actor_id)


def rename_position(
    uow: UnitOfWork,
    position_id: str,
    title: str,
    *,
    family: str = "",
    anyway: bool = False,
    actor_id: str | None = None,
) -> bool:
    """Give a position another title, or another family too; whether that changed anything.

    Missing ``no_position``, BadInput ``bad_name``; Conflict ``brand_in_title`` as for ``add_position``.
    """
    title = clean_name(title)
    named = _warn_of_brand(uow, title, anyway)
    words = {"title": title, **({"family": clean_name(family)[:40]} if family else {})}
    changed = _change(uow, "position", position_id, words, actor_id)
    if changed:
        _note_brand(uow, position_id, title, named, actor_id)
    return changed


def rename_dimension(uow: UnitOfWork, key: str, name: str, *, actor_id: str | None = None) -> bool:
    """Give a dimension another name; its key stays. Missing ``no_dimension``, BadInput ``bad_name``."""
    return _change(uow, "dimension", key, {"name": clean_name(name)}, actor_id)


def close_word(
    uow: UnitOfWork, kind: str, id: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """Let nothing new be said with a brand, position or dimension (``kind``) from an instant on (now); whether that changed anything.

    What is there stays: appointments, brands of locations and nodes end by services of their own. Missing ``no_<kind>``; BadInput
    ``built_in`` for the hub's own dimension.
    """
    if (kind, id) == ("dimension", GENERAL):
        raise BadInput("built_in", f"The dimension {GENERAL} is built in.")
    return _change(uow, kind, id, {"closed_at": an_instant(uow, at).isoformat()}, actor_id)


def open_word(uow: UnitOfWork, kind: str, id: str, *, actor_id: str | None = None) -> bool:
    """Use a closed one again; whether that changed anything. Missing ``no_<kind>``."""
    return _change(uow, kind, id, {"closed_at": None}, actor_id)


def brand_in_title(uow: UnitOfWork, title: str) -> str | None:
    """The brand that a position's title names, or None: "Avelora Technician" says what belongs to the appointment."""
    words = f" {' '.join(title.casefold().split())} "
    for name in uow.connection.scalars(sa.select(tables.brand.c.name).order_by(tables.brand.c.name)):
        if name.strip() and f" {' '.join(name.casefold().split())} " in words:
            return str(name)
    return None


def is_closed(row: Any, at: datetime) -> bool:
    """Whether nothing new is to be said with a word (its row) at an instant."""
    return row.closed_at is not None and row.closed_at <= at


def _warn_of_brand(uow: UnitOfWork, title: str, anyway: bool) -> str | None:
    named = brand_in_title(uow, title)
    if named and not anyway:
        raise Conflict(
            "brand_in_title",
            f"This title names {named}: brands belong to the appointments, so that one position serves all of them.",
            "Leave the brand out, or say that you want it anyway.",
        )
    return named


def _note_brand(uow: UnitOfWork, id: str, title: str, named: str | None, actor_id: str | None) -> None:
    if named:
        detail = {"title": title, "brand": named}
        audit(uow, "position_named_after_brand", id, actor_id=actor_id, detail=detail)


def _add(uow: UnitOfWork, kind: str, body: Mapping[str, Any], called: str, actor_id: str | None) -> str:
    record(uow, f"{kind}_changed", {body["id"]: body}, actor_id=actor_id)
    name_for_files(uow, kind, called, body["id"])
    audit(uow, f"{kind}_added", body["id"], actor_id=actor_id)
    return str(body["id"])


def _change(uow: UnitOfWork, kind: str, id: str, words: Mapping[str, Any], actor_id: str | None) -> bool:
    if kind not in TABLES:
        raise BadInput("bad_kind", f"This is one of {', '.join(TABLES)}.")
    lock_network(uow)
    table = TABLES[kind]
    row = uow.find(table, key=id) if kind == "dimension" else find_row(uow, table, id, kind)
    if row is None:
        raise Missing(f"no_{kind}", f"There is no such {kind}.")
    before = {column.name: getattr(row, column.name) for column in table.c}
    before["closed_at"] = row.closed_at.isoformat() if row.closed_at else None
    after = {**before, **words}
    if before == after or ("closed_at" in words and before["closed_at"] and words["closed_at"]):
        return False
    record(uow, f"{kind}_changed", {id: after}, actor_id=actor_id)
    audit(uow, f"{kind}_changed", id, actor_id=actor_id)
    return True
