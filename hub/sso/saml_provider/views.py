"""What pages show of systems that know only SAML. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from hub.config import Settings
from hub.network.people.person import employers_of, read_person
from hub.network.tables import connection, partner
from hub.sso.provider.access import refuse_outsider
from hub.sso.provider.refusals import Refused
from hub.sso.saml_provider.describe import METADATA_PATH, SLO_PATH, SSO_PATH
from hub.sso.saml_provider.systems import System, list_systems_to_open
from hub.sso.saml_provider.tables import saml_client
from hub.store import UnitOfWork

LINES = 50
MAX_OPEN = 20


@dataclass(frozen=True)
class SystemLine:
    """A system in a list. ``partner`` is empty where several partners share it."""

    client_id: str
    name: str
    slug: str
    partner: str
    disabled: bool


def list_system_lines(uow: UnitOfWork, words: str = "", after: str = "") -> tuple[list[SystemLine], str]:
    """Systems by name whose name begins with the words, LINES at a time; and where to go on, if there are more."""
    c, s = connection, saml_client
    query = (
        sa.select(
            s.c.client_id,
            s.c.name,
            c.c.slug,
            partner.c.name.label("partner"),
            sa.or_(s.c.disabled, c.c.disabled).label("disabled"),
        )
        .join(c, c.c.id == s.c.connection_id)
        .outerjoin(partner, partner.c.id == c.c.partner_id)
        .order_by(s.c.name, s.c.client_id)
        .limit(LINES + 1)
    )
    if words:
        query = query.where(sa.func.lower(s.c.name).startswith(words.lower(), autoescape=True))
    name, _, client_id = after.rpartition(" ")
    if after:
        query = query.where(sa.or_(s.c.name > name, sa.and_(s.c.name == name, s.c.client_id > client_id)))
    rows = uow.connection.execute(query).all()
    lines = [SystemLine(r.client_id, r.name, r.slug, r.partner or "", r.disabled) for r in rows]
    last = lines[LINES - 1] if len(lines) > LINES else None
    return lines[:LINES], f"{last.name} {last.client_id}" if last else ""


def hub_values(settings: Settings) -> Mapping[str, tuple[str, str]]:
    """What a system's administrator enters about the hub: labels and addresses, by a short name."""
    return {
        "metadata": ("Metadata", settings.url(METADATA_PATH)),
        "entity": ("Entity id (issuer)", settings.url(METADATA_PATH)),
        "sso": ("Sign-in address (SSO)", settings.url(SSO_PATH)),
        "slo": ("Sign-out address (SLO)", settings.url(SLO_PATH)),
    }


def systems_to_open(uow: UnitOfWork, person_id: str) -> list[tuple[str, str]]:
    """Client id and name of the systems that this person may open from here, at most MAX_OPEN."""
    found: list[tuple[str, str]] = []
    employers = employers_of(uow, read_person(uow, person_id))
    for system in list_systems_to_open(uow, employers):
        may_be = not system.partner_ids or not employers.isdisjoint(system.partner_ids)
        if len(found) < MAX_OPEN and may_be and _may_open(uow, system, person_id):
            found.append((system.client_id, system.name))
    return found


def _may_open(uow: UnitOfWork, system: System, person_id: str) -> bool:
    try:
        refuse_outsider(uow, system, person_id)
    except Refused:
        return False
    return True
