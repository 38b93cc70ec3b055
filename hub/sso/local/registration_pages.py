"""Which partners let people register themselves, and under which address."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.journal import Change, audit, record_changes
from hub.network.tables import partner
from hub.sso.local.tables import registration_page
from hub.store import UnitOfWork
from hub.store.insert import insert_for

CHANGED = "registration_page_changed"
"""The kind of change in the journal."""
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")
_OTHERS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class RegistrationPage:
    """A partner's page at ``/register/<slug>``; ``partner`` is its name."""

    partner_id: str
    partner: str
    slug: str
    is_open: bool


def find_page(uow: UnitOfWork, slug: str) -> RegistrationPage:
    """The page with this slug while it is open; Missing ``no_registration_page``, as for one that never was."""
    known_form = _SLUG.fullmatch(slug) is not None
    found = _select(uow, registration_page.c.slug == slug, registration_page.c.is_open) if known_form else []
    if not found:
        raise Missing(
            "no_registration_page",
            "Nobody can register here.",
            "Check the address, or ask your manager how people get in.",
        )
    return found[0]


def list_pages(
    uow: UnitOfWork, partner_ids: frozenset[str] | None, limit: int = 200
) -> list[RegistrationPage]:
    """The pages of these partners, or of all, by the partners' names; also those that are closed."""
    mine = (
        sa.true() if partner_ids is None else uow.among(registration_page.c.partner_id, sorted(partner_ids))
    )
    return _select(uow, mine, limit=limit)


def set_page(uow: UnitOfWork, partner_id: str, slug: str, *, is_open: bool, actor_id: str | None) -> None:
    """Open or close a partner's page; without a slug it keeps the one it has, or gets one from the partner's name.

    BadInput ``bad_slug``; Conflict ``slug_taken``; Missing ``no_partner``.
    """
    name = uow.connection.scalar(sa.select(partner.c.name).where(partner.c.id == partner_id))
    if name is None:
        raise Missing("no_partner", "There is no such partner.")
    known = uow.find(registration_page, partner_id=partner_id)
    slug = slug or (known.slug if known else _slug_of(name))
    if not _SLUG.fullmatch(slug):
        raise BadInput(
            "bad_slug", f"{slug!r} cannot stand in an address.", "Use lower case letters, digits and hyphens."
        )
    other = uow.find(registration_page, slug=slug)
    if other is not None and other.partner_id != partner_id:
        raise Conflict("slug_taken", f"Another partner's page is called {slug}.", "Choose another name.")
    if known is not None and (known.slug, known.is_open) == (slug, is_open):
        return
    body = {"partner_id": partner_id, "slug": slug, "is_open": is_open}
    _write(uow, body)
    record_changes(uow, [Change(CHANGED, partner_id, body)])
    detail = {"open": is_open}
    audit(uow, "registration_page", partner_id, actor_id=actor_id, partner_id=partner_id, detail=detail)


def _write(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    insert = insert_for(registration_page, is_sqlite=uow.is_sqlite).values(**body)
    uow.connection.execute(
        insert.on_conflict_do_update(
            index_elements=[registration_page.c.partner_id],
            set_={"slug": body["slug"], "is_open": body["is_open"]},
        )
    )


def _slug_of(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _OTHERS.sub("-", plain)[:60].strip("-") or "partner"


def _select(uow: UnitOfWork, *where: sa.ColumnElement[bool], limit: int = 1) -> list[RegistrationPage]:
    rows = uow.connection.execute(
        sa.select(registration_page, partner.c.name.label("partner"))
        .join(partner, partner.c.id == registration_page.c.partner_id)
        .where(*where)
        .order_by(partner.c.name, partner.c.id)
        .limit(limit)
    )
    return [RegistrationPage(r.partner_id, r.partner, r.slug, r.is_open) for r in rows]
