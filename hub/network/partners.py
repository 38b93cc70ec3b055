"""Partners: adding one, what it is to the network and since when, which others it buys from (A01, B01, B03)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Problem
from hub.ids import new_id
from hub.journal import Change, audit, record_changes
from hub.network import tables
from hub.network.apply_changes import apply_changes
from hub.network.intervals import overlap
from hub.network.record import clipped, find_row, lock_network, record, stated
from hub.network.rename import clean_name
from hub.network.roster.files import KINDS, LINKS
from hub.network.snapshots import PartnerSnapshot
from hub.network.trees import read_interval
from hub.store import UnitOfWork, valid_at
from hub.store.insert import insert_once

ACTION = "partner_added"
MAX_NAME = 200


@dataclass(frozen=True)
class PartnerLine:
    """A partner with what it is to the network at the instant that was asked about."""

    id: str
    name: str
    kinds: tuple[str, ...]


def create_partner(uow: UnitOfWork, name: str, external_id: str = "", actor_id: str | None = None) -> str:
    """The id of a new partner. ``external_id`` is how network files will call it, so that an import finds it.

    BadInput ``bad_partner``; Conflict ``partner_exists`` for a name or an external id that is taken.
    """
    name, external_id = " ".join(name.split()), external_id.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise BadInput(
            "bad_partner",
            "A partner needs a name.",
            f"Enter at most {MAX_NAME} characters.",
            [Problem(f"needs 1 to {MAX_NAME} characters", "new_partner")],
        )
    if len(external_id) > MAX_NAME or not external_id.isprintable():
        raise BadInput(
            "bad_partner",
            "This cannot be how files call a partner.",
            "",
            [Problem("is too long", "external_id")],
        )
    same = sa.func.lower(tables.partner.c.name) == name.lower()
    if uow.connection.scalar(sa.select(sa.exists().where(same))):
        raise Conflict("partner_exists", f"There is already a partner {name}.", "Choose it from the list.")
    body: PartnerSnapshot = {"id": new_id(), "name": name, "kinds": []}
    record_changes(uow, [Change("partner_changed", body["id"], body)])
    apply_changes(uow, "partner_changed", [body])
    if external_id:
        key = {"kind": "partner", "external_id": external_id}
        # Without a hash: what the files say of it is new to the next import.
        if not insert_once(uow, tables.roster_key, **key, id=body["id"], content_hash=""):
            raise Conflict("partner_exists", f"The network files call another partner {external_id}.")
    audit(uow, ACTION, body["id"], actor_id=actor_id, partner_id=body["id"])
    return body["id"]


def start_kind(
    uow: UnitOfWork, partner_id: str, kind: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """Let a partner be make, sell, service, distribute, supply or use from an instant on (now); whether that changed anything."""
    lock_network(uow)
    if kind not in KINDS:
        raise BadInput("bad_kind", f"A partner is one of {', '.join(KINDS)}.")
    body, start = _read(uow, partner_id), (at or uow.now).astimezone(UTC)
    return _set(uow, body, "kinds", {"kind": kind}, start, actor_id)


def end_kind(
    uow: UnitOfWork, partner_id: str, kind: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """Let a partner no longer be so from an instant on (now); whether that changed anything."""
    lock_network(uow)
    body, end = _read(uow, partner_id), (at or uow.now).astimezone(UTC)
    return _end(uow, body, "kinds", {"kind": kind}, end, actor_id)


def link_partners(
    uow: UnitOfWork,
    upstream_id: str,
    downstream_id: str,
    kind: str,
    at: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> bool:
    """Let a partner be distributor or supplier (``kind``) of another from an instant on (now); whether that changed anything.

    Missing ``no_partner``; BadInput ``bad_link``.
    """
    lock_network(uow)
    if kind not in LINKS or upstream_id == downstream_id:
        raise BadInput("bad_link", f"A link is {' or '.join(LINKS)}, and leads to another partner.")
    find_row(uow, tables.partner, upstream_id, "partner")
    body, start = _read_links(uow, downstream_id), (at or uow.now).astimezone(UTC)
    return _set(uow, body, "upstream", {"partner_id": upstream_id, "kind": kind}, start, actor_id)


def unlink_partners(
    uow: UnitOfWork,
    upstream_id: str,
    downstream_id: str,
    kind: str,
    at: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> bool:
    """End such a link at an instant (now); whether that changed anything."""
    lock_network(uow)
    body, end = _read_links(uow, downstream_id), (at or uow.now).astimezone(UTC)
    return _end(uow, body, "upstream", {"partner_id": upstream_id, "kind": kind}, end, actor_id)


def rename_partner(uow: UnitOfWork, partner_id: str, name: str, *, actor_id: str | None = None) -> bool:
    """Call a partner something else; nothing else changes (I15). Whether that changed anything."""
    lock_network(uow)
    body, name = _read(uow, partner_id), clean_name(name)
    if body["name"] == name:
        return False
    record(uow, "partner_changed", {partner_id: {**body, "name": name}}, actor_id=actor_id)
    return True


def list_partners(
    uow: UnitOfWork,
    *,
    kind: str = "",
    at: datetime | None = None,
    after: tuple[str, str] = ("", ""),
    limit: int = 100,
) -> list[PartnerLine]:
    """Partners by name, those of one kind or all, as they are at an instant (now). ``after``: name and id of the page before's last."""
    at, partner, is_kind = at or uow.now, tables.partner, tables.partner_relationship
    order = (sa.func.lower(partner.c.name), partner.c.id)
    query = sa.select(partner).where(_of_kind(kind, at)).order_by(*order).limit(limit)
    if after[1]:
        last = (after[0].lower(), after[1])
        query = query.where(sa.tuple_(*order) > sa.tuple_(*last, types=[sa.Text(), partner.c.id.type]))
    rows = uow.connection.execute(query).all()
    kinds: dict[str, list[str]] = {row.id: [] for row in rows}
    of_them = sa.select(is_kind).where(is_kind.c.partner_id.in_(kinds), valid_at(is_kind, at))
    for row in uow.connection.execute(of_them.order_by(is_kind.c.kind)):
        kinds[row.partner_id].append(row.kind)
    return [PartnerLine(row.id, row.name, tuple(kinds[row.id])) for row in rows]


