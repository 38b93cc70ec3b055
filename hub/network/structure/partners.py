"""Partners: adding one, what it is to the network and since when, which others it buys from (A01, B01, B03)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Problem
from hub.ids import new_id
from hub.journal import audit
from hub.network import tables
from hub.network.importing.roster_keys import free_name, name_for_files
from hub.network.names import clean_name
from hub.network.record import a_time, find_row, lock_network, record
from hub.network.roster.files import KINDS, LINKS
from hub.network.validity.dated import Part, holding, split, stated, without
from hub.network.validity.intervals import Interval
from hub.store import UnitOfWork, valid_at
from hub.store.folded import folded

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
    lock_network(uow)
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
    same = folded(tables.partner.c.name) == folded(sa.literal(name))
    if uow.connection.scalar(sa.select(sa.exists().where(same))):
        raise Conflict("partner_exists", f"There is already a partner {name}.", "Choose it from the list.")
    called = free_name(uow, "partner", external_id, name)
    body: dict[str, Any] = {"id": new_id(), "name": name, "kinds": []}
    record(uow, "partner_changed", {body["id"]: body}, actor_id=actor_id)
    name_for_files(uow, "partner", called, body["id"])
    audit(uow, ACTION, body["id"], actor_id=actor_id, partner_id=body["id"])
    return str(body["id"])


def start_kind(
    uow: UnitOfWork,
    partner_id: str,
    kind: str,
    at: datetime | None = None,
    until: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> bool:
    """Let a partner be make, sell, service, distribute, supply or use from an instant on (now); whether that changed anything."""
    lock_network(uow)
    if kind not in KINDS:
        raise BadInput("bad_kind", f"A partner is one of {', '.join(KINDS)}.")
    body = _read(uow, partner_id)
    return _set(uow, body, "kinds", {"kind": kind}, a_time(uow, at, until), actor_id)


def end_kind(
    uow: UnitOfWork, partner_id: str, kind: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """Let a partner no longer be so from an instant on (now); whether that changed anything."""
    lock_network(uow)
    body = _read(uow, partner_id)
    return _end(uow, body, "kinds", {"kind": kind}, a_time(uow, at), actor_id)


def link_partners(
    uow: UnitOfWork,
    upstream_id: str,
    downstream_id: str,
    kind: str,
    at: datetime | None = None,
    until: datetime | None = None,
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
    body, what = _read_links(uow, downstream_id), {"partner_id": upstream_id, "kind": kind}
    return _set(uow, body, "upstream", what, a_time(uow, at, until), actor_id)


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
    body, what = _read_links(uow, downstream_id), {"partner_id": upstream_id, "kind": kind}
    return _end(uow, body, "upstream", what, a_time(uow, at), actor_id)


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
    order = (folded(partner.c.name), partner.c.id)
    query = sa.select(partner).where(_of_kind(kind, at)).order_by(*order).limit(limit)
    if after[1]:
        last = (folded(sa.literal(after[0])), sa.literal(after[1], partner.c.id.type))
        query = query.where(sa.tuple_(*order) > sa.tuple_(*last))
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
    during: Interval,
    actor_id: str | None,
) -> bool:
    """Let one thing in a part of a snapshot hold for a time."""
    same, others = split(body[part], what)
    return _put(uow, body, part, [*others, *holding(same, what, during)], actor_id)


def _end(
    uow: UnitOfWork,
    body: dict[str, Any],
    part: str,
    what: Mapping[str, str],
    during: Interval,
    actor_id: str | None,
) -> bool:
    same, others = split(body[part], what)
    return _put(uow, body, part, [*others, *without(same, during)], actor_id)


def _put(uow: UnitOfWork, body: dict[str, Any], part: str, parts: list[Part], actor_id: str | None) -> bool:
    after = {**body, part: _in_order(parts)}
    if after == body:
        return False
    kind, key = ("partner_changed", "id") if part == "kinds" else ("partner_links_changed", "partner_id")
    record(uow, kind, {body[key]: after}, actor_id=actor_id)
    return True


def _in_order(parts: Sequence[Part]) -> list[Part]:
    return sorted(parts, key=lambda each: (each.get("partner_id", ""), each["kind"], each["valid_from"]))
