"""Audiences and the plugins that are switched for them, for the admin pages. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.profiles.profile import WORKFLOW
from hub.audiences.remote.remote_plugins import PREFIX, remote_names
from hub.audiences.rules.partner_switches import SWITCHED_HOOKS
from hub.network import tables as network
from hub.store import UnitOfWork


@dataclass(frozen=True)
class AudienceSwitches:
    """An audience, since when which plugins are on for it, and the modes by which people come into it: none for all."""

    key: str
    name: str
    on_since: Mapping[str, datetime]
    provisioning: Sequence[str]


@dataclass(frozen=True)
class PartnerOff:
    """A partner for which a plugin is off, and since when."""

    partner_id: str
    name: str
    since: datetime


def switchable_plugins(uow: UnitOfWork) -> list[str]:
    """Names of the plugins that are switched per audience, in their order."""
    switched = {name for hook in SWITCHED_HOOKS for name in uow.hooks.implementers(hook)}
    local = [plugin.name for plugin in uow.hooks.plugins if plugin.name in switched]
    return [*local, *(PREFIX + name for name in remote_names(uow))]


def list_partners_off(uow: UnitOfWork) -> dict[str, list[PartnerOff]]:
    """The partners for which plugins are off now, by plugin; each in order of the partners' names."""
    off, partner = tables.plugin_off, network.partner
    rows = uow.connection.execute(
        sa.select(off.c.plugin, off.c.partner_id, partner.c.name, off.c.valid_from)
        .join(partner, partner.c.id == off.c.partner_id)
        .where(off.c.valid_to.is_(None))
        .order_by(partner.c.name, partner.c.id)
    )
    found: dict[str, list[PartnerOff]] = {}
    for row in rows:
        found.setdefault(row.plugin, []).append(PartnerOff(row.partner_id, row.name, row.valid_from))
    return found


def list_switches(uow: UnitOfWork) -> list[AudienceSwitches]:
    """Every audience with the plugins that are on for it now."""
    audience, switch = tables.audience, tables.audience_plugin
    on_since: dict[str, dict[str, datetime]] = {}
    for row in uow.connection.execute(sa.select(switch).where(switch.c.valid_to.is_(None))):
        if not row.plugin.startswith(WORKFLOW):
            on_since.setdefault(row.audience, {})[row.plugin] = row.valid_from
    columns = (audience.c.key, audience.c.name, audience.c.provisioning)
    rows = uow.connection.execute(sa.select(*columns).order_by(audience.c.name))
    return [
        AudienceSwitches(row.key, row.name, on_since.get(row.key, {}), tuple(row.provisioning))
        for row in rows
    ]