def count_partners(uow: UnitOfWork, *, kind: str = "", at: datetime | None = None) -> int:
    """How many partners there are, of one kind or of all; one that is of two kinds counts once."""
    query = sa.select(sa.func.count()).select_from(tables.partner).where(_of_kind(kind, at or uow.now))
    return uow.connection.scalar(query) or 0


def _of_kind(kind: str, at: datetime) -> sa.ColumnElement[bool]:
    is_kind = tables.partner_relationship
    if not kind:
        return sa.true()
    return tables.partner.c.id.in_(
        sa.select(is_kind.c.partner_id).where(is_kind.c.kind == kind, valid_at(is_kind, at))
    )


def _read(uow: UnitOfWork, partner_id: str) -> dict[str, Any]:
    row, is_kind = find_row(uow, tables.partner, partner_id, "partner"), tables.partner_relationship
    rows = uow.connection.execute(sa.select(is_kind).where(is_kind.c.partner_id == partner_id))
    kinds = [{"kind": each.kind, **stated(each.valid_from, each.valid_to)} for each in rows]
    return {"id": row.id, "name": row.name, "kinds": _in_order(kinds)}


def _read_links(uow: UnitOfWork, partner_id: str) -> dict[str, Any]:
    find_row(uow, tables.partner, partner_id, "partner")
    link = tables.partner_link
    rows = uow.connection.execute(sa.select(link).where(link.c.downstream_id == partner_id))
    upstream = [
        {"partner_id": each.upstream_id, "kind": each.kind, **stated(each.valid_from, each.valid_to)}
        for each in rows
    ]
    return {"partner_id": partner_id, "upstream": _in_order(upstream)}


def _set(
    uow: UnitOfWork,
    body: dict[str, Any],
    part: str,
    what: Mapping[str, str],
    start: datetime,
    actor_id: str | None,
) -> bool:
    """Let one thing in a part of a snapshot hold from an instant on."""
    touching = [each for each in _same(body[part], what) if overlap(read_interval(each), (start, None))]
    begins = min([start, *(read_interval(each)[0] for each in touching)])
    kept = [each for each in body[part] if each not in touching]
    return _put(uow, body, part, [*kept, {**what, **stated(begins, None)}], actor_id)


def _end(
    uow: UnitOfWork,
    body: dict[str, Any],
    part: str,
    what: Mapping[str, str],
    end: datetime,
    actor_id: str | None,
) -> bool:
    same = _same(body[part], what)
    kept = [each for each in body[part] if each not in same]
    return _put(uow, body, part, [*kept, *clipped(same, end)], actor_id)


def _same(parts: list[dict[str, Any]], what: Mapping[str, str]) -> list[dict[str, Any]]:
    return [each for each in parts if all(each[name] == value for name, value in what.items())]


def _put(
    uow: UnitOfWork, body: dict[str, Any], part: str, parts: list[dict[str, Any]], actor_id: str | None
) -> bool:
    after = {**body, part: _in_order(parts)}
    if after == body:
        return False
    kind, key = ("partner_changed", "id") if part == "kinds" else ("partner_links_changed", "partner_id")
    record(uow, kind, {body[key]: after}, actor_id=actor_id)
    return True


def _in_order(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(parts, key=lambda each: (each.get("partner_id", ""), each["kind"], each["valid_from"]))
